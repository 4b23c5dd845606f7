"""Whole exports, held to what was looked at and found good: `UPDATE_GOLDEN=1 pytest tests/emit/test_golden.py`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nbprod import analyse, emit, read
from nbprod.adapters import ipython, ruff
from nbprod.model.record import Record

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(each.name for each in GOLDEN.iterdir() if each.is_dir())


def notebook(text: str) -> str:
    """A notebook from cells that `# %% TAGS` divides."""
    cells = []
    for number, part in enumerate(text.split("# %%")[1:]):
        tags, _, source = part.partition("\n")
        if not part.startswith((" ", "\n")):
            raise AssertionError(part)
        metadata = {"tags": tags.split()} if tags.split() else {}
        cell = {"cell_type": "code", "id": f"c{number}", "metadata": metadata, "source": source.rstrip("\n")}
        cells.append({**cell, "outputs": [], "execution_count": None})
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def exported(case: str) -> str:
    """All files of the export, one after the other."""
    text = (GOLDEN / case / "notebook.txt").read_text()
    graph = analyse.graph(read.notebook(notebook(text), f"notebooks/{case}.ipynb", ipython.transform))
    assert not [each for each in graph.diagnostics if each.severity == "error"]
    record = Record(graph.notebook, "", "")
    made = emit.files(graph, record, package=case, samples={}, standing={}, base={})
    modules = ruff.format({each.path: each.text for each in made.files if each.path.endswith(".py")})
    wanted = [each for each in made.files if not each.path.endswith("conftest.py")]
    return "\n".join(f"==> {each.path}\n{modules.get(each.path, each.text)}" for each in wanted)


@pytest.mark.parametrize("case", CASES)
def test_the_export_is_as_it_was(case):
    path = GOLDEN / case / "expected.txt"
    found = exported(case)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found)
    assert found == path.read_text()


@pytest.mark.parametrize("case", CASES)
def test_exporting_twice_gives_the_same_bytes(case):
    assert exported(case) == exported(case)
