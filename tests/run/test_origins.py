"""The cell and line beside the module's: right, or none at all."""

from __future__ import annotations

import json
import traceback
from pathlib import Path  # noqa: TC003 - pytest looks at annotations

import pytest

from nbprod.run.origins import Origin, origin

CELLS = (
    "# Flights",
    "%load_ext nbprod\nimport json",
    (
        "%%step clean\n%matplotlib inline\nlate = [each for each in\n        flights\n        if each > least]\n!ls\n"
        "mean = sum(late) / len(late)\nx = !pwd"
    ),
    "late.sort()",
    "late.sort()",
    "def share(values, whole):\n    # In per cent.\n    return 100*len(values)  / len(whole)",
    "@step\ndef split(late):\n    half = len(late) // 2\n    return late[: half], late[half :][half + 7]",
    "if late:\n    for each in late:\n        each.upper( )",
    "this is no Python",
)
MODULE = '''"""Clean: cells 2 and 3 of notebooks/f.ipynb."""

import json


def share(values, whole):
    # In per cent.
    return 100 * len(values) / len(whole)


def clean(flights, *, least=3):
    late = [each for each in flights if each > least]
    subprocess.run("ls", shell=True, check=False)

    mean = sum(late) / len(late)

    late.sort()
    if late:
        for each in late:
            each.upper()
    new = late.pop(1000)
    return Split(late[:half], late[half:][half + 7])
'''
LINES = {  # a part of the module's line that raises, and where it stands
    "each > least": Origin(2, 5),
    "flights if": Origin(2, 4),
    "len(late)": Origin(2, 7),
    "late.sort()": None,
    "100 * len(values)": Origin(5, 3),
    "each.upper()": Origin(7, 3),
    "late.pop(1000)": None,
    "late[half:][half + 7]": Origin(6, 4),
    "subprocess.run": None,
}


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "notebooks").mkdir()
    cells = [
        {"cell_type": "markdown" if source.startswith("# ") else "code", "source": source.splitlines(keepends=True)}
        for source in CELLS
    ]
    (tmp_path / "notebooks" / "f.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    return tmp_path


def frame(part: str, *, column: bool = True) -> traceback.FrameSummary:
    number, line = next((at, line) for at, line in enumerate(MODULE.split("\n"), 1) if part in line)
    places = {"end_lineno": number, "colno": line.index(part), "end_colno": line.index(part) + len(part)}
    return traceback.FrameSummary("clean.py", number, "clean", **(places if column else {}))


@pytest.mark.parametrize("part", LINES)
def test_the_line_is_right_or_none(root, part):
    assert origin(frame(part), MODULE, root) == LINES[part]


def test_without_a_column_the_statement_is_named(root):
    assert origin(frame("len(late)", column=False), MODULE, root) == Origin(2, 7)


def test_an_edited_notebook_gives_no_line(root):
    path = root / "notebooks" / "f.ipynb"
    path.write_text(path.read_text().replace("mean = sum(late)", "mean = 2 * sum(late)").replace("len(late)", "n"))
    assert origin(frame("len(late)"), MODULE, root) is None


@pytest.mark.parametrize("text", ["", "{", '{"cells": 3}', None])
def test_a_notebook_that_cannot_be_read_gives_no_line(root, text):
    path = root / "notebooks" / "f.ipynb"
    path.unlink() if text is None else path.write_text(text)
    assert origin(frame("len(late)"), MODULE, root) is None


def test_a_notebook_that_is_a_text(root):
    (root / "notebooks" / "f.py").write_text(
        "# %%\nimport json\n\n# %%\n%%step clean\n\nmean = sum(late) / len(late)\n"
    )
    assert origin(frame("len(late)"), MODULE.replace("f.ipynb", "f.py"), root) == Origin(1, 3)
