"""The verbs' own decisions: what the package is called, what a record is good for, how two runs count in one."""

from __future__ import annotations

import json

import pytest

from nbprod import project
from nbprod.errors import NotebookFaulty, ProjectBroken


def book(folder, name, *cells):
    made = [{"cell_type": "code", "metadata": {}, "source": source} for source in cells]
    path = folder / name
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    return path


@pytest.mark.parametrize(
    ("name", "cell", "package"),
    [
        ("shop", "x = 1", "shop"),
        ("polars", "import polars as pl\nx = pl", "polars_steps"),
        ("numpy", "import numpy.linalg as la\nx = la", "numpy_steps"),
        ("sklearn", "from sklearn.svm import SVC\nx = SVC", "sklearn_steps"),
        ("shop", "from .shop import y\nx = y", "shop"),
        ("la", "import numpy.linalg as la\nx = la", "la"),
        ("json", "x = 1", "json_steps"),
    ],
)
@pytest.mark.parametrize("marked", [True, False], ids=["in the step", "in an unmarked cell"])
def test_the_package_shadows_no_module_that_the_notebook_imports(tmp_path, name, cell, package, marked):
    first, _, rest = cell.rpartition("\n")
    cells = [f"%%step one\n{cell}"] if marked or not first else [first, f"%%step one\n{rest}"]
    path = book(tmp_path, f"{name}.ipynb", *cells, "%%step two\nz = x")
    assert project.place_of(path, project.check(path)).package == package


def test_export_without_a_record_says_how_to_get_one(tmp_path):
    path = book(tmp_path, "shop.ipynb", "%%step one\nx = 1")
    with pytest.raises(NotebookFaulty, match=r"has no fresh record\. Run nbprod record shop\.ipynb"):
        project.export(path, again=False)


def test_a_damaged_record_is_no_record(tmp_path):
    path = book(tmp_path, "shop.ipynb", "%%step one\nx = 1")
    place = project.place_of(path, project.check(path))
    place.record_file.parent.mkdir(parents=True)
    place.record_file.write_text('{"version": 1, "steps": [')
    assert project.fresh_record(place, project.check(path)) is None


def test_verify_wants_an_export(tmp_path):
    with pytest.raises(ProjectBroken, match=r"shop\.ipynb has not been exported\. Run nbprod export shop\.ipynb"):
        project.verify(book(tmp_path, "shop.ipynb", "%%step one\nx = 1"))


def test_two_runs_count_on_in_one_progress():
    told = []
    notebook_ran, pipeline_ran = project.halves(lambda *each: told.append(each), 2)
    notebook_ran(0, 3, "load")
    notebook_ran(3, 3, "samples")
    pipeline_ran(0, 2, "load")
    pipeline_ran(2, 2, "")
    assert told == [
        (0, 5, "notebook: load"),
        (3, 5, ""),
        (3, 5, "pipeline: load"),
        (5, 5, "comparing"),
    ]
    assert project.halves(None, 2) == (None, None)
