"""Laws of the drawing: nothing overlaps, everything leads downward, and the same graph gives the same drawing."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.emit.drawing.layout import layout
from nbprod.emit.drawing.ordering import ordered_layers


@st.composite
def graphs(draw):
    """Return sizes of steps, and of labels for pairs that lead from an earlier step to a later one."""
    count = draw(st.integers(1, 12))
    names = [f"s{number}" for number in range(count)]
    size = st.tuples(st.floats(20, 200), st.floats(20, 60))
    pairs = draw(st.sets(st.sampled_from(list(combinations(names, 2)) or [("", "")]), max_size=24)) - {("", "")}
    return {name: draw(size) for name in names}, {pair: (draw(st.floats(10, 150)), 15.0) for pair in sorted(pairs)}


def overlap(one, other):
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2 - 1e-6
        and abs(one.y - other.y) < (one.height + other.height) / 2 - 1e-6
    )


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_no_two_boxes_overlap(graph):
    drawn = layout(*graph)
    boxes = [*drawn.steps.values(), *(line.label for line in drawn.lines)]
    assert not any(overlap(one, other) for one, other in combinations(boxes, 2))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_lines_lead_downward_and_pass_beside_the_steps(graph):
    drawn = layout(*graph)
    for line in drawn.lines:
        stops = [drawn.steps[line.source], *line.via, drawn.steps[line.target]]
        assert all(upper.bottom < lower.top for upper, lower in pairwise(stops))
        assert not any(overlap(place, step) for place in line.via for step in drawn.steps.values())


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_everything_lies_within_the_picture(graph):
    drawn = layout(*graph)
    for box in [*drawn.steps.values(), *(place for line in drawn.lines for place in line.via)]:
        assert box.x - box.width / 2 >= 0
        assert box.top >= 0
        assert box.x + box.width / 2 <= drawn.width
        assert box.bottom <= drawn.height


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_the_same_graph_gives_the_same_drawing(graph):
    assert layout(*graph) == layout(*graph)


def test_crossings_are_undone():
    places = {("a",): 0, ("b",): 0, ("c",): 0, ("x",): 1, ("y",): 1, ("z",): 1}
    links = [(("a",), ("z",)), (("b",), ("y",)), (("c",), ("x",))]
    upper, lower = ordered_layers(places, links)
    assert [dict(links)[key] for key in upper] == lower


def test_a_chain_is_a_straight_line():
    drawn = layout({"a": (40, 20), "b": (90, 20), "c": (60, 20)}, {("a", "b"): (30, 15), ("b", "c"): (50, 15)})
    assert len({round(box.x, 3) for box in [*drawn.steps.values(), *(line.label for line in drawn.lines)]}) == 1
