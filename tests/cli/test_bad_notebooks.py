"""Notebooks that cannot be used, or only in part: what `check` and `export` say, and that they touch nothing."""

from __future__ import annotations

import json
import os
import re

import pytest
from click.testing import CliRunner

from nbprod.cli import main

from .conftest import CELLS, TAGS, notebook

GOOD = "%%step load\nrows = [1, 2]"
OLD_CELL = {"cell_type": "code", "collapsed": False, "language": "python", "outputs": []}
OLD_SHEET = {"cells": [{**OLD_CELL, "input": GOOD, "metadata": {}}], "metadata": {}}


def marks(text: str) -> str:
    return text.replace(' "cells": [', '<<<<<<< HEAD\n "cells": [\n=======\n', 1)


def run(shop, monkeypatch, *words):
    monkeypatch.chdir(shop.root)
    return CliRunner().invoke(main, words, terminal_width=200)


UNREADABLE = {
    "not JSON": ("Dear diary", "is not JSON, so it is no notebook: line 1, column 1"),
    "not a notebook": ('{"name": "shop"}', "is not a notebook: it has no cells. Check that this is the right file"),
    "a list": ("[1, 2]", "is not a notebook: it holds a JSON list"),
    "truncated": (notebook()[:900], "is truncated: its JSON ends .*Save the notebook again"),
    "merge markers": (marks(notebook()), "has merge-conflict markers: line 2 is '<<<<<<< HEAD'. Resolve the conflict"),
    "no byte": ("", "is empty. Save the notebook again, or take it from version control"),
    "no text": (b"\xff\x00\xfe{", "is not a notebook: its bytes are not UTF-8 text"),
    "format 9": ('{"nbformat": 9, "cells": []}', "has notebook format 9, which is newer than this nbprod knows"),
}


