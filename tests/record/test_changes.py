"""Values of steps that cells of no step change where only a run shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbprod.model.graph import CellFacts, CellKind, Graph, Input, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record
from nbprod.record.changes import change_findings, in_reach


def notebook(*cells):
    """A graph of cells, each (step or None, reads, writes); a step has what its makers made as inputs."""
    facts = tuple(
        CellFacts(
            at, f"id-{at}", CellKind.STEP if step else CellKind.EXPLORATION, step, frozenset(reads), frozenset(writes)
        )
        for at, (step, reads, writes) in enumerate(cells)
    )
    names = dict.fromkeys(each.step for each in facts if each.step)
    return Graph("n.ipynb", cells=facts, steps=tuple(made(name, facts) for name in names))


def made(name, facts):
    cells = [each for each in facts if each.step == name]
    makers = {written: each.step for each in facts if each.step not in {None, name} for written in each.writes}
    inputs = tuple(Input(read, makers[read]) for each in cells for read in each.reads if read in makers)
    outputs = tuple(written for each in cells for written in each.writes)
    return Step(name, tuple(each.index for each in cells), (), inputs, outputs, (), (), Mark(name))


LOAD, LOOK, USE = ("load", "", "x"), (None, "x", ""), ("use", "x", "y")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([LOAD, LOOK], {1: {"x"}}),
        ([LOAD, (None, "x", "v"), (None, "v", "")], {1: {"x"}, 2: {"x"}}),  # a view, perhaps
        ([LOAD, (None, "x", "x"), LOOK], {2: {"x"}}),  # its own code says that it changes x
        ([LOAD, (None, "z", "")], {}),
        ([LOOK, LOAD], {}),
    ],
)
def test_what_a_cell_of_no_step_has_in_hand(cells, expected):
    assert in_reach(notebook(*cells)) == expected


@pytest.mark.parametrize(
    ("cells", "changed", "expected"),
    [
        ([LOAD, LOOK, USE], [("x", 1)], ["cell 1 changes 'x', which step 'load' makes and step 'use' reads"]),
        ([LOAD, LOOK, LOAD], [("x", 1)], ["cell 1 changes 'x', which step 'load' makes and needs below"]),
        ([LOAD, USE, LOOK], [("x", 2)], []),  # nobody reads it any more
        ([LOAD, LOOK], [("x", 1)], []),
        ([LOAD, LOOK, ("again", "", "x"), ("use", "x", "y")], [("x", 1)], []),  # made anew before it is read
    ],
)
def test_a_change_is_told_where_somebody_goes_on_with_the_value(cells, changed, expected):
    record = Record("n.ipynb", "2026-11-23", "3.11", changed_outside=tuple(changed))
    found = [*change_findings(notebook(*cells), record)]
    assert [each.message for each in found] == expected
    assert {(each.code, each.severity) for each in found} <= {("NB204", "warning")}


def test_a_cell_that_may_raise_is_not_to_be_marked():
    graph = notebook(LOAD, LOOK, USE)
    cells = tuple(replace(each, may_raise=each.step is None) for each in graph.cells)
    record = Record("n.ipynb", "2026-11-23", "3.11", changed_outside=(("x", 1),))
    (found,) = change_findings(replace(graph, cells=cells), record)
    assert found.hint.startswith("A step must not raise, and cell 1 may, by its tag raises-exception: change 'x' in")


@pytest.mark.slow
def test_a_run_sees_what_a_library_changes_behind_the_code(book):
    sources = ["box = [3]\nn = 1", "import heapq\nheapq.heappush(box, n)", "m = len(box)"]
    made = book(sources, {"load": {"cells": (0,), "makes": ("box", "n")}, "use": {"cells": (2,), "makes": ("m",)}})
    facts = notebook(("load", "", ["box", "n"]), (None, ["box", "n"], ""), ("use", ["box"], "m")).cells
    assert replace(made, graph=replace(made.graph, cells=facts)).run().changed_outside == (("box", 1),)
