"""What only a run can say is wrong."""

from __future__ import annotations

import pytest

from nbprod.model.graph import Graph, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record, Sample, StepSeen, ValueSeen
from nbprod.record import findings

KEPT = ValueSeen("rows", "list", format="json")


def found(outputs=("rows",), values=(KEPT,), **seen):
    graph = Graph("n.ipynb", steps=(Step("load", (4,), (), (), outputs, (), (), Mark("load")),))
    record = Record("n.ipynb", "2026-11-23", "3.11", steps=(StepSeen("load", "", outputs=values, **seen),))
    return findings(graph, record)


@pytest.mark.parametrize(
    ("seen", "code", "words"),
    [
        ({"values": [ValueSeen("rows", "generator", unstorable="it is a generator. Store a list")]}, "NB301",
         "step 'load' makes 'rows' (generator), which cannot be stored: it is a generator"),
        ({"sockets": ("db.example:5432", "db.example:5433")}, "NB305", "opened a connection to db.example:5432"),
        ({"values": [ValueSeen("rows", "a.B", format="pickle")]}, "NB306", "'rows' of step 'load' (a.B)"),
        ({"values": [ValueSeen("rows", "a.B", unfingerprinted="it holds a lock")]}, "NB307", "it holds a lock"),
        ({"files_read": ("/data/a.csv",)}, "NB309", "step 'load' reads '/data/a.csv'"),
        ({"files_written": ("../a.csv",)}, "NB309", "step 'load' writes '../a.csv'"),
        ({"outputs": (), "values": ()}, "NB312", "step 'load' keeps nothing"),
        ({"sample": Sample((), (), (), fault="ValueError: one class")}, "NB404", "ValueError: one class"),
    ],
)  # fmt: skip
def test_each_finding_names_the_cell_and_what_it_is(seen, code, words):
    (only,) = found(**seen)
    assert (only.code, only.cell) == (code, 4)
    assert words in only.message


@pytest.mark.parametrize(
    "seen", [{}, {"files_read": ("data/a.csv",)}, {"outputs": (), "values": (), "files_written": ("a.csv",)}]
)
def test_what_is_in_order_is_passed_over(seen):
    assert found(**seen) == ()


def test_a_step_that_is_gone_is_passed_over():
    record = Record("n.ipynb", "2026-11-23", "3.11", steps=(StepSeen("gone", "", sockets=("a:1",)),))
    assert findings(Graph("n.ipynb"), record) == ()
