"""The picture as SVG."""

from __future__ import annotations

import time
from xml.etree import ElementTree as ET

import pytest

from nbprod.emit.drawing import svg
from nbprod.model.graph import Edge, Graph, Step
from nbprod.model.notebook import Mark

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return [element.text for element in ET.fromstring(picture).iter(NAMESPACE + "text")]


def test_the_picture_names_steps_cells_parameters_and_values(flights):
    shown = texts(svg(flights))
    assert {
        "load",
        "cell 3",
        "cell 7 · @step",
        "with test_share, seed",
        "weather, planes",
        "makes quality, roc",
    } <= set(shown)
    assert shown.count("training") == 2


def test_the_picture_is_the_same_twice(flights):
    assert svg(flights) == svg(flights)


@pytest.mark.parametrize(
    ("state", "look"),
    [("fresh", "step fresh"), ("stale", "step stale"), ("not run", "step unrun"), ("failed", "step failed")],
)
def test_a_state_has_its_look_and_is_said(flights, state, look):
    picture = svg(flights, states={"clean": state})
    assert f'<g class="{look}"><title>clean ({state})' in picture


def test_without_states_there_are_no_dots(flights):
    assert "<circle" not in svg(flights)


def test_dark_and_light_pages_have_their_colours(flights):
    style = svg(flights)
    assert "@media (prefers-color-scheme:dark)" in style
    assert 'body[data-jp-theme-light="false"] .nbprod-graph' in style
    assert 'body[data-jp-theme-light="true"] .nbprod-graph' in style


def test_odd_names_are_escaped(make_graph):
    picture = svg(make_graph((("<b>&", (), ('a"<',), ()), ("c", ('a"<',), (), ()))))
    assert {"<b>&", 'a"<'} <= set(texts(picture))


def test_long_names_are_cut_and_kept_in_the_tip(make_graph):
    names = tuple(f"a_rather_long_name_{number}" for number in range(5))
    picture = svg(make_graph((("load", (), names, ()), ("use", names, (), ()))))
    assert "a_rather_long_name_0, +4" in texts(picture)
    assert f"load → use: {', '.join(names)}" in picture


def test_a_cycle_and_a_step_that_reads_itself_are_drawn_without_their_lines():
    steps = tuple(Step(name, (number,), (), (), (), (), (), Mark(name)) for number, name in enumerate("ab"))
    edges = (Edge("a", "b", "x"), Edge("b", "a", "y"), Edge("a", "a", "z"), Edge("gone", "a", "w"))
    shown = texts(svg(Graph("n.ipynb", steps=steps, edges=edges)))
    assert "x" in shown
    assert not {"y", "z", "w"} & set(shown)


def test_no_steps_are_a_small_empty_picture():
    assert ET.fromstring(svg(Graph("n.ipynb"))).get("height") == "40"


@pytest.mark.slow
def test_a_thousand_steps_are_drawn_in_seconds(make_graph):
    rows = [(f"s{n}", tuple(f"x{m}" for m in range(max(0, n - 3), n)), (f"x{n}",), ()) for n in range(1000)]
    start = time.process_time()
    svg(make_graph(rows))
    assert time.process_time() - start < 10
