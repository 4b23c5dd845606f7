"""Hidden state: values that the kernel has only because cells ran out of order, were edited, or are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.record.document import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbprod.model.graph import CellFacts
    from nbprod.model.live import Execution, LiveCell


def hidden_state(
    cell: int,
    reads: Iterable[str],
    cells: Sequence[LiveCell],
    facts: Sequence[CellFacts],
    writers: Mapping[str, Execution],
) -> tuple[str, ...]:
    """Return a sentence for each name that the cell reads and that a run from the top would give another value.

    `writers` are the executions that last bound or changed each name; names that it lacks come from before the
    extension was loaded, and nothing is said of them.
    """
    said = (
        _judged(name, cell, writers[name], cells, _expected(name, cell, facts))
        for name in sorted(reads)
        if name in writers
    )
    return tuple(each for each in said if each)


def _expected(name: str, cell: int, facts: Sequence[CellFacts]) -> int | None:
    """The last cell above that sets the name: whose value a run from the top would have."""
    above = [each.index for each in facts if each.index < cell and name in each.writes]
    return max(above, default=None)


def _judged(name: str, cell: int, writer: Execution, cells: Sequence[LiveCell], expected: int | None) -> str:
    at = place_of(writer.key, cells)
    again = f"; run cell {expected} again first" if expected is not None else ""
    if at is None:
        return f"hidden state: {name} comes from a cell that is gone{again}"
    if cells[at].source != writer.source:
        return f"hidden state: {name} comes from an earlier version of cell {at}"
    if at == cell:
        return f"hidden state: {name} was changed by an earlier run of this cell{again}"
    if at > cell:
        return f"hidden state: {name} was last changed by cell {at}, below this one{again}"
    if expected is not None and expected > at:
        return f"hidden state: {name} is older than cell {expected}, which sets it but has not run since"
    return ""
