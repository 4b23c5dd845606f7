"""Notebooks whose last cell holds the parameters."""

from __future__ import annotations

import pytest

from nbprod.model.notebook import Cell, Notebook, Role
from nbprod.project.parameters import declared


def notebook_of(*cells):
    """Return a notebook; a cell is its source, or (source, tag), and the last one is tagged `parameters` if none is."""
    pairs = [cell if isinstance(cell, tuple) else (cell, "") for cell in cells]
    if pairs and not any(tag for _, tag in pairs):
        pairs[-1] = (pairs[-1][0], "parameters")
    roles = {"parameters": Role.PARAMETERS}
    return Notebook(
        "flights.ipynb",
        tuple(
            Cell(index, f"c{index}", roles.get(tag, Role.PLAIN), source, (tag,) if tag else (), python=source)
            for index, (source, tag) in enumerate(pairs)
        ),
    )


@pytest.fixture
def declared_in():
    """Declarations of a notebook written as cells."""
    return lambda *cells, folder=None: declared(notebook_of(*cells), folder)
