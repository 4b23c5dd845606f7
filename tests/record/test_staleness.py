"""When a record says nothing any more."""

from __future__ import annotations

import platform
from dataclasses import replace

import pytest

from nbprod.model.graph import Graph, Input, Parameter, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record, StepSeen
from nbprod.record import merge, stale


def made(name, *reads, code="same", parameters=()):
    inputs = tuple(Input(*each) for each in reads)
    return Step(name, (0,), (), inputs, (), parameters, (), Mark(name), code_id=code)


STEPS = (made("load"), made("clean", ("raw", "load"), parameters=("late",)), made("train", ("flown", "clean")))
GRAPH = Graph("book.ipynb", parameters=(Parameter("late", "int", "30"),), steps=STEPS)
RECORD = Record(
    "book.ipynb",
    "",
    platform.python_version(),
    steps=tuple(StepSeen(each.name, "same") for each in STEPS),
    parameters=(("late", "30"),),
)


def with_step(step):
    return replace(GRAPH, steps=tuple(step if each.name == step.name else each for each in STEPS))


@pytest.mark.parametrize(
    ("record", "graph", "expected"),
    [
        (RECORD, GRAPH, {}),
        (RECORD, with_step(made("train", code="new")), {"train": "its code, or code that it uses, has changed"}),
        (
            RECORD,
            with_step(made("clean", ("raw", "load"), code="new")),
            {"clean": "its code, or code that it uses, has changed", "train": "step 'clean' before it is stale"},
        ),
        (replace(RECORD, steps=RECORD.steps[:2]), GRAPH, {"train": "not run yet"}),
        (RECORD, replace(GRAPH, steps=STEPS[:1]), {}),
        (
            RECORD,
            replace(GRAPH, parameters=(Parameter("late", "int", "45"),)),
            {"clean": "parameter 'late' was 30, it is 45 now", "train": "step 'clean' before it is stale"},
        ),
        (RECORD, replace(GRAPH, parameters=(Parameter("late", "int", "0x1e"),)), {}),
        (RECORD, replace(GRAPH, parameters=(Parameter("late", "int", "minutes()"),)), {}),
    ],
)
def test_stale_steps(record, graph, expected):
    assert dict(stale(record, graph)) == expected


def test_another_python_or_pandas_makes_all_stale():
    assert [name for name, _ in stale(replace(RECORD, python="2.7.18"), GRAPH)] == ["load", "clean", "train"]
    assert "pandas 0.1" in stale(replace(RECORD, packages=(("pandas", "0.1"),)), GRAPH)[0][1]
    patch = platform.python_version().rpartition(".")[0] + ".99"
    assert stale(replace(RECORD, python=patch), GRAPH) == ()


def test_a_live_step_takes_the_place_of_the_recorded_one():
    again = StepSeen("clean", "new")
    assert merge(RECORD, again).steps == (RECORD.steps[0], again, RECORD.steps[2])
    assert merge(RECORD, StepSeen("more", "")).steps[-1].step == "more"
