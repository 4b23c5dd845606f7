"""What a step raised is told with the step, its module's line and the notebook's cell."""

from __future__ import annotations

import json

import pytest

from nbprod.errors import StepFailed
from nbprod.run import step
from nbprod.run.failures import cell_of


def raised(project, body: str) -> str:
    project.write("flights/steps/clean.py", f'"""Clean: cell 4 of notebooks/flights.ipynb."""\n\n\n{body}\n')
    if "deps:\n      - data/load/flights.parquet" in (project.root / "dvc.yaml").read_text():
        project.edit("dvc.yaml", "deps:\n      - data/load/flights.parquet", "deps:")
    with pytest.raises(StepFailed) as error:
        step("flights.clean", root=project.root)
    return str(error.value)


def test_the_users_own_frames_and_the_last_of_a_library(project):
    text = raised(project, "import json\n\n\ndef clean() -> int:\n    return inner()\n\n\n"
                           "def inner():\n    # each grid cell 3 km wide\n    return json.loads('{')")  # fmt: skip
    lines = text.splitlines()
    assert lines[0] == (
        "step 'clean' raised JSONDecodeError at flights/steps/clean.py, line 13 (cell 4 of notebooks/flights.ipynb)"
    )
    assert lines[1:5] == [
        "  flights/steps/clean.py:8 in clean",
        "      return inner()",
        "  flights/steps/clean.py:13 in inner",
        "      return json.loads('{')",
    ]
    assert lines[5].endswith("decoder.py:353 in raw_decode") or "decoder.py" in lines[5]
    assert lines[-1].startswith("  json.decoder.JSONDecodeError: ")
    assert "nbprod/run" not in text


def test_the_cell_and_its_line_stand_beside_the_modules(project):
    cells = [{"cell_type": "code", "source": source} for source in ("import json", "%%step clean\n\njson.loads( '{' )")]
    project.write("notebooks/flights.ipynb", json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    for statement in ("json.loads('{')", "return json.loads('{')"):
        lines = raised(project, f"import json\n\n\ndef clean() -> int:\n    {statement}").splitlines()
        assert lines[0].endswith("at flights/steps/clean.py, line 8 (cell 1, line 3 of notebooks/flights.ipynb)")
        assert lines[1] == "  flights/steps/clean.py:8 in clean   (cell 1, line 3)"


def test_a_deep_recursion_stays_short(project):
    text = raised(project, "def clean() -> int:\n    return clean()")
    assert "raised RecursionError" in text
    assert len(text.splitlines()) < 25


def test_a_module_that_cannot_be_compiled(project):
    text = raised(project, "def clean() -> int:\n    return (")
    assert "step 'clean' raised SyntaxError" in text
    assert "clean.py" in text
    assert "line 5" in text


def test_code_that_exits(project):
    assert "raised SystemExit" in raised(project, "def clean() -> int:\n    exit(0)")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('"""Clean: cell 4 of n.ipynb."""\nx', "cell 4 of n.ipynb"),
        ('"""Clean: cells 4, 5 and 9 of notebooks/n.ipynb."""\nx', "cells 4, 5 and 9 of notebooks/n.ipynb"),
        ('"""Clean: cells 4–6 of n.ipynb."""\nx', "cells 4–6 of n.ipynb"),
        ('"""Written by hand."""\nx', ""),
    ],
)
def test_the_cell_is_read_off_the_module(tmp_path, text, cell):
    module = tmp_path / "clean.py"
    module.write_text(text, encoding="utf-8")
    assert cell_of(module) == cell
    assert cell_of(tmp_path / "gone.py") == ""
