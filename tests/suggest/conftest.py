"""Notebooks without marks, written as lists of cells; a cell that begins with `#` and a blank is Markdown."""

from __future__ import annotations

import pytest

from nbprod import suggest
from nbprod.analyse import graph
from nbprod.model.notebook import Cell, Notebook, Role


def notebook_of(*sources):
    return Notebook("rain.ipynb", tuple(cell_of(at, source) for at, source in enumerate(sources)))


def cell_of(index, source):
    if source.startswith("#") and source.lstrip("#").startswith(" "):
        return Cell(index, f"c{index}", Role.TEXT, source)
    return Cell(index, f"c{index}", Role.PLAIN, source, python=source)


@pytest.fixture
def notebook():
    return notebook_of


@pytest.fixture
def suggested():
    """What is suggested for cells."""

    def of(*sources, uncarried=frozenset()):
        return suggest.steps(notebook_of(*sources), graph, uncarried=uncarried)

    return of


@pytest.fixture
def drawn(suggested):
    """The suggested steps as texts: name, cells, what is read and made."""

    def of(*sources):
        found = suggested(*sources)
        assert found.errors == ()
        return [line(segment, found.graph.step(segment.name)) for segment in found.segments]

    return of


def line(segment, step):
    cells = ",".join(map(str, segment.cells))
    return f"{segment.name} {cells}: {' '.join(step.input_names)} -> {' '.join(step.outputs)}".replace(
        "  ", " "
    ).rstrip()
