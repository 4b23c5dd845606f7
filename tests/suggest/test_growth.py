"""What suggest costs: twice as much for a notebook of twice the size."""

from __future__ import annotations

import time

import pytest

from nbprod.suggest.flow import Flow, Link, is_among
from nbprod.suggest.segments import _crossing, joined

SHAPES = {
    "values in a row": ("x0 = [1]", "x{i} = [x{b}, {i}]"),
    "one name": ("x = [1]", "x = [x, {i}]"),
    "one name under headings": ("# Part {i}", "x = open('{i}')"),
    "two names for one object": ("x0 = open('a')", "x{i} = x{b}\nx{i}.read()\nx{b} = 1"),
    "what can't be stored": ("rows = open('a').readlines()", "i{i} = iter(rows)", "x{i} = list(i{i})"),
}


def cells(shape, count):
    first, *templates = SHAPES[shape]
    rest = [each.format(i=at, b=at - 1) for at in range(1, count // len(templates)) for each in templates]
    return [first, *rest] if not first.startswith("#") else [part for each in rest for part in ("# Part", each)]


def seconds(suggested, sources):
    start = time.process_time()
    suggested(*sources)
    return time.process_time() - start


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_notebook_and_not_with_its_square(suggested, shape):
    small, large = cells(shape, 100), cells(shape, 800)
    seconds(suggested, small)
    limit = 24 * min(seconds(suggested, small) for _ in range(2))
    assert any(seconds(suggested, large) < limit for _ in range(2))  # once more if something came between


def flow_of(*links):
    taken = {reader: tuple(Link(*each) for each in links if each[1] == reader) for _, reader, _ in links}
    handed = {maker: tuple(Link(*each) for each in links if each[0] == maker) for maker, _, _ in links}
    return Flow({}, {}, {}, tuple(Link(*each) for each in links), frozenset(), handed, taken, {})


def test_each_place_counts_the_names_that_cross_it_once():
    flow = flow_of((2, 4, "a"), (2, 8, "a"), (4, 6, "b"), (6, 8, "c"), (1, 8, "d"))
    within = (2, 4, 6, 8)  # cell 1 is no part of it
    assert (
        _crossing(within, flow)[1:4] == [len(flow.between(within[:at], within[at:])) for at in (1, 2, 3)] == [1, 2, 2]
    )


def test_between_is_the_same_from_either_side():
    flow = flow_of((1, 4, "a"), (2, 5, "b"), (3, 6, "c"))
    assert flow.between((1, 2), (4,)) == flow.between((1,), (4, 5)) == {"a"}
    assert not is_among(3, ())
    assert joined((), (1, 2), "") == ()
