"""What a person changes about suggested steps."""

from __future__ import annotations

import pytest

from nbprod import suggest
from nbprod.analyse import graph
from nbprod.errors import UsageError
from nbprod.suggest import edits

CELLS = (
    "# Load",
    "rows = list(open('rows.txt'))",
    "largest = max(rows)",
    "# Sort",
    "ordered = sorted(rows)",
    "print(ordered)",
    "first = ordered[0] + largest",
)


@pytest.fixture
def edited(notebook):
    """The steps after changes, as texts."""

    def of(*changes):
        book = notebook(*CELLS)
        found = suggest.steps(book, graph)
        for change in changes:
            found = suggest.chosen(book, graph, found, change)
        return found

    return of


def lines(found):
    return [f"{each.name} {','.join(map(str, each.cells))} {' '.join(each.outs)}".strip() for each in found.segments]


def by(edit, cell, *more):
    return lambda cut, _: edit(cut, cell, *more)


def move(cell):
    return lambda cut, flow: edits.moved(cut, flow, cell)


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ([], ["load 1,2", "sort 4,6 first"]),
        ([by(edits.renamed, 2, "read")], ["read 1,2", "sort 4,6 first"]),
        ([by(edits.begun, 2)], ["load 1", "make_largest 2", "sort 4,6 first"]),
        ([by(edits.joined_with_next, 1)], ["load 1,2,4,6 first"]),
        ([by(edits.begun, 6), by(edits.renamed, 6, "end")], ["load 1,2", "sort 4", "end 6 first"]),
        ([move(6)], ["load 1,2 largest", "sort 4 ordered"]),
        ([move(5)], ["load 1,2", "sort 4,5,6 first"]),
        ([move(6), move(6)], ["load 1,2", "sort 4,6 first"]),
    ],
)
def test_steps_are_as_they_were_chosen(edited, changes, steps):
    assert lines(edited(*changes)) == steps


def test_what_a_choice_breaks_is_said_and_not_repaired(edited):
    found = edited(move(4))
    assert [(each.code, each.cell) for each in found.errors] == [("NB203", 6)]
    assert [each.why for each in found.left_out if each.cell == 4] == [edits.BY_HAND]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (by(edits.renamed, 2, "two words"), "'two words' is no name for a step"),
        (by(edits.renamed, 2, "class"), "'class' is no name for a step"),
        (by(edits.renamed, 2, "sort"), "another step is called 'sort'"),
        (by(edits.renamed, 5, "show"), "cell 5 is in no step"),
        (by(edits.begun, 4), "step 'sort' begins at cell 4 already"),
        (by(edits.joined_with_next, 6), "'sort' is the last step"),
    ],
)
def test_what_cannot_be_chosen_is_told(edited, change, said):
    with pytest.raises(UsageError, match=said):
        edited(change)


def test_a_cell_that_may_raise_is_taken_into_no_step(edited, notebook):
    book = notebook("rows = [1]", "rows ++", "total = sum(rows)")
    found = suggest.steps(book, graph, uncarried=frozenset({1}))
    with pytest.raises(UsageError, match="no step can hold cell 1"):
        suggest.chosen(book, graph, found, move(1), uncarried=frozenset({1}))
