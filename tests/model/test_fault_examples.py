"""What the pages of faults promise: the bad example has the fault, and the cure has no fault at all."""

from __future__ import annotations

import json

import pytest

from nbprod.adapters import ipython
from nbprod.analyse import graph
from nbprod.model.diagnostic import ordered
from nbprod.model.faults import FAULTS, example_cells
from nbprod.read import notebook

# seen only when the notebook runs
RECORDED = {"NB301", "NB305", "NB306", "NB307", "NB309", "NB310", "NB311", "NB312", "NB313", "NB404"}
STATIC = [code for code, fault in FAULTS.items() if fault.has_example_notebook and code not in RECORDED]


def codes(example):
    """Return the codes of all diagnostics of a written-out notebook."""
    cells = [
        {"id": f"c{number}", "cell_type": "code", "metadata": {"tags": list(cell.tags)}, "source": cell.source}
        for number, cell in enumerate(example_cells(example))
    ]
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    read = notebook(text, "flights.ipynb", ipython.transform)
    faults = [fault for cell in read.cells for fault in cell.faults]
    return {each.code for each in ordered([*read.notes, *faults, *graph(read).diagnostics])}


@pytest.mark.parametrize("code", STATIC)
def test_the_bad_example_has_this_fault_and_no_other(code):
    assert codes(FAULTS[code].bad) == {code}


@pytest.mark.parametrize("code", [code for code, fault in FAULTS.items() if fault.has_example_notebook])
def test_the_cure_has_no_fault(code):
    assert codes(FAULTS[code].cure) == set()
