"""What a recorded run says is wrong with the notebook: values that can't be stored, the network, the clock."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from nbprod.model import faults
from nbprod.record.changes import change_findings
from nbprod.record.passing import file_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import Record, StepSeen, ValueSeen

PICKLES = {"pickle", "cloudpickle"}


def findings(graph: Graph, record: Record) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that only a run can give, for the steps that the graph still has."""
    known = {step.name: step for step in graph.steps}
    pairs = [(known[seen.step], seen) for seen in record.steps if seen.step in known]
    of_steps = (each for step, seen in pairs for each in _of_step(step, seen))
    return (*of_steps, *file_findings(graph, record), *change_findings(graph, record))


def _of_step(step: Step, seen: StepSeen) -> Iterator[Diagnostic]:
    cell = step.cells[-1] if step.cells else None
    for value in seen.outputs:
        yield from _of_value(step, value, cell)
    for address in seen.sockets[:1]:
        yield faults.NETWORK.at(cell, step=step.name, address=address)
    for does, paths in (("reads", seen.files_read), ("writes", seen.files_written)):
        for path in filter(_is_outside, paths):
            yield faults.OUTSIDE_PROJECT.at(cell, step=step.name, does=does, file=path)
    if not (step.outputs or seen.files_written or (step.mark.figures and seen.figures)):
        yield faults.NOTHING_KEPT.at(cell, step=step.name)
    if seen.sample is not None and seen.sample.fault:
        yield faults.NO_REPLAY.at(cell, step=step.name, problem=seen.sample.fault)


def _is_outside(path: str) -> bool:
    return PurePath(path).is_absolute() or path.startswith("..")


def _of_value(step: Step, value: ValueSeen, cell: int | None) -> Iterator[Diagnostic]:
    name, kind = value.name, value.type
    if value.unstorable:
        problem, _, cure = value.unstorable.removeprefix(f"'{name}' can't be stored: ").partition(". ")
        yield faults.UNSTORABLE.at(cell, step=step.name, name=name, type=kind, problem=problem, cure=cure)
    elif value.unfingerprinted:
        yield faults.NO_FINGERPRINT.at(cell, step=step.name, name=name, type=kind, problem=value.unfingerprinted)
    if value.format in PICKLES:
        yield faults.ONLY_PICKLE.at(cell, step=step.name, name=name, type=kind)
