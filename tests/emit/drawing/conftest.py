"""Graphs written as rows: name, what it reads, what it makes, its parameters."""

from __future__ import annotations

import pytest

from nbprod.model.graph import Edge, Graph, Input, Parameter, Step
from nbprod.model.notebook import Mark

FLIGHTS = (
    ("load", (), ("flights", "weather", "planes"), ()),
    ("clean", ("flights",), ("flown",), ("late_after",)),
    ("features", ("flown", "weather", "planes"), ("table",), ()),
    ("split", ("table",), ("training", "testing"), ("test_share", "seed")),
    ("baseline", ("training",), ("dummy",), ()),
    ("train", ("training",), ("model",), ("seed",)),
    ("evaluate", ("model", "dummy", "testing"), ("quality", "roc"), ()),
)


def graph_of(rows, notebook="notebooks/flights.ipynb"):
    """Return a graph in which each name is read from the step that made it last."""
    makers, steps, edges = {}, [], []
    for number, (name, reads, makes, parameters) in enumerate(rows):
        inputs = tuple(Input(each, makers[each]) for each in reads)
        edges += [Edge(each.maker, name, each.name) for each in inputs]
        makers |= dict.fromkeys(makes, name)
        function = name if name == "features" else ""
        cells = (2 * number + 3,)
        steps.append(Step(name, cells, (), inputs, tuple(makes), parameters, (), Mark(name), function=function))
    parameters = (Parameter("late_after", "int", "30"), Parameter("seed", "int", "0"))
    return Graph(notebook, parameters=parameters, steps=tuple(steps), edges=tuple(edges))


@pytest.fixture
def make_graph():
    return graph_of


@pytest.fixture
def flights():
    return graph_of(FLIGHTS)
