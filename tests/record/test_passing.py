"""Files that pass from one cell to another: edges between steps, or faults where no step makes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbprod.model.graph import CellFacts, CellKind, Graph, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record, StepSeen
from nbprod.record import file_edges
from nbprod.record.passing import file_findings


def graph_of(*cells):
    return Graph(
        "flights.ipynb",
        steps=tuple(Step(f"s{cell}", (cell,), (), (), (), (), (), Mark(f"s{cell}")) for cell in cells),
    )


def record_of(written_outside=(), **steps):
    seen = tuple(StepSeen(name, "", files_read=read, files_written=written) for name, (read, written) in steps.items())
    return Record("flights.ipynb", "2026-11-23", "3.11", steps=seen, written_outside=written_outside)


def test_a_file_ties_its_reader_to_its_last_writer():
    record = record_of(s1=((), ("a.csv",)), s2=((), ("a.csv",)), s3=(("a.csv", "raw.csv"), ()))
    assert [(each.source, each.target, each.name) for each in file_edges(graph_of(1, 2, 3), record)] == [
        ("s2", "s3", "a.csv")
    ]


def test_a_later_writer_and_the_step_itself_are_no_makers():
    record = record_of(s1=(("a.csv",), ("a.csv",)), s2=((), ("a.csv",)))
    assert file_edges(graph_of(1, 2), record) == ()


@pytest.mark.parametrize(
    ("outside", "steps", "expected"),
    [
        ([("a.csv", 1)], {"s2": (("a.csv",), ())}, ["NB310 error"]),
        ([("a.py", 1)], {"s2": (("a.py",), ())}, ["NB310 warning"]),
        ([("a.csv", 3)], {"s2": (("a.csv",), ())}, []),  # written only after it was read
        ([("b.csv", 1)], {"s2": (("a.csv",), ())}, []),
        ([("a.csv", 1)], {"s2": ((), ("a.csv",)), "s3": (("a.csv",), ())}, []),  # the step writes it anew
        ([("a.csv", 3)], {"s2": ((), ("a.csv",)), "s4": (("a.csv",), ())}, ["NB310"]),
        ([], {"s1": ((), ("a",)), "s2": (("a",), ("a",)), "s3": (("a",), ())}, ["NB311 error"]),
        ([], {"s1": ((), ("a",)), "s2": (("a",), ("a",))}, ["NB311 warning"]),
        ([], {"s1": ((), ("a",)), "s2": (("a",), ("b",)), "s3": (("b",), ())}, []),
    ],
)
def test_files_that_no_step_makes_or_that_two_make(outside, steps, expected):
    graph = graph_of(*(int(name[1:]) for name in steps))
    found = file_findings(graph, record_of(tuple(outside), **steps))
    assert [f"{each.code} {each.severity}".startswith(code) for each, code in zip(found, expected, strict=True)] == [
        True
    ] * len(expected)


def test_the_cell_to_mark_is_named():
    (found,) = file_findings(graph_of(2), record_of((("a.csv", 0), ("a.csv", 1)), s2=(("a.csv",), ())))
    assert found.message == "step 's2' reads 'a.csv', which cell 1 writes and no step makes"
    assert found.hint == "Mark cell 1 as a step: then the file is its output."


def test_a_cell_that_may_raise_is_not_to_be_marked():
    cell = CellFacts(1, "c1", CellKind.EXPLORATION, None, frozenset(), frozenset(), may_raise=True)
    graph = replace(graph_of(2), cells=(cell,))
    (found,) = file_findings(graph, record_of((("a.csv", 1),), s2=(("a.csv",), ())))
    assert found.hint.startswith(
        "A step must not raise, and cell 1 may, by its tag raises-exception: write the file in"
    )


@pytest.mark.slow
def test_a_run_sees_what_unmarked_cells_write(book):
    sources = (
        "from pathlib import Path",
        "Path('raw.txt').write_text('1 2'); Path('gone.txt').write_text(''); Path('gone.txt').unlink()",
        "%%step load\nnumbers = Path('raw.txt').read_text().split()\nPath('made.txt').write_text('3')",
    )
    record = book(sources, {"load": {"cells": (2,), "makes": ["numbers"]}}).run()
    ((path, cell),) = record.written_outside
    assert (path.rpartition("/")[2], cell) == ("raw.txt", 1)
    assert [each.rpartition("/")[2] for each in record.step("load").files_written] == ["made.txt"]
