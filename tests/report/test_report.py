"""What people read: aligned, bounded, with what to do."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from nbprod import report
from nbprod.errors import CellFailed, NbprodError, NotebookFaulty
from nbprod.model.diagnostic import Diagnostic, Severity
from nbprod.model.graph import Graph
from nbprod.project import Verified
from nbprod.project.exporting import Exported
from nbprod.project.writing import Change, Fate
from nbprod.run import OutputCompared

LATE = Diagnostic("NB203", Severity.ERROR, 9, 2, "step 'score' reads 'test', which no step makes", "Mark cell 7.")
EARLY = Diagnostic("NB103", Severity.HINT, None, None, "the notebook has format 3; it was read as format 4", "Save it.")
FILE = Diagnostic("NB405", Severity.ERROR, None, None, "a.py is not what export writes today", "Run: nbprod export x")


def plain(text: str) -> list[str]:
    return click.unstyle(text).splitlines()


def test_diagnostics_are_aligned_counted_and_lead_to_the_worst():
    assert plain(report.diagnostics([EARLY, LATE, FILE])) == [
        "  notebook         NB103  the notebook has format 3; it was read as format 4",
        "                          Save it.",
        "  cell 9, line 2   NB203  step 'score' reads 'test', which no step makes",
        "                          Mark cell 7.",
        "  project          NB405  a.py is not what export writes today",
        "                          Run: nbprod export x",
        "  2 errors, 1 hint. nbprod explain NB203",
    ]
    assert report.diagnostics([]) == ""


def test_in_a_terminal_long_lines_go_on_where_they_began():
    lines = plain(report.diagnostics([LATE], columns=60))
    assert lines[:2] == [
        "  cell 9, line 2   NB203  step 'score' reads 'test', which",
        "                          no step makes",
    ]
    assert max(map(len, plain(report.diagnostics([LATE], columns=20)))) <= 60, "never narrower than can be read"


def test_a_hint_that_several_in_a_row_have_is_told_once():
    other = replace(LATE, cell=12)
    lines = plain(report.diagnostics([LATE, other, replace(LATE, hint="Mark cell 8.")]))
    assert lines[:5] == [
        "  cell 9, line 2    NB203  step 'score' reads 'test', which no step makes",
        "  cell 12, line 2   NB203  step 'score' reads 'test', which no step makes",
        "                           Mark cell 7.",
        "  cell 9, line 2    NB203  step 'score' reads 'test', which no step makes",
        "                           Mark cell 8.",
    ]


def test_diagnostics_are_bounded():
    many = [Diagnostic("NB207", Severity.ERROR, at, 1, f"x{at}") for at in range(200)]
    lines = plain(report.diagnostics(many))
    assert len(lines) == 52
    assert lines[-2:] == ["  … and 150 more: --json has all", "  200 errors. nbprod explain NB207"]


def exported(fates, **more):
    changes = tuple(Change(path, fate, b"", b"") for path, fate in fates.items())
    return Exported(Graph("notebooks/shop.ipynb"), "shop", changes, (), **more)


def test_an_export_counts_files_by_folder_when_they_are_many():
    fates = dict.fromkeys(
        ["dvc.yaml", "params.yaml", "shop/__init__.py", "shop/steps/a.py", "tests/shop/test_a.py"], Fate.WRITTEN
    )
    others = {"shop/schemas/a.py": Fate.KEPT, "shop/steps/old.py": Fate.ORPHANED}
    lines = plain(report.exported(exported(fates | others), "shop.ipynb"))
    assert lines[1:] == [
        "  wrote    dvc.yaml   params.yaml   shop/ (2)   tests/shop/ (1)",
        "  kept     shop/schemas/a.py   your edits",
        "  left     shop/steps/old.py   no step makes it now, but you edited it: move what you need, and delete it",
        "  next     dvc repro   ·   nbprod verify shop.ipynb",
    ]


def test_an_export_that_wrote_nothing_says_what_it_would_have():
    fates = {"shop/a.py": Fate.WRITTEN, "shop/b.py": Fate.CONFLICT, "shop/c.py": Fate.REMOVED}
    lines = plain(report.exported(exported(fates, written=False), "shop.ipynb"))
    assert lines[1:] == [
        "  to write  shop/a.py",
        "  to remove shop/c.py",
        "  conflict  shop/b.py   your edits stand",
    ]


@pytest.mark.parametrize(("setup", "line"), [("", "dvc repro"), ("dvc init", "dvc init   ·   dvc repro")])
def test_what_comes_next(setup, line):
    lines = plain(report.exported(exported({"a.py": Fate.SAME}, setup=setup), "'my shop.ipynb'"))
    assert lines[1:] == [
        "  current  every file is as this notebook exports it",
        f"  next     {line}   ·   nbprod verify 'my shop.ipynb'",
    ]


def test_verify_shows_each_output_and_the_first_difference():
    same = OutputCompared("load", "sales", "300 × 3")
    other = OutputCompared("clean", "kept", "231 × 4", "231 rows against 127 rows", "it was edited")
    assert plain(report.verified(Verified((same, other)))) == [
        "  load    sales   300 × 3   equal",
        "  clean   kept    231 × 4   DIFFERENT",
        "  clean.kept: 231 rows against 127 rows",
        "    likely cause: it was edited",
        "  the pipeline differs: 1 of 2 outputs equal",
    ]


def test_a_proof_of_nothing_claims_nothing():
    assert report.verified(Verified(())).startswith(
        "  nothing to compare, so nothing is proven: no step has an output."
    )


def test_a_failure_shows_the_notebooks_own_words_first():
    fault = CellFailed("cell 4 raised", cell=4, traceback="\n".join(f"line {at}" for at in range(500)), hint="Mend it")
    lines = plain(report.failure(fault))
    assert len(lines) == 122
    assert lines[60] == "… 380 lines left out …"
    assert lines[-1] == "nbprod: cell 4 raised. Mend it"
    assert plain(report.failure(NotebookFaulty("x has 1 error", [LATE])))[-1] == "nbprod: x has 1 error"
    assert plain(report.failure(NbprodError("no"))) == ["nbprod: no"]
