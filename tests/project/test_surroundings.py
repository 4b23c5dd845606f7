"""What a notebook has around it, its own modules and files, reaches the steps that run without it."""

from __future__ import annotations

import json

import pytest

from nbprod import project
from nbprod.errors import NotebookFaulty
from nbprod.model.diagnostic import Severity

pytestmark = pytest.mark.slow

OWN_MODULES = """\
# %%
import sys
sys.path.append("../src")
import helper
from stars import *
from lib import scale as rescale
from pkg.inner import shift
# %%
# %%step load
rows = helper.rows(5)
big = [rescale(each) for each in rows]
# %%
# %%step more --outs total
total = sum(double(x) for x in big) + shift(1)
"""
MODULES = {
    "nb/helper.py": "def rows(n): return list(range(n))\n",
    "nb/stars.py": "from deep import TWO\ndef double(x): return TWO * x\n",
    "nb/deep.py": "TWO = 2\n",
    "nb/pkg/__init__.py": "",
    "nb/pkg/inner.py": "def shift(x): return x + 1\n",
    "src/lib.py": "def scale(x): return 10 * x\n",
}
HIDDEN_CHANGE = """\
# %%
import helper
# %%
# %%step make
rows = [0, 1]
# %%
# %%step change
print(helper.grow(rows))
# %%
# %%step count --outs total
total = len(rows)
"""
RUNS = """\
# %%
# %run helpers.ipynb
# %run ../src/rates.py
# %%
# %%step load
rows = make(rate)
# %%
# %%step more --outs total
# %run start
total = start + sum(rows) + square(top)
"""
HELPERS = {
    "nbformat": 4,
    "nbformat_minor": 4,
    "metadata": {},
    "cells": [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
        for source in ("%matplotlib inline\nimport numpy as np", "def make(n):\n    return np.arange(n).tolist()")
    ],
}
SCRIPT = """\
rate = 4

def square(x):
    return x * x

if __name__ == "__main__":
    top = 3
"""
FILES = """\
# %%
import json
from pathlib import Path
import pandas as pd
# %% tags=["parameters"]
n = 5
# %%
# %%step make
Path("out").mkdir(exist_ok=True)
pd.DataFrame({"a": range(n)}).to_csv("out/frame.csv", index=False)
# %% tags=["step:count"]
total = int(pd.read_csv("out/frame.csv")["a"].sum())
# %%
# %%step report
Path("report.json").write_text(json.dumps({"total": total}))
"""
PROGRAMS = """\
# %%
from pathlib import Path
# %%
# !mkdir -p out && cd out && printf "1 2" > one.txt
# %%
# %%step fetch
# !cd out && printf "3" > two.txt
# %%
# %%step count --outs total
total = len(Path("out/two.txt").read_text())
# %%
# %%step more --outs all
all = total + len(Path("out/one.txt").read_text())
"""
PATCHED = """\
# %%
class Price:
    def __init__(self, euros): self.euros = euros
def doubled(self): return Price(2 * self.euros * Price.rate)
Price.doubled = doubled
Price.rate = 10
# %%
# %%step make
price = Price(2)
# %%
# %%step double
twice = price.doubled()
# %%
# %%step more --outs total
total = twice.euros + Price(1).doubled().euros
"""


def test_modules_beside_the_notebook_and_on_its_path(whole):
    made = whole("own_modules", OWN_MODULES, **MODULES)
    made.export()
    made.tests()
    made.repro()
    assert made.verify().equal
    assert json.loads(made.text("data/more/total.json")) == 202
    stages = made.text("dvc.yaml")
    assert all(f"      - {path}\n" in stages for path in MODULES)
    assert "sys.path" not in made.text("own_modules/steps/load.py")
    assert '("nb", "src")' in made.text("own_modules/__init__.py")


def test_changes_that_only_a_run_shows(whole):
    made = whole("hidden", HIDDEN_CHANGE, **{"nb/helper.py": "def grow(rows): rows.append(len(rows))\n"})
    made.export()
    made.repro()
    assert json.loads(made.text("data/count/total.json")) == 3
    assert made.verify().equal
    (made.root / ".nbprod/record/hidden.json").unlink()
    assert [(each.step, each.name) for each in made.verify().outputs] == [
        ("make", "rows"),
        ("change", "rows"),
        ("count", "total"),
    ]


def test_files_that_pass_between_steps(whole):
    made = whole("passing", FILES)
    made.export()
    assert [(each.source, each.target, each.name) for each in made.graph().edges] == [
        ("count", "report", "total"),
        ("make", "count", "nb/out/frame.csv"),
    ]
    (made.root / "nb/out/frame.csv").unlink()
    made.repro()
    assert json.loads(made.text("nb/report.json")) == {"total": 10}
    assert made.verify().equal


def test_notebooks_and_scripts_that_cells_run(whole):
    files = {"nb/helpers.ipynb": json.dumps(HELPERS), "src/rates.py": SCRIPT, "nb/start.py": "start = 10000\n"}
    made = whole("runs", RUNS, **files)
    made.export()
    made.tests()
    made.repro()
    assert made.verify().equal
    assert json.loads(made.text("data/more/total.json")) == 10000 + 6 + 9
    assert "top = 3\n" in made.text("runs/steps/more.py")


def test_files_that_other_programs_write(whole):
    made = whole("programs", PROGRAMS)
    with pytest.raises(NotebookFaulty) as raised:
        made.export()
    assert [(each.code, each.message) for each in raised.value.diagnostics if each.severity is Severity.ERROR] == [
        ("NB310", "step 'more' reads 'nb/out/one.txt', which cell 1 (line 4) writes and no step makes")
    ]
    project.record(made.notebook)
    assert [(each.source, each.target, each.name) for each in made.graph().edges] == [
        ("count", "more", "total"),
        ("fetch", "count", "nb/out/two.txt"),
    ]


def test_what_is_set_on_a_class_of_the_notebook(whole):
    made = whole("patched", PATCHED)
    made.export()
    made.tests()
    made.repro()
    assert made.verify().equal
    assert json.loads(made.text("data/more/total.json")) == 60
    assert "Price.doubled = doubled\nPrice.rate = 10\n" in made.text("patched/definitions.py")
