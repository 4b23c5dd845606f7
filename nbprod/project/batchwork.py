"""How much work a batch is: the steps that all its runs have, those of them that differ, and the time of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.run.batches.plan import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import Record
    from nbprod.record.restoring import Plan
    from nbprod.run.batches.runs import Run


def work(runs: Iterable[Run], graph: Graph, plan: Plan, recorded: Record | None) -> Work:
    """Return how much work the runs are; seconds only where a record tells them."""
    from nbprod.project.restoring import units

    total, unique = 0, dict[Any, str]()
    for run in runs:
        ids = units(plan, dict(run.parameters))
        for step in graph.steps:
            total += 1
            unique[_unit(step, ids, plan, run)] = step.name
    return Work(total, len(unique), _seconds(unique.values(), recorded))


def _unit(step: Step, ids: Mapping[int, str], plan: Plan, run: Run) -> tuple[str, ...]:
    """What tells a step's work from that of other runs: its cells' ids, and the run where a cell is never restored."""
    own = (step.name, *(ids.get(cell, "") for cell in step.cells))
    always = any(plan.cells[cell].never for cell in step.cells if cell in plan.cells)
    return (*own, run.name) if always else own


def _seconds(steps: Iterable[str], recorded: Record | None) -> float | None:
    if recorded is None:
        return None
    took = {each.step: each.seconds for each in recorded.steps}
    return sum(took.get(step, 0.0) for step in steps)
