"""Files that one cell writes and a later one reads: edges between steps, as names are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.model import faults
from nbprod.model.diagnostic import Severity
from nbprod.model.graph import Edge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import Record, StepSeen


def file_edges(graph: Graph, record: Record) -> tuple[Edge, ...]:
    """Return an edge for each file that a step reads and an earlier one wrote; its name is the file's path."""
    pairs = _pairs(graph, record)
    found = (
        Edge(maker, step.name, path)
        for step, seen in pairs
        for path in seen.files_read
        if (maker := _maker(path, step, pairs))
    )
    return tuple(found)


def file_findings(graph: Graph, record: Record) -> Iterator[Diagnostic]:
    """Yield what is wrong with the files that pass between cells: no step makes one, or two do."""
    pairs = _pairs(graph, record)
    for step, seen in pairs:
        yield from _strays(step, seen, pairs, record, graph)
        yield from _of_two(step, seen, pairs)


def _pairs(graph: Graph, record: Record) -> list[tuple[Step, StepSeen]]:
    """The steps with what was seen of them, in the order in which the notebook ends them."""
    known = {step.name: step for step in graph.steps}
    pairs = [(known[seen.step], seen) for seen in record.steps if seen.step in known]
    return sorted(pairs, key=lambda pair: pair[0].cells[-1:])


def _maker(path: str, step: Step, pairs: list[tuple[Step, StepSeen]]) -> str:
    """The last step before this one that wrote the file; "" if none did."""
    at = next(at for at, (each, _) in enumerate(pairs) if each is step)
    return next((each.name for each, seen in reversed(pairs[:at]) if path in seen.files_written), "")


def _strays(
    step: Step, seen: StepSeen, pairs: list[tuple[Step, StepSeen]], record: Record, graph: Graph
) -> Iterator[Diagnostic]:
    last = max(step.cells, default=0)
    for path in seen.files_read:
        strays = [cell for name, cell in record.written_outside if name == path and cell < last]
        maker = _maker(path, step, pairs)
        made_at = max((max(each.cells) for each, _ in pairs if each.name == maker and each.cells), default=-1)
        if strays and max(strays) > made_at:
            yield _stray(step, path, max(strays), graph)


def _stray(step: Step, path: str, writer: int, graph: Graph) -> Diagnostic:
    """A module is no step's output: whoever imports the package needs it. It stays beside the notebook."""
    may_raise = writer in graph.raising
    found = faults.STRAY_FILE.at(min(step.cells), may_raise=may_raise, step=step.name, file=path, writer=writer)
    if not path.endswith(".py"):
        return found
    hint = f"Commit {path} with the notebook: cell {writer} may stay, it writes the same again."
    return replace(found, severity=Severity.WARNING, hint=hint)


def _of_two(step: Step, seen: StepSeen, pairs: list[tuple[Step, StepSeen]]) -> Iterator[Diagnostic]:
    """An error where a later step reads the file, so that the order matters; else the worst is that it runs again."""
    for path in seen.files_written:
        maker = _maker(path, step, pairs)
        if maker:
            writers = {each.name for each, one in pairs if path in one.files_written}
            is_read = any(path in one.files_read for each, one in pairs if each.name not in writers)
            severity = Severity.ERROR if is_read else Severity.WARNING
            cell = step.cells[-1] if step.cells else None
            yield faults.FILE_OF_TWO.at(cell, severity=severity, step=step.name, file=path, maker=maker)
