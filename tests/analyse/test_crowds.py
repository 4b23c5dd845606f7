"""Names that may stand for any of many objects: what a change is seen to reach, and what it costs to know."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.analyse import crowds
from nbprod.analyse.places import changed
from nbprod.analyse.scan import scan_statement
from nbprod.analyse.world import World

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
