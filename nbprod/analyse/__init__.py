"""Analysis: from a notebook to its steps, what each reads and makes, and all that is wrong with it.

`scan` walks every cell once and notes what each statement reads, binds and changes. `resolve` goes through these notes
from top to bottom, ties each name that a step reads to its last writer, and collects findings. `assemble` makes the
graph of it, and the `rules` put what is wrong into words. A record, where there is a fresh one, decides what only a run
can know.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.analyse import assemble, rules
from nbprod.analyse.decorated import find
from nbprod.analyse.definitions import usage
from nbprod.analyse.facts import cell_facts
from nbprod.analyse.memory import collector_paused
from nbprod.analyse.needs import Needs
from nbprod.analyse.order import topological
from nbprod.analyse.parameters import parameters, required
from nbprod.analyse.plan import Plan
from nbprod.analyse.resolve import Resolver
from nbprod.analyse.rules.subject import Subject
from nbprod.analyse.scan import scan
from nbprod.model.faults import FAULTS, Fault
from nbprod.model.graph import Graph
from nbprod.model.notebook import INJECTED, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.analyse.trace import ScannedCell
    from nbprod.model.graph import Parameter
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import Record, StepSeen

__all__ = ["Explanation", "explain", "explanations", "graph", "parameters_of"]

Explanation = Fault


def graph(notebook: Notebook, record: Record | None = None) -> Graph:
    """Return the notebook's graph with its diagnostics; a record decides for those steps whose code it still fits.

    >>> from nbprod.model.notebook import Cell, Mark, Notebook
    >>> first = Cell(0, "a", Role.STEP, "", mark=Mark("load"), python="flights = [12, 40, 3]")
    >>> second = Cell(1, "b", Role.STEP, "", mark=Mark("clean"), python="late = [each for each in flights if each]")
    >>> [(edge.source, edge.target, edge.name) for edge in graph(Notebook("n.ipynb", (first, second))).edges]
    [('load', 'clean', 'flights')]
    """
    with collector_paused():
        return _graph(notebook, record)


def _graph(notebook: Notebook, record: Record | None) -> Graph:
    cells = scan(notebook)
    plan = plan_of(cells)
    known = parameters(cells)
    resolver = resolve(plan)
    steps = assemble.steps_of(resolver, notebook, known, {})
    if record is not None:
        ids = {step.name: step.code_id for step in steps}
        fresh = {seen.step: seen for seen in record.steps if ids.get(seen.step) == seen.code_id}
        resolver = resolve(plan, fresh, dict(record.star_names))
        steps = assemble.steps_of(resolver, notebook, known, ids)
    needs = {step.name: {each.maker for each in step.inputs} for step in steps}
    order, cycle = topological([step.name for step in steps], needs)
    by_name = {step.name: step for step in steps}
    ordered = tuple(by_name[name] for name in order)
    decorated = {each.cell: each.name for each in plan.decorated.values()}
    facts = cell_facts(cells, frozenset(resolver.constants), decorated)
    return Graph(
        notebook=notebook.path,
        cells=facts,
        parameters=known,
        steps=ordered,
        edges=assemble.edges_of(ordered),
        tests=assemble.tests_of(resolver),
        diagnostics=rules.diagnostics(Subject(notebook, resolver, ordered, cycle)),
    )


def parameters_of(notebook: Notebook) -> tuple[Parameter, ...]:
    """Return the parameters that the notebook declares, without a look at its other cells: those without default too.

    What papermill has injected declares nothing: another run gets other values.
    """
    own = (cell for cell in notebook.cells if cell.role is Role.PARAMETERS and INJECTED not in cell.tags)
    cells = scan(replace(notebook, cells=tuple(own)))
    known = parameters(cells)
    return tuple(each for each in required(cells) if each.name not in {one.name for one in known}) + known


def plan_of(cells: tuple[ScannedCell, ...]) -> Plan:
    """Return what is known of the cells before they are resolved."""
    makers: dict[str, list[int]] = {}
    skipped: dict[str, int] = {}
    for scanned in cells:
        bound = {name for statement in scanned.statements for name in statement.trace.binds}
        for name in bound:
            if scanned.cell.role is Role.SKIPPED:
                skipped.setdefault(name, scanned.cell.index)
            elif scanned.cell.role is not Role.TEST:
                makers.setdefault(name, []).append(scanned.cell.index)
    return Plan(
        cells=cells,
        decorated={name: each[0] for name, each in find(cells).items()},
        used=usage(cells),
        makers={name: tuple(each) for name, each in makers.items()},
        skipped=skipped,
        by_index={scanned.cell.index: scanned for scanned in cells},
        by_step=_by_step(cells),
    )


def _by_step(cells: tuple[ScannedCell, ...]) -> dict[str, list[ScannedCell]]:
    found: dict[str, list[ScannedCell]] = {}
    for scanned in cells:
        if scanned.cell.role is Role.STEP and scanned.cell.mark is not None:
            found.setdefault(scanned.cell.mark.step, []).append(scanned)
    return found


def resolve(
    plan: Plan,
    seen: Mapping[str, StepSeen] | None = None,
    star_names: Mapping[str, tuple[str, ...]] | None = None,
) -> Resolver:
    """Return the notebook resolved."""
    resolver = Resolver(plan, seen or {}, Needs(plan.makers, plan.skipped, star_names or {}))
    resolver.run()
    return resolver


def explain(code: str) -> Explanation | None:
    """Return what a diagnostic's code means; None if there is no such code.

    >>> explain("nb203").title
    'A step reads what no step makes'
    """
    return FAULTS.get(code.strip().upper())


def explanations() -> tuple[Explanation, ...]:
    """Return every code's explanation, by code."""
    return tuple(FAULTS[code] for code in sorted(FAULTS))
