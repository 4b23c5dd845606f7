"""Which cells do the notebook's work, and which only look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.model.graph import CellKind
from nbprod.suggest.knowledge import WORKING_CALLS
from nbprod.suggest.suggestion import LeftOut

if TYPE_CHECKING:
    from nbprod.model.graph import Graph
    from nbprod.suggest.flow import Flow

_KIND_REASONS = {
    CellKind.UNPARSABLE: "it is not Python",
    CellKind.SKIPPED: "it is tagged skip",
    CellKind.PARAMETERS: "it holds the parameters",
    CellKind.TEST: "it is a test",
    CellKind.STEP: "it is marked already",
    CellKind.DEFINITIONS: "imports, functions and constants travel with the steps that use them",
}


REPEATED = "it sets what steps below set again"


def work(flow: Flow) -> tuple[int, ...]:
    """Return the cells that make, change or write something that is more than a look at it, in order."""
    chosen: set[int] = set()
    for index in reversed(list(flow.cells)):
        if is_work(flow, index, chosen):
            chosen.add(index)
    return tuple(sorted(chosen))


def is_work(flow: Flow, index: int, below: set[int]) -> bool:
    """Whether a cell is a step's; `below` are the cells further down that are."""
    seen, makes = flow.looks[index], flow.makes[index]
    if index in flow.closed or flow.cells[index].kind not in {CellKind.EXPLORATION, CellKind.DEFINITIONS}:
        return False
    if flow.cells[index].kind is CellKind.DEFINITIONS and not makes:
        return False
    if seen.writes_files or any(link.reader in below for link in flow.handed.get(index, ())):
        return True
    lasting = makes - seen.passing - flow.unstorable[index]
    if seen.plots and not seen.calls & WORKING_CALLS:  # what is computed for the plot alone is none
        lasting -= seen.internal
    return bool(lasting)


def left_out(flow: Flow, graph: Graph) -> tuple[LeftOut, ...]:
    """Return every code cell that holds something and is of no step of the graph, with why."""
    chosen = {cell for step in graph.steps for cell in step.cells}
    repeated = {block.cell for step in graph.steps for block in step.blocks} - chosen
    return tuple(
        LeftOut(index, REPEATED if index in repeated else reason(flow, index))
        for index, facts in flow.cells.items()
        if index not in chosen and (facts.reads or facts.writes or facts.kind is not CellKind.DEFINITIONS)
    )


def reason(flow: Flow, index: int) -> str:
    """Return why a cell is no step's."""
    kind, seen = flow.cells[index].kind, flow.looks[index]
    if kind in _KIND_REASONS:
        return _KIND_REASONS[kind]
    if index in flow.closed:
        return "it may raise, or holds a magic that a step can't do"
    if written := sorted(seen.calls & flow.writers):
        return f"'{written[0]}' writes a file that no step needs: mark it where the pipeline should"
    if seen.plots:
        return "it plots"
    if flow.makes[index]:
        return "no step needs what it makes"
    return "it only shows something" if flow.cells[index].reads or seen.shows else "it makes nothing"
