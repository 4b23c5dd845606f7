"""Names of several steps that reach one object: the step that brought them together hands them on together.

Where `shelf["box"] = box` stands in one step and `box.append(1)` in a later one, `shelf` changes with `box`. That holds
in the pipeline only if both are loaded from one file, so the step that put the one into the other returns both. Names
that nobody reads any more may part from the rest: were they all handed on, many steps with one object would hand on
many names each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.analyse.origins import Draft, Origin, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nbprod.analyse.needs import Needs
    from nbprod.model.record import StepSeen


def hand_on_together(
    needs: Needs, draft: Draft, names: Iterable[str], is_wanted: Callable[[str], bool], seen: Mapping[str, StepSeen]
) -> None:
    """Let the last steps that made one of these names, which share an object, return the names of earlier steps too.

    Only those names count that a step still reads, or that such a name came through. Where a step was recorded, what
    it saw to be shared decides.
    """
    made = _came_through(needs, draft, dict.fromkeys(names), is_wanted)
    latest = sorted({origin.step: origin.cell for origin in made.values()}.items(), key=lambda each: each[1])
    for step, cell in latest[1:]:
        maker = needs.drafts[step]
        for name in made:
            now = needs.current[name]
            is_earlier = now.step != step and now.cell < cell and _may_return(maker, needs.drafts[now.step], name)
            if is_earlier and _is_shared(seen.get(step), name, made.keys() - {name}):
                _hand_on(needs, maker, name, cell)


def _came_through(
    needs: Needs, draft: Draft, names: Mapping[str, None], is_wanted: Callable[[str], bool]
) -> dict[str, Origin]:
    """The names that are wanted and those that their makers read, with the earlier steps that made them."""
    made: dict[str, Origin] = {}
    looked_at: set[str] = set()
    pending = [name for name in names if is_wanted(name)]
    while pending:
        name = pending.pop()
        origin = needs.current.get(name)
        if origin is None or origin.source is not Source.STEP:
            continue
        if origin.step != draft.name:
            made[name] = origin
        if origin.step not in looked_at:
            looked_at.add(origin.step)
            read = needs.drafts[origin.step].inputs.keys() & names.keys()
            pending += [each for each in read if each not in made]
    return {name: made[name] for name in names if name in made}


def _may_return(maker: Draft, earlier: Draft, name: str) -> bool:
    """Whether a step can take what an earlier one made and return it: no function does that, and no circle."""
    return maker.function is None and name not in maker.writes and maker.name not in earlier.inputs.values()


def _is_shared(seen: StepSeen | None, name: str, others: set[str]) -> bool:
    return seen is None or any(name in group and others & set(group) for group in seen.together)


def _hand_on(needs: Needs, maker: Draft, name: str, cell: int) -> None:
    prior = needs.current[name]
    was_read = name in maker.reads
    needs.need(maker, name, cell, 1)
    if not was_read:
        maker.reads.discard(name)
    maker.shared.add(name)
    maker.writes[name] = False
    needs.current[name] = Origin(Source.STEP, cell, 1, maker.name, prior=prior)
