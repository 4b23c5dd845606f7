"""A step seen cell by cell: in a live notebook each of its cells runs, and is reported on, by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.model.live import LiveRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.model.graph import Block, CellFacts, Step
    from nbprod.model.record import StepSeen, ValueSeen


def texts(step: Step) -> tuple[str, ...]:
    """Return the step's code, cell by cell; a decorated function and its calls are one text.

    What it repeats of other cells, such as settings of a library, belongs to its first text.
    """
    if step.function:
        return ("\n".join((step.source, *(each.python for each in step.blocks))),)
    before = [each.python for each in step.blocks if each.cell not in step.cells]
    first, *rest = [each.python for each in own_blocks(step)] or [""]
    return ("\n".join((*before, first)), *rest)


def own_blocks(step: Step) -> tuple[Block, ...]:
    """Return the blocks that are the step's own cells."""
    return tuple(each for each in step.blocks if each.cell in step.cells)


def order_of(step: Step, cell: int) -> int:
    """Return which of the step's texts that cell is."""
    cells = [each.cell for each in own_blocks(step)]
    return 0 if step.function or cell not in cells else cells.index(cell)


def share_of(step: Step, facts: CellFacts) -> Step:
    """Return the step narrowed to what one of its cells reads and makes."""
    if len(step.cells) == 1 or step.function:
        return step
    return replace(
        step,
        inputs=tuple(each for each in step.inputs if each.name in facts.reads),
        outputs=tuple(each for each in step.outputs if each in facts.writes),
    )


def ran(
    before: LiveRun | None, step: Step, cell: int, seen: StepSeen | None, *, parameters: Mapping[str, str], raised: str
) -> LiveRun:
    """Return the step's run with one of its cells run again; its first cell begins the step afresh."""
    order = order_of(step, cell)
    old = LiveRun(step.name) if before is None or order == 0 else before
    kept = {at: text for at, text in old.cells.items() if at < order}
    cells = {**kept, order: texts(step)[order]}
    now = joined(old.seen, seen) if seen else before.seen if before else None
    complete = seen is not None and len(cells) == len(texts(step))
    return LiveRun(
        step.name,
        cells,
        {each.name: each.source for each in step.definitions},
        parameters,
        {**_prints(seen.inputs if seen else ()), **old.inputs},
        {**old.outputs, **_prints(seen.outputs if seen else ())},
        now,
        raised,
        now if complete else before.whole if before else None,
    )


def _prints(values: tuple[ValueSeen, ...]) -> dict[str, str]:
    return {each.name: each.fingerprint for each in values}


def joined(before: StepSeen | None, seen: StepSeen) -> StepSeen:
    """Return what was seen of two cells of one step, as of one: its inputs as the first found them."""
    if before is None:
        return seen
    made = {each.name for each in before.outputs}
    inputs = {each.name: each for each in (*seen.inputs, *before.inputs) if each.name not in made}
    outputs = {each.name: each for each in (*before.outputs, *seen.outputs)}
    return replace(
        seen,
        inputs=tuple(inputs.values()),
        outputs=tuple(outputs.values()),
        changed=tuple(sorted({*before.changed, *seen.changed})),
        together=(*before.together, *seen.together),
        files_read=tuple(sorted({*before.files_read, *seen.files_read} - {*before.files_written})),
        files_written=tuple(sorted({*before.files_written, *seen.files_written})),
        sockets=tuple(sorted({*before.sockets, *seen.sockets})),
        draws=tuple(sorted({*before.draws, *seen.draws})),
        unseeded=tuple(sorted({*before.unseeded, *seen.unseeded})),
        seconds=before.seconds + seen.seconds,
        peak_memory=max(before.peak_memory, seen.peak_memory),
    )


def warnings(seen: StepSeen) -> tuple[str, ...]:
    """Return what a run of the step gives cause to warn of: changed inputs, unseeded draws, what can't be stored."""
    inputs = {each.name for each in seen.inputs}
    made = {each.name for each in seen.outputs}
    changed = [f"changes its input {each} in place" for each in seen.changed if each in inputs - made]
    others = [each for each in seen.changed if each not in inputs | made]
    reached = [f"changes {each}, which it reaches through another name" for each in others]
    drawn = [f"draws from {each}'s global random state, which nobody has seeded" for each in seen.unseeded]
    lost = [f"{each.name} cannot be stored: {each.unfingerprinted}" for each in seen.outputs if each.unfingerprinted]
    return (*changed, *reached, *drawn, *lost)
