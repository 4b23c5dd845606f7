"""What two recorded runs say against outputs."""

from __future__ import annotations

from dataclasses import replace

from nbprod.model.record import Record, StepSeen, ValueSeen
from nbprod.project import trials


def value(name, kind, size=32, fingerprint="a", **more):
    return ValueSeen(name=name, type=kind, shape=(), size=size, fingerprint=fingerprint, **more)


def record(*outputs, figures=()):
    return Record(
        "a.ipynb", "2026-11-27T00:00:00+00:00", "3.11", steps=(StepSeen("a", "", (), outputs, figures=figures),)
    )


def names(unfit):
    return [each.name for each in unfit]


def test_values_and_figures_that_move():
    first = record(value("kept", "int"), value("moved", "int"), figures=("1",))
    second = record(value("kept", "int"), value("moved", "int", fingerprint="b"), figures=("2",))
    assert names(trials.moving(first, second)) == ["moved"]
    assert trials.restless(first, second) == ("a",)
    assert trials.restless(first, first) == ()


def test_an_earlier_run_of_the_same_steps_need_not_be_repeated():
    both, one = record(value("kept", "int"), value("moved", "int")), record(value("kept", "int"))
    changed = replace(one, steps=(replace(one.steps[0], code_id="other"),))
    renamed = replace(one, steps=(replace(one.steps[0], step="b"),))
    assert trials.has_all(both, one)
    assert not trials.has_all(one, both)
    assert not trials.has_all(both, changed)
    assert not trials.has_all(both, renamed)


def test_values_that_live_by_what_stays_behind():
    seen = record(
        value("team", "Own", format="cloudpickle"),
        value("rule", "function", format="cloudpickle", code=True),
        value("axes", "matplotlib.axes.Axes"),
        value("figure", "matplotlib.figure.Figure"),
    )
    assert names(trials.live(seen)) == ["rule", "axes"]
