"""Marks for a notebook that has none: which cells are steps, where steps begin and end, and what they are called.

`flow` ties each value to its last writer; `work` tells cells that do the work from those that only look at it;
`segments` cuts the work at headings and wherever few and storable names cross; `naming` names the parts. Then analysis
judges the marked notebook, and `repairs` answers each of its diagnostics - by taking a cell in, by joining two steps -
until there is none left, in the worst case with one step that holds everything.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.suggest import headings, marking, naming
from nbprod.suggest.edits import BY_HAND
from nbprod.suggest.flow import flow as flow_of
from nbprod.suggest.repairs import fields, kept_inside, repaired, without_results
from nbprod.suggest.results import with_results
from nbprod.suggest.segments import Segments, joined, segments
from nbprod.suggest.settings import settings as settings_of
from nbprod.suggest.suggestion import LeftOut, Segment, Setting, Suggestion
from nbprod.suggest.work import left_out, work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.suggest.flow import Flow

    Judge = Callable[[Notebook], Graph]

__all__ = ["LeftOut", "Segment", "Setting", "Suggestion", "chosen", "improved", "settings", "steps"]

ROUNDS = 200


def settings(notebook: Notebook, judge: Judge) -> tuple[Setting, ...]:
    """Return the constants that should become the parameters cell."""
    flow = _flow(notebook, judge, frozenset())
    return settings_of(notebook.code_cells, flow, work(flow))


def steps(notebook: Notebook, judge: Judge, *, uncarried: frozenset[int] = frozenset()) -> Suggestion:
    """Return the suggested steps; `judge` analyses a notebook, `uncarried` are cells that a step can't hold.

    `notebook` has no steps yet. The suggestion's `errors` are what no marks can cure.
    """
    flow = _flow(notebook, judge, uncarried)
    chosen = work(flow)
    cut = segments(flow, chosen, headings.paths(notebook))
    cut = naming.named(with_results(cut, flow), flow)
    return _settled(notebook, judge, flow, cut)


def improved(
    notebook: Notebook,
    judge: Judge,
    suggestion: Suggestion,
    faults: Sequence[Diagnostic],
    *,
    unfit: Sequence[tuple[str, str, str]] = (),
    restless: Sequence[str] = (),
    uncarried: frozenset[int] = frozenset(),
) -> Suggestion | None:
    """Return a suggestion without the faults that runs of the marked notebook found; None if marks can't cure them.

    `unfit` are outputs that had better not cross: the step, the name, and why. `restless` are steps whose figures look
    different in every run, so that they stay in the notebook.
    """
    flow = _flow(notebook, judge, uncarried)
    cut = suggestion.segments
    results = {(each.name, name) for each in cut for name in each.outs}
    found = [(fault, fields(fault)) for fault in faults]
    surplus = [fault for fault, told in found if (told.get("step", ""), told.get("name", "")) in results]
    for fault in surplus or faults:  # a result that can't be stored may be all that is wrong with what it shares
        cut = _named_again(repaired(cut, flow, fault), flow, cut)
    cut = without_results(cut, [(step, name) for step, name, _ in unfit])
    cut = tuple(replace(each, figures=each.figures and each.name not in restless) for each in cut)
    for step, name, why in [each for each in unfit if each[:2] not in results]:
        cut = _named_again(kept_inside(cut, flow, step, name, why), flow, cut)
    return None if cut == suggestion.segments else _settled(notebook, judge, flow, cut)


def chosen(
    notebook: Notebook,
    judge: Judge,
    suggestion: Suggestion,
    change: Callable[[Segments, Flow], Segments],
    *,
    uncarried: frozenset[int] = frozenset(),
) -> Suggestion:
    """Return the suggestion as a person changes it, judged anew but not repaired: who chooses sees what it costs."""
    flow = _flow(notebook, judge, uncarried)
    changed = naming.with_names(with_results(change(suggestion.segments, flow), flow), flow)
    graph = judge(marking.marked(notebook, changed))
    held = {cell for each in changed for cell in each.cells}
    taken_out = {cell for each in suggestion.segments for cell in each.cells} - held
    taken_out |= {each.cell for each in suggestion.left_out if each.why == BY_HAND}
    outside = [replace(each, why=BY_HAND) if each.cell in taken_out else each for each in left_out(flow, graph)]
    return replace(suggestion, segments=changed, left_out=tuple(outside), graph=graph)


def _flow(notebook: Notebook, judge: Judge, uncarried: frozenset[int]) -> Flow:
    """The flow; where all that a notebook computes are constants, these are its work."""
    graph = judge(notebook)
    flow = flow_of(notebook, graph, uncarried)
    return flow if work(flow) else flow_of(notebook, graph, uncarried, constants=True)


def _settled(notebook: Notebook, judge: Judge, flow: Flow, cut: tuple[Segment, ...]) -> Suggestion:
    """Repair until analysis has nothing to say that marks could cure."""
    seen: set[tuple[Segment, ...]] = set()
    graph = judge(marking.marked(notebook, cut))
    while cut and cut not in seen and len(seen) < ROUNDS:
        seen.add(cut)
        for fault in graph.diagnostics:
            cut = _named_again(repaired(cut, flow, fault), flow, cut)
        if cut not in seen:
            graph = judge(marking.marked(notebook, cut))
    if any(each.severity == "error" for each in graph.diagnostics) and len(cut) > 1:
        whole = _named_again(
            joined(cut, (cut[0].cells[0], cut[-1].cells[-1]), "its parts can't be told apart"), flow, cut
        )
        other = judge(marking.marked(notebook, whole))
        if not any(each.severity == "error" for each in other.diagnostics):
            cut, graph = whole, other
    return Suggestion(cut, left_out(flow, graph), graph)


def _named_again(cut: tuple[Segment, ...], flow: Flow, before: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Name what was joined; what stands keeps its name."""
    if cut is before or all(each.name for each in cut):
        return cut
    return naming.with_names(cut, flow)
