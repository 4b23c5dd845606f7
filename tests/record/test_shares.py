"""A step seen cell by cell."""

from __future__ import annotations

import pytest

from nbprod.model.graph import Block, CellFacts, CellKind, Input, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import StepSeen, ValueSeen
from nbprod.record.shares import joined, ran, share_of, warnings

STEP = Step(
    "clean",
    (4, 6),
    (Block(4, "flown = flights.copy()"), Block(6, "late = flown > limits")),
    (Input("flights", "load"), Input("limits", "load")),
    ("flown", "late"),
    (),
    (),
    Mark("clean"),
)


def value(name, fingerprint="1", why=""):
    return ValueSeen(name, "int", fingerprint=fingerprint, unfingerprinted=why)


def seen(inputs="", outputs="", **more):
    return StepSeen("clean", "", tuple(map(value, inputs.split())), tuple(map(value, outputs.split())), **more)


def facts(cell, reads, writes):
    return CellFacts(cell, str(cell), CellKind.STEP, "clean", frozenset(reads.split()), frozenset(writes.split()))


def test_each_cell_has_its_share():
    first, second = share_of(STEP, facts(4, "flights", "flown")), share_of(STEP, facts(6, "flown limits", "late"))
    assert (first.input_names, first.outputs) == (("flights",), ("flown",))
    assert (second.input_names, second.outputs) == (("limits",), ("late",))


def test_cells_add_up_to_the_step():
    one = ran(None, STEP, 4, seen("flights", "flown", seconds=1.0), parameters={}, raised="")
    two = ran(one, STEP, 6, seen("limits", "late", seconds=2.0), parameters={}, raised="")
    assert list(two.cells) == [0, 1]
    assert set(two.inputs) == {"flights", "limits"}
    assert list(two.outputs) == ["flown", "late"]
    assert two.seen is not None
    assert two.seen.seconds == 3.0


def test_the_first_cell_begins_the_step_afresh():
    before = ran(None, STEP, 6, seen("limits", "late"), parameters={}, raised="")
    again = ran(before, STEP, 4, seen("flights", "flown"), parameters={}, raised="")
    assert (list(again.cells), list(again.outputs)) == ([0], ["flown"])


def test_a_cell_that_raised_is_remembered_with_what_was_seen_before():
    before = ran(None, STEP, 4, seen("flights", "flown"), parameters={}, raised="")
    failed = ran(before, STEP, 4, None, parameters={}, raised="KeyError")
    assert (failed.raised, failed.seen) == ("KeyError", before.seen)


def test_what_an_earlier_cell_of_the_step_made_is_no_input():
    both = joined(seen("flights", "flown"), seen("flown limits", "late"))
    assert {each.name for each in both.inputs} == {"flights", "limits"}


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (seen("flights", "flown"), ()),
        (seen("flights", "flown", changed=("flights",)), ("changes its input flights in place",)),
        (seen("flights", "flights", changed=("flights",)), ()),
        (seen("a", "b", changed=("c",)), ("changes c, which it reaches through another name",)),
        (seen(unseeded=("numpy",)), ("draws from numpy's global random state, which nobody has seeded",)),
        (StepSeen("s", "", (), (value("f", "", "f is a lock"),)), ("f cannot be stored: f is a lock",)),
    ],
)
def test_what_gives_cause_to_warn(run, said):
    assert warnings(run) == said