@pytest.mark.parametrize(("content", "message"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("verb", ["check", "export"])
def test_what_is_no_notebook_is_named_with_what_to_do(shop, monkeypatch, content, message, verb):
    shop.notebook.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = shop.files()
    done = run(shop, monkeypatch, verb, "notebooks/shop.ipynb")
    assert (done.exit_code, done.stdout) == (2, "")
    assert re.match(rf"nbprod: notebooks/shop\.ipynb {message}", done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert shop.files() == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("notebooks/shpo.ipynb", "notebooks/shpo.ipynb is not there. Notebooks in notebooks: shop.ipynb."),
        ("notebooks", "notebooks is a folder, not a notebook. Notebooks in notebooks: shop.ipynb."),
        ("nowhere/x.ipynb", "nowhere/x.ipynb is not there. Give the path of an .ipynb file."),
    ],
)
def test_a_path_that_is_no_file_names_the_notebooks_nearby(shop, monkeypatch, path, message):
    done = run(shop, monkeypatch, "check", path)
    assert (done.exit_code, done.stderr) == (2, f"nbprod: {message}\n")


HALVES = ["check", "graph", "graph --json", "suggest --no-run", "suggest --no-run -o marked.ipynb"]


@pytest.mark.parametrize("words", HALVES)
def test_what_no_encoding_holds_is_escaped_in_names_and_cells(shop, monkeypatch, words):
    name = os.fsdecode(b"caf\xe9.ipynb")
    cells = [{"cell_type": "code", "source": each} for each in ("rows = ['\ud800']", "more = rows + ['\udcff']")]
    (shop.root / name).write_text(json.dumps({"nbformat": 4, "cells": cells}))
    done = run(shop, monkeypatch, *words.split(), name)
    assert done.exit_code in {0, 1}, done.output
    assert "fault of nbprod" not in done.output
    assert "-o" not in words or "['\\ud800']" in (shop.root / "marked.ipynb").read_text()


FAULTY = {
    "another language": (
        (["%%step load\nrows <- 1"], {}, {"kernelspec": {"name": "ir", "language": "R"}}),
        "notebook   NB104  the notebook's kernel speaks R, not Python",
        "Choose a Python kernel for it",
    ),
    "no steps": (
        (["x = 1"], {}, {}),
        "notebook   NB201  no cell of the notebook is marked as a step",
        "give a cell the tag 'step:NAME'. nbprod suggest proposes marks.",
    ),
    "no cells": (([], {}, {}), "notebook   NB201", "Put '%%step NAME' on top of a cell"),
    "only Markdown": ((["# The shop"], {}, {}), "notebook   NB201", "Put '%%step NAME' on top of a cell"),
    "an unparsable step": (
        ([GOOD, "%%step clean\nkept = [1, 2"], {}, {}),
        "cell 1, line 2   NB101  the cell is not Python: '[' was never closed",
        "Correct the line, or give the cell the tag 'skip'",
    ),
    "a step name that is no identifier": (
        (["%%step load-it\nrows = [1]"], {}, {}),
        "cell 0, line 1   NB202  'load-it' cannot be a step's name: it is no Python identifier",
        "Call it 'load_it'.",
    ),
    "a step name that is a keyword": (
        ([GOOD, "%%step class\nx = 1"], {}, {}),
        "cell 1, line 1   NB202  'class' cannot be a step's name: it is a keyword of Python",
        "Call it 'class_step'.",
    ),
    "a cycle": (
        (["%%step one\na = 1", "%%step two\nb = a", "%%step one\nc = b", "%%step three\nd = c"], {}, {}),
        "cell 0, line 1   NB205  steps need each other: 'one' → 'two' → 'one'",
        "Split one of them: give its later cells a step name of their own.",
    ),
    "an unmarked cell's variable": (
        (["rows = sorted(open('x'))", "%%step count\nn = len(rows)"], {}, {}),
        "cell 1, line 2   NB203  step 'count' reads 'rows', which no step makes",
        "'rows' is assigned in cell 0: mark it with %%step, or add it to step 'count'.",
    ),
    "a name that nothing makes": (
        (["%%step count\nn = len(rowz)"], {}, {}),
        "cell 0, line 2   NB207  step 'count' reads 'rowz', which nothing in the notebook makes",
        "Assign or import it above",
    ),
    "a computed parameter": (
        (["import os\nn = len(os.listdir())", "%%step one\na = n"], {0: ["parameters"]}, {}),
        "cell 0, line 2   NB210  parameter 'n' is computed: its value is 'len(os.listdir())'",
        "Give it a plain value",
    ),
    "an unknown option": (
        (["%%step one --metric n\nn = 1"], {}, {}),
        "cell 0, line 1   NB105",
        "Did you mean '--metrics'?",
    ),
    "a test of no step": (
        ([GOOD, "%%test laod\nassert rows"], {}, {}),
        "cell 1, line 1   NB211",
        "Did you mean 'load'?",
    ),
}


@pytest.mark.parametrize(("book", "message", "cure"), FAULTY.values(), ids=FAULTY)
def test_a_fault_names_its_cell_and_the_cure(shop, monkeypatch, book, message, cure):
    cells, tags, metadata = book
    shop.write(*cells, tags=tags, **metadata)
    before = shop.files()
    checked = run(shop, monkeypatch, "check", "notebooks/shop.ipynb")
    assert checked.exit_code == 1
    assert f"  {message}" in checked.stdout
    assert cure in checked.stdout
    for verb in ("export", "record", "verify"):
        refused = run(shop, monkeypatch, verb, "notebooks/shop.ipynb")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert message in refused.stderr
        assert refused.stderr.rstrip().endswith("so nothing was written")
    assert shop.files() == before


def test_all_faults_are_told_at_once_in_the_order_of_the_cells(shop, monkeypatch):
    shop.write("%%step load-it\nrows = [1]", "%%step count\nn = len(rowz)", "%%step bad\n(", "%%test cuont\nassert n")
    done = run(shop, monkeypatch, "check", "notebooks/shop.ipynb", "--json")
    assert [(each["cell"], each["code"]) for each in json.loads(done.stdout)] == [
        (0, "NB202"),
        (1, "NB207"),
        (2, "NB101"),
        (3, "NB211"),
    ]
    failed = run(shop, monkeypatch, "export", "notebooks/shop.ipynb", "--json")
    assert [each["code"] for each in json.loads(failed.stdout)["diagnostics"]] == ["NB202", "NB207", "NB101", "NB211"]
    assert failed.stderr == ""


def test_many_faults_are_bounded_in_the_terminal_and_whole_as_json(shop, monkeypatch):
    shop.write(GOOD, *(f"%%step s{at}\nx{at} = missing{at}" for at in range(80)))
    done = run(shop, monkeypatch, "check", "notebooks/shop.ipynb")
    assert len(done.stdout.splitlines()) < 110
    assert "… and 30 more: --json has all" in done.stdout
    assert len(json.loads(run(shop, monkeypatch, "check", "notebooks/shop.ipynb", "--json").stdout)) == 80


def test_an_unparsable_cell_disables_only_itself(shop, monkeypatch):
    shop.write("a note, not Python", GOOD, "%%step count\nn = len(rows)")
    checked = run(shop, monkeypatch, "check", "notebooks/shop.ipynb")
    assert checked.exit_code == 0
    assert "cell 0, line 1   NB101  the cell is not Python" in checked.stdout
    assert "1 warning." in checked.stdout
    drawn = json.loads(run(shop, monkeypatch, "graph", "notebooks/shop.ipynb", "--json").stdout)
    assert drawn["edges"] == [["load", "count", "rows"]]


@pytest.mark.parametrize("version", [2, 3])
def test_an_older_format_is_upgraded_in_memory_and_said(shop, monkeypatch, version):
    shop.notebook.write_text(json.dumps({"nbformat": version, "metadata": {"name": ""}, "worksheets": [OLD_SHEET]}))
    before = shop.files()
    done = run(shop, monkeypatch, "check", "notebooks/shop.ipynb")
    assert done.exit_code == 0
    assert f"NB103  the notebook has format {version}; it was read as format 4" in done.stdout
    assert "1 step" in run(shop, monkeypatch, "graph", "notebooks/shop.ipynb").stdout
    assert shop.files() == before


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings_of_unicode_are_read(shop, monkeypatch, encoding):
    shop.notebook.write_bytes(notebook((*CELLS, "# The end: äöü"), TAGS).encode(encoding))
    assert run(shop, monkeypatch, "check", "notebooks/shop.ipynb").exit_code == 0


def test_graph_draws_a_faulty_notebook_and_says_that_it_is(shop, monkeypatch):
    shop.write(GOOD, "%%step count\nn = len(rowz)")
    done = run(shop, monkeypatch, "graph", "notebooks/shop.ipynb")
    assert (done.exit_code, done.stderr) == (0, "1 error: nbprod check notebooks/shop.ipynb\n")
    assert "count" in done.stdout


def test_two_notebooks_of_a_project_share_neither_a_step_nor_a_package(shop, monkeypatch):
    package = shop.root / "shop"
    package.mkdir()
    (package / "__init__.py").write_text('NOTEBOOK = "notebooks/shop.ipynb"\n')
    (shop.root / "dvc.yaml").write_text("stages:\n  clean:\n    cmd: nbprod step shop.clean\n")
    (shop.root / "notebooks/other.ipynb").write_text(notebook(("%%step clean\nx = 1",), {}))
    (shop.root / "drafts").mkdir()
    (shop.root / "drafts/shop.ipynb").write_text(notebook((GOOD,), {}))
    step = run(shop, monkeypatch, "check", "notebooks/other.ipynb")
    assert step.exit_code == 1
    assert "cell 0   NB213  step 'clean' is used by notebooks/shop.ipynb already" in step.stdout
    assert "Rename one of the two steps." in step.stdout
    packaged = run(shop, monkeypatch, "check", "drafts/shop.ipynb")
    assert packaged.exit_code == 1
    assert "notebook   NB213  package 'shop' is used by notebooks/shop.ipynb already" in packaged.stdout
    assert run(shop, monkeypatch, "check", "notebooks/shop.ipynb").exit_code == 0
    shop.notebook.rename(shop.root / "notebooks/store.ipynb")  # a renamed notebook uses no name any more
    assert run(shop, monkeypatch, "check", "drafts/shop.ipynb").exit_code == 0
