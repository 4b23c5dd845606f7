"""Values of steps that cells outside of the steps change, as only a run can tell: within a module, or a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.model import faults
from nbprod.model.diagnostic import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import Record


def in_reach(graph: Graph) -> Mapping[int, frozenset[str]]:
    """Return the steps' values that each unmarked cell has in hand: those that it reads, and what its names come from.

    Left out are what it binds or changes for all to see, of which analysis tells, and cells that reach nothing.
    """
    found: dict[int, frozenset[str]] = {}
    sources: dict[str, frozenset[str]] = {}  # what each name of a step, or made of such names, may be a part of
    for cell in graph.cells:
        reached = frozenset().union(*(sources.get(name, frozenset()) for name in cell.reads))
        if cell.step is not None:
            sources.update((name, frozenset({name})) for name in cell.writes)
        else:
            sources.update((name, reached) for name in cell.writes - reached)
            found.update({cell.index: reached - cell.writes} if reached - cell.writes else {})
    return found


def change_findings(graph: Graph, record: Record) -> Iterator[Diagnostic]:
    """Yield a warning for each value that a cell outside of the steps changed before a step read or kept it.

    A warning, for a change need not matter: many objects keep what they have computed once.
    """
    for name, cell in record.changed_outside:
        maker = _maker(graph, name, cell)
        reader = maker and _reader(graph, maker, name, cell)
        if maker and reader:
            needs = "needs below" if reader is maker else f"step '{reader.name}' reads"
            yield faults.CHANGED_OUTSIDE.at(
                cell,
                severity=Severity.WARNING,
                may_raise=cell in graph.raising,
                changer=cell,
                name=name,
                maker=maker.name,
                reader=needs,
            )


def _maker(graph: Graph, name: str, cell: int) -> Step | None:
    """The step whose cell above set the name last."""
    above = [each.step for each in graph.cells if each.index < cell and each.step and name in each.writes]
    return graph.step(above[-1]) if above else None


def _reader(graph: Graph, maker: Step, name: str, cell: int) -> Step | None:
    """The step that goes on with the value: its maker, if that one has not ended, or one that has it as input."""
    if maker.cells[-1] > cell:
        return maker
    handed_on = (each for each in graph.steps if (maker.name, name) in {(one.maker, one.name) for one in each.inputs})
    return next((each for each in handed_on if each.cells and each.cells[-1] > cell), None)
