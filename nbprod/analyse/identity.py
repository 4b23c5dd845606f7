"""Names of several steps that reach one object: the step that brought them together hands them on together.

Where `shelf["box"] = box` stands in one step and `box.append(1)` in a later one, `shelf` changes with `box`. That holds
in the pipeline only if both are loaded from one file, so the step that put the one into the other returns both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.analyse.origins import Draft, Origin, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.analyse.needs import Needs
    from nbprod.model.record import StepSeen


def hand_on_together(needs: Needs, draft: Draft, names: Iterable[str], seen: Mapping[str, StepSeen]) -> None:
    """Let the last steps that made one of these names, which share an object, return the names of earlier steps too.

    Where a step was recorded, what it saw to be shared decides.
    """
    made = {name: origin for name in names if (origin := _made(needs, draft, name)) is not None}
    latest = sorted({origin.step: origin.cell for origin in made.values()}.items(), key=lambda each: each[1])
    for step, cell in latest[1:]:
        maker = needs.drafts[step]
        for name in made:
            now = needs.current[name]
            is_earlier = now.step != step and now.cell < cell and _may_return(maker, needs.drafts[now.step], name)
            if is_earlier and _is_shared(seen.get(step), name, set(made) - {name}):
                _hand_on(needs, maker, name, cell)


def _made(needs: Needs, draft: Draft, name: str) -> Origin | None:
    """Where the value comes from, if an earlier step made it."""
    origin = needs.current.get(name)
    return origin if origin is not None and origin.source is Source.STEP and origin.step != draft.name else None


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
