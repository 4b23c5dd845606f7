"""`%run FILE` is read as the code of that file."""

from __future__ import annotations

import json

import pytest

from nbprod.adapters import ipython
from nbprod.read import notebook
from nbprod.read.including import as_main

FILES = {
    "rates.py": "# What it costs.\nrate = 2\n",
    "helpers.ipynb": json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 4,
            "metadata": {},
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": "# Helpers"},
                {"cell_type": "code", "metadata": {}, "source": "%matplotlib inline\n%run rates.py\nlist_files = !ls"},
                {"cell_type": "code", "metadata": {"tags": ["skip"]}, "source": "never = 1"},
                {"cell_type": "code", "metadata": {}, "source": "def cost(n): return rate * n"},
            ],
        }
    ),
    "round.py": "# %run round.py\nagain = 1\n",
    "broken.ipynb": "{",
}


def read(*sources):
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    text = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})
    return notebook(text, "flights.ipynb", ipython.transform, FILES.get).cells


def test_a_notebook_is_the_main_program():
    cells = read(
        "if __name__ == '__main__':\n    rate = 2\n    cost = 3 * rate", "if __name__ != '__main__':\n    x = 1"
    )
    assert [each.python for each in cells] == ["\nrate = 2\ncost = 3 * rate", cells[1].source]


@pytest.mark.parametrize(
    "line", ["%run rates.py", "%run rates", '%run "rates.py"', "%run -i rates.py", "%run rates.py  # now"]
)
def test_a_script_stands_in_place_of_the_line(line):
    (cell,) = read(f"{line}\ntotal = rate * 3")
    assert "rate = 2" in cell.python
    assert cell.python.rstrip().endswith("total = rate * 3")
    assert not cell.faults


def test_a_notebook_brings_its_code_cells_and_what_they_run():
    (cell,) = read("%run helpers.ipynb")
    assert "rate = 2" in cell.python
    assert "def cost(n)" in cell.python
    assert "never" not in cell.python
    assert cell.needs == ("import subprocess",)


@pytest.mark.parametrize(
    "line", ["%run gone.py", "%run rates.py --fast", "%run {name}", "%run broken.ipynb", "%run -t rates"]
)
def test_what_cannot_be_read_is_reported(line):
    (cell,) = read(f"%%step load\n{line}")
    assert [each.code for each in cell.faults] == ["NB102"]


def test_a_file_that_runs_itself_is_read_once():
    assert "again = 1" in read("%run round.py")[0].python


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('if __name__ == "__main__":\n    a = 1\n\n    b = 2\n', "\na = 1\n\nb = 2\n"),
        ('if __name__ == "__main__": main()', "if True: main()"),
        ("if __name__ == '__main__':\n    a = '''\n    b'''", "if True:\n    a = '''\n    b'''"),
        ('if __name__ == "other":\n    a = 1', 'if __name__ == "other":\n    a = 1'),
        ("no python (", "no python ("),
    ],
)
def test_what_is_guarded_by_being_the_main_program_runs(script, expected):
    assert as_main(script) == expected
