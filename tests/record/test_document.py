"""The live notebook: saved cells brought up to date with what ran."""

from __future__ import annotations

import json

import pytest

from nbprod.model.live import Execution, LiveCell
from nbprod.record.document import as_text, identified, live_cells, place_of, saved_cells

SAVED = (LiveCell("a", "x = 1"), LiveCell("t", "# Title", (), "markdown"), LiveCell("b", "y = x"))
BEFORE, AFTER = 5.0, 15.0  # around the time of saving, 10.0


@pytest.mark.parametrize(
    ("executions", "deleted", "sources"),
    [
        pytest.param([], [], ["x = 1", "# Title", "y = x"], id="nothing ran"),
        pytest.param([Execution("a", "x = 0", at=BEFORE)], [], ["x = 1", "# Title", "y = x"], id="saved since"),
        pytest.param([Execution("a", "x = 2", at=AFTER)], [], ["x = 2", "# Title", "y = x"], id="ran since"),
        pytest.param(
            [Execution("a", "x = 1", at=AFTER), Execution("n", "z", at=AFTER)],
            [],
            ["x = 1", "z", "# Title", "y = x"],
            id="a new cell stands below the one that ran before it",
        ),
        pytest.param([Execution("n", "z", at=BEFORE)], [], ["x = 1", "# Title", "y = x"], id="deleted before saving"),
        pytest.param([Execution("a", "x = 1", at=BEFORE)], ["a"], ["# Title", "y = x"], id="deleted since"),
    ],
)
def test_what_is_newer_wins(executions, deleted, sources):
    assert [each.source for each in live_cells(SAVED, 10.0, executions, deleted)] == sources


def test_without_a_file_cells_stand_as_they_first_ran():
    ran = [Execution("a", "x = 3", at=1), Execution("b", "y = x", at=2)]
    assert [each.source for each in live_cells(None, 0.0, ran)] == ["x = 3", "y = x"]


def test_tags_of_the_file_stay_when_the_frontend_sends_none():
    saved = (LiveCell("a", "x = 1", ("step:load",)),)
    assert live_cells(saved, 10.0, [Execution("a", "x = 2", at=AFTER)])[0].tags == ("step:load",)


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("x = 1", "a"),
        ("%%step load\nflights = read('flights.csv', index=False)", "s"),
        ("%%step load\nplanes = 7", None),
        ("%%step other\nflights = read('flights.csv')", None),
        ("x = 2", None),
    ],
)
def test_without_ids_a_cell_is_known_by_its_text(source, key):
    cells = (*SAVED, LiveCell("s", "%%step load\nflights = read('flights.csv')"))
    assert identified(source, cells) == key


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"cells": 3}', '{"cells": [{}]}', '{"cells": [null]}'])
def test_what_is_no_notebook_has_no_cells(text):
    assert saved_cells(text) is None


def test_cells_survive_the_way_through_json():
    assert saved_cells(as_text(SAVED)) == SAVED
    assert json.loads(as_text(SAVED))["nbformat"] == 4


def test_a_place_is_found_by_key():
    assert (place_of("b", SAVED), place_of("gone", SAVED)) == (2, None)
