"""Names that may stand for any of many objects: what a change is seen to reach, and what it costs to know."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.analyse import crowds
from nbprod.analyse.places import changed
from nbprod.analyse.scan import scan, scan_statement
from nbprod.analyse.world import World
from nbprod.model.notebook import Cell, Mark, Notebook, Role

ROWS = ["rows = []", *(f"x{at} = []\nrows.append(x{at})" for at in range(40))]
ALL = {f"x{at}" for at in range(40)}


def reaches(*sources):
    """What each statement is seen to change."""
    world = World()
    seen = (scan_statement(node, world) for source in sources for node in ast.parse(source).body)
    return [{*each.trace.mutates, *each.trace.touches} for each in seen]


def reached(*sources):
    """What the last statement is seen to change."""
    return reaches(*sources)[-1]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["y = rows[0]", "y.append(1)"], {*ALL, "rows", "y"}),
        (["y = rows[0]", "x3.append(1)"], {"x3", "rows", "y"}),
        (["y = rows[0]", "z = rows[1]", "y.append(1)"], {*ALL, "rows", "y", "z"}),
        (["y = rows[0]", "late = []", "rows.append(late)", "late.append(1)"], {"late", "rows", "y"}),
        (["y = rows[0]", "late = []", "rows.append(late)", "y.append(1)"], {*ALL, "rows", "y", "late"}),
        (["y = rows[0]", "box = [y]", "x3.append(1)"], {"x3", "rows", "y", "box"}),
        (["y = rows[0]", "part = []", "y.append(part)", "z = x3[0]", "z.append(1)"], {*ALL, "rows", "y", "part", "z"}),
        (["part = []", "x3.append(part)", "y = rows[0]", "z = y[0]", "z.append(1)"], {"x3", "rows", "y", "part", "z"}),
        (["y = rows[0]", "y = 1", "x3.append(1)"], {"x3", "rows"}),
        (["part = []", "x3.a = part", "z = rows[0].a", "z.append(1)"], {"x3", "rows", "part", "z"}),
    ],
)
def test_what_a_change_reaches(lines, names):
    assert reached(*ROWS, *lines) == names


def test_a_key_that_many_objects_stood_under_and_many_keys():
    one = ["d = {}", *(f"x{at} = [{at}]\nd['k'] = x{at}" for at in range(40)), "y = d['k']", "y.append(1)"]
    many = ["d = {}", *(f"x{at} = [{at}]\nd['k{at}'] = x{at}" for at in range(40)), "y = d[n]", "y.append(1)"]
    assert reached(*one) == reached(*many) == {*ALL, "d", "y"}


def test_a_name_stands_for_few_objects_however_many_there_are():
    world = World()
    for source in ROWS:
        for node in ast.parse(f"{source}\ny = rows[n]\nz = rows[0]").body:
            scan_statement(node, world)
    assert len(world.places["y"]) == len(world.places["z"]) == 1
    assert changed(world.places["y"])[0] == {*ALL, "rows", "y", "z"}


def written(*cells):
    """What each cell of a notebook is seen to change of what others made; a cell is a text, or a step and a text."""
    pairs = [("", each) if isinstance(each, str) else each for each in cells]
    made = [
        Cell(at, str(at), Role.STEP if step else Role.PLAIN, text, mark=Mark(step) if step else None, python=text)
        for at, (step, text) in enumerate(pairs)
    ]
    every = scan(Notebook("n.ipynb", tuple(made)))
    return [{name for each in cell.statements for name in {*each.trace.mutates, *each.trace.touches}} for cell in every]


def names_told(cells):
    return sum(map(len, written("rows = []", *(f"x{at} = []\nrows.append(x{at})\n{cells}" for at in range(300)))))


@pytest.mark.parametrize("change", ["rows[0].append(1)", "rows[n].append(x0)", "for row in rows:\n    row.clear()"])
def test_a_change_to_any_of_many_tells_the_names_that_are_mentioned_below(change):
    assert names_told(change) < 300 * 20  # all of them would be 45,000


@pytest.mark.parametrize(
    ("below", "seen"),
    [
        (["1"], set()),
        (["print(x3)"], {"x3"}),
        (["box.query('a > @x3')"], {"x3"}),
        (["def f():\n    return x3"], {"x3"}),
        (["eval(code)"], ALL),
    ],
)
def test_who_is_mentioned_below_is_told_of_a_change(below, seen):
    changed_in = written(*ROWS, "rows[0].append(1)", *below)[len(ROWS)]
    assert changed_in - {"rows"} == seen


def test_what_is_mentioned_in_code_that_runs_later_is_told_of_a_change():
    assert written(*ROWS, "def f():\n    return x3", "rows[0].append(1)")[-1] == {"rows", "x3"}


def test_a_step_whose_cells_another_stands_between_tells_what_that_has_read():
    cells = [*(("load", each) for each in ROWS), ("look", "y = len(x3)"), ("load", "rows[0].append(1)")]
    assert written(*cells)[-1] == {"rows", "x3"}


NAMES = st.sampled_from(["a", "b", "c", "d", "e", "f"])
HOLDERS = st.sampled_from(["rows", "more"])
LINES = st.one_of(
    *(st.builds(each.format, NAMES, NAMES) for each in ("{} = {}", "{} = [{}]", "{}.append({})", "{} = {}[0]")),
    *(st.builds(each.format, NAMES, HOLDERS) for each in ("{} = {}[0]", "{} = {}[n]", "{0} = [1]", "{0}.append(1)")),
    *(st.builds(each.format, HOLDERS, NAMES) for each in ("{}.append({})", "{}['k'] = {}", "{}[0].append({})")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, min_size=10, max_size=40))
def test_a_crowd_reaches_no_less_than_its_members(lines):
    start = ["rows = []\nmore = []", *(f"{name} = []" for name in "abcdef")]
    many = crowds.MANY
    try:
        crowds.MANY = 3
        as_crowds = reaches(*start, *lines)
        crowds.MANY = 1_000
        exactly = reaches(*start, *lines)
    finally:
        crowds.MANY = many
    assert all(exact <= crowd for exact, crowd in zip(exactly, as_crowds, strict=True))
