"""Notebooks written as lists of cells."""

from __future__ import annotations

import json

import pytest

from nbprod.adapters import ipython
from nbprod.read import notebook


def as_json(*cells, metadata=None, minor=5):
    """Return a notebook's text; a cell is its source or (source, tags)."""
    pairs = [cell if isinstance(cell, tuple) else (cell, []) for cell in cells]
    made = [
        {"id": f"c{number}", "cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
        for number, (source, tags) in enumerate(pairs)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": minor, "metadata": metadata or {}, "cells": made})


@pytest.fixture
def read():
    """Read a notebook written as cells."""

    def from_cells(*cells, **options):
        return notebook(as_json(*cells, **options), "notebooks/flights.ipynb", ipython.transform)

    return from_cells


@pytest.fixture
def read_cell(read):
    """Read the last of a notebook's cells."""
    return lambda *cells: read(*cells).cells[-1]
