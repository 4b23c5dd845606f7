"""The interactive table, driven by keys in Textual's own pilot."""

from __future__ import annotations

import asyncio
import json

import pytest
from nbformat import v4
from textual.widgets import Static

from nbprod.choosing import Choosing
from nbprod.project.suggesting import suggest

CELLS = (
    "# Load",
    "rows = list(open('rows.txt'))",
    "largest = max(rows)",
    "# Sort",
    "ordered = sorted(rows)",
    "ordered",
    "first = ordered[0] + largest",
)


class _ShownError(Exception):
    """Stops a suggestion that was only wanted for what it shows."""


@pytest.fixture
def choice(tmp_path):
    """What is to be chosen from."""
    (tmp_path / "pyproject.toml").touch()
    cells = [v4.new_markdown_cell(each) if each.startswith("#") else v4.new_code_cell(each) for each in CELLS]
    (tmp_path / "sort.ipynb").write_text(json.dumps(v4.new_notebook(cells=cells)))
    shown = []

    def show(choice):
        shown.append(choice)
        raise _ShownError

    with pytest.raises(_ShownError):
        suggest(tmp_path / "sort.ipynb", choose=show)
    return shown[0]


@pytest.fixture
def pressed(choice):
    """The app after some keys: the table's rows, what is told, and what came back."""

    def press(*keys):
        async def run():
            app = Choosing(choice)
            async with app.run_test(size=(140, 40)) as pilot:
                for key in keys:
                    await pilot.press(key)
                    await pilot.pause()
                rows = [[str(part) for part in app.table.get_row_at(at)] for at in range(app.table.row_count)]
                told = str(app.query_one("#told", Static).content)
            return rows, told, app.return_value

        return asyncio.run(run())

    return press


def steps(found):
    return {each.name: each.cells for each in found.segments}


def test_every_cell_has_its_row(pressed):
    rows, told, _ = pressed()
    assert [row[:4] for row in rows] == [
        ["1", "load", "· → rows, largest", "rows = list(open('rows.txt'))"],
        ["2", "│", "", "largest = max(rows)"],
        ["4", "sort", "rows, largest → first", "ordered = sorted(rows)"],
        ["5", "·", "", "ordered"],
        ["6", "│", "", "first = ordered[0] + largest"],
    ]
    assert rows[0][4] == "heading 'Load'"
    assert rows[3][4] == "it only shows something"
    assert told == "rows = list(open('rows.txt'))"


def test_w_gives_what_was_chosen(pressed):
    keys = ("down", "b", "r", *["backspace"] * 20, *"best", "enter", "w")
    assert steps(pressed(*keys)[2]) == {"load": (1,), "best": (2,), "sort": (4, 6)}
    assert steps(pressed("j", "w")[2]) == {"load": (1, 2, 4, 6)}
    assert steps(pressed("j", "u", "w")[2]) == {"load": (1, 2), "sort": (4, 6)}


def test_q_gives_nothing(pressed):
    assert pressed("j", "q")[2] is None


def test_what_a_choice_breaks_is_told_at_its_cell(pressed):
    rows, told, _ = pressed("down", "down", "x")
    assert rows[2][1] == "·"
    assert told.startswith("1 error in red cells")
    _, told, _ = pressed("down", "down", "x", "down", "down")
    assert told.startswith("NB203  step 'sort' reads 'ordered'")


def test_a_key_that_can_do_nothing_changes_nothing(pressed):
    assert steps(pressed("down", "down", "down", "b", "r", "u", "w")[2]) == {"load": (1, 2), "sort": (4, 6)}


def test_a_notebook_without_code_has_nothing_to_choose_from(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "text.ipynb").write_text(json.dumps(v4.new_notebook(cells=[v4.new_markdown_cell("# Only text")])))
    found = suggest(tmp_path / "text.ipynb", choose=lambda choice: pytest.fail("nobody is to be asked"))
    assert found.suggestion.segments == ()
