"""What holds for any notebook."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.analyse import graph
from nbprod.model.notebook import Cell, Mark, Notebook, Role
from nbprod.read.including import as_main

NAMES = st.sampled_from(["a", "b", "c", "d", "f", "x"])
VALUES = st.recursive(
    NAMES | st.sampled_from(["1", "'t'", "None"]),
    lambda inner: st.one_of(
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{}[{}]".format, NAMES, inner),
        st.builds("{}({})".format, NAMES, inner),
        st.builds("{}.append({})".format, NAMES, inner),
        st.builds("[{1} for {0} in {2}]".format, NAMES, inner, inner),
        st.builds("(lambda {}: {})".format, NAMES, inner),
        st.builds("({} := {})".format, NAMES, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAMES, VALUES),
    st.builds("{}, {} = {}".format, NAMES, NAMES, VALUES),
    st.builds("{}[{}] = {}".format, NAMES, VALUES, VALUES),
    st.builds("{} += {}".format, NAMES, VALUES),
    st.builds("del {}".format, NAMES),
    st.builds("import {}".format, NAMES),
    VALUES,
)


def indented(body):
    return "\n".join("    " + line for line in body.split("\n"))


STATEMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(lambda test, body: f"if {test}:\n{indented(body)}", VALUES, inner),
        st.builds(lambda name, over, body: f"for {name} in {over}:\n{indented(body)}", NAMES, VALUES, inner),
        st.builds(lambda name, body: f"def f({name}):\n{indented(body)}", NAMES, inner),
        st.builds(lambda body, name: f"try:\n{indented(body)}\nexcept E as {name}:\n    pass", inner, NAMES),
        st.builds(lambda body: f"class A:\n{indented(body)}", inner),
    ),
    max_leaves=3,
)
CELLS = st.lists(st.lists(STATEMENTS, min_size=1, max_size=3).map("\n".join), min_size=1, max_size=5)
MARKS = st.lists(
    st.sampled_from(["", "%%step one\n", "%%step two\n", "%%test one\n", "# tag: parameters\n"]), min_size=5, max_size=5
)


@given(CELLS, MARKS)
@settings(max_examples=80, deadline=None)
def test_any_notebook_has_a_graph_and_always_the_same(graph_from, cells, marks):
    marked = [mark + cell for mark, cell in zip(marks, cells, strict=False)]
    graph = graph_from(*marked)
    assert graph == graph_from(*marked)
    makers = {step.name: set(step.outputs) for step in graph.steps}
    assert all(edge.name in makers[edge.source] for edge in graph.edges)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_any_text_has_a_graph(graph_from, cells):
    graph_from(*("%%step one\n" + cell for cell in cells))


@given(CELLS)
@settings(max_examples=60, deadline=None)
def test_what_a_cell_reads_is_known_before(facts_from, cells):
    """Cutting a notebook off changes nothing of what stands before the cut."""
    assert facts_from(*cells)[: len(cells) - 1] == facts_from(*cells[:-1])


@given(CELLS, st.sampled_from("abcx"))
@settings(max_examples=60, deadline=None)
def test_a_comprehension_s_name_is_its_own(facts_from, cells, name):
    one = facts_from(*cells, f"result = [{name} for {name} in xs if {name}]")
    other = facts_from(*cells, "result = [other for other in xs if other]")
    assert one == other


@given(
    st.lists(st.builds("{0}{1} = {2}".format, NAMES, st.integers(0, 9), VALUES), min_size=2, max_size=4, unique=True)
)
@settings(max_examples=60, deadline=None)
def test_splitting_a_cell_loses_no_reads(facts_from, lines):
    whole = facts_from("\n".join(lines))[0]
    parts = facts_from(*lines)
    bound = set()
    reads = set()
    for part in parts:
        reads |= part.reads - bound
        bound |= part.writes
    assert whole.reads <= reads | bound


def row(first, *templates):
    """Cells that begin with the first, and then repeat the templates with a number and the one before it."""
    return lambda count: [
        first,
        *(each.format(i=at, b=at - 1) for at in range(1, count // len(templates)) for each in templates),
    ]


SHAPES = {
    "steps in a row": row(
        "%%step make\nx0 = 1\ndef double(x):\n    return 2 * x",
        "%%step s{i}\nx{i} = double(x{b})\nrows = [x{i}]\nrows.append({i})",
    ),
    "a name on a branch": row("x = f = 1", "if x:\n    x = f(x)"),
    "a list on a branch": row("x = 1", "if x:\n    x = [x, {i}]"),
    "a list that grows": row("rows = []", "x{i} = [{i}]\nrows.append(x{i})"),
    "names read out of a list that grows": row("rows = []", "x{i} = [{i}]\nrows.append(x{i})\ny{i} = rows[0]"),
    "names read out of a dict of many keys": row("d = {{}}", "x{i} = [{i}]\nd['k{i}'] = x{i}\ny{i} = d[n]"),
    "one object in many steps": lambda count: [
        *row("%%step s0\nx0 = []", "%%step s{i}\nx{i} = [x0]")(count),
        "%%step z\nx0.append(1)",
    ],
    "two steps that alternate": lambda count: [
        "%%step a\nrows = []",
        *(f"%%step {'ab'[at % 2]}\nrows.append({at})" for at in range(count)),
    ],
    "functions in a chain": row("def f0(a): return a", "def f{i}(a):\n    return f{b}(a)"),
    "statements that share lines": lambda count: ["\n".join(f"A{at} = 1; B{at} = 2" for at in range(count))],
    "branches of one function": lambda count: ["def f(x):\n" + "    if x: x = [x]\n" * count],
}


def seconds(graph_from, cells):
    start = time.process_time()
    graph_from(*cells)
    return time.process_time() - start


@pytest.mark.parametrize("shape", SHAPES)
def test_time_grows_with_the_notebook_and_not_with_its_square(graph_from, shape):
    small, large = SHAPES[shape](200), SHAPES[shape](1600)
    seconds(graph_from, small)
    limit = 20 * min(seconds(graph_from, small) for _ in range(2))
    assert any(seconds(graph_from, large) < limit for _ in range(2))  # once more if something came between


@pytest.mark.parametrize(
    "cells",
    [
        ["x = []", *["x = x or x"] * 60],
        ["x = []", *["x = x if x else x"] * 60],
        ["def x(): pass", *["y = [x, x]\nx = {1: y, 2: y}"] * 60],
        ["def f(x):\n" + "    x = x or x\n" * 60 + "    x.append(1)", "f([])"],
    ],
)
def test_what_names_a_thing_twice_does_not_double_what_is_known_of_it(graph_from, cells):
    assert graph_from(*cells).cells


DEEP = "-" * 900 + "1"


@pytest.mark.parametrize(
    "source",
    [
        f"if {DEEP} == '__main__':\n    x = 1",
        f"@{DEEP}\ndef f(): pass",
        f"x: {DEEP} = {DEEP}",
        f"x = (\n{DEEP})",
        f"pd.set_option('mode.{{}}', {DEEP})",
    ],
)
def test_what_is_nested_deeper_than_python_recurses_is_read(source):
    head = "import pandas as pd"
    cells = (
        Cell(0, "a", Role.PLAIN, head, python=head),
        Cell(1, "b", Role.PARAMETERS, source, python=source),
        Cell(2, "c", Role.STEP, source, mark=Mark("a"), python=as_main(source)),
    )
    assert graph(Notebook("a.ipynb", cells)).step("a").cells == (2,)
