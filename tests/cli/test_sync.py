"""`nbprod sync`, the whole way: an edit in an editor, the notebook, and export's files."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

CLEAN = "shop/steps/clean.py"


def test_an_edit_reaches_the_notebook_and_all_that_follows_from_it(exported):
    before = exported.notebook.read_text()
    exported.change('kept["month"] = kept["day"].dt.month', 'kept["month"] = kept["day"].dt.month.clip(upper=3)', CLEAN)
    assert exported.nbprod("sync", "--check").returncode == 1
    told = exported.nbprod("check")
    assert told.returncode == 1
    assert f"{CLEAN} was edited" in told.stdout
    assert "NB407" in exported.nbprod("export", "--check").stdout
    assert exported.notebook.read_text() == before

    done = exported.nbprod("sync", "--json")
    assert done.returncode == 0, done.stdout
    said = json.loads(done.stdout)
    assert [each["id"] for each in said["cells"]] == ["cell-4"]
    assert said["cells"][0]["diff"][-2:] == [
        '-kept["month"] = kept["day"].dt.month',
        '+kept["month"] = kept["day"].dt.month.clip(upper=3)',
    ]
    fates = {each["path"]: each["fate"] for each in said["files"]}
    assert fates[CLEAN] == "same"
    assert fates["tests/shop/samples/clean/outputs/kept.parquet"] == "written"
    assert exported.notebook.read_text() == before.replace("dt.month", "dt.month.clip(upper=3)")
    assert exported.nbprod("sync", "--check").returncode == 0
    assert exported.nbprod("check").returncode == 0
    assert exported.nbprod("export", "--check").returncode == 0


def test_a_conflict_waits_for_a_decision(exported):
    exported.change("dt.month", "dt.quarter", CLEAN)
    exported.change("dt.month", "dt.year")
    before = exported.files()
    done = exported.nbprod("sync")
    assert done.returncode == 1
    assert "conflict: both changed the same lines" in done.stdout
    assert "nothing was written" in done.stdout
    assert exported.files() == before
    done = exported.nbprod("sync", "--take", "module", "--no-export")
    assert done.returncode == 0, done.stdout
    assert "dt.quarter" in exported.notebook.read_text()


def test_a_notebook_that_is_ahead_is_exported(exported):
    exported.change("dt.month", "dt.quarter")
    assert exported.nbprod("sync", "--check").stdout.strip() == "the notebook is ahead of its modules: clean"
    assert exported.nbprod("sync").returncode == 0
    assert "dt.quarter" in (exported.root / CLEAN).read_text()


@pytest.mark.parametrize("words", [(), ("--check",), ("--json",)])
def test_nothing_to_do_is_said_and_nothing_written(exported, words):
    before = exported.files()
    done = exported.nbprod("sync", *words)
    assert done.returncode == 0
    assert "say the same" in done.stdout or not json.loads(done.stdout)["differs"]
    assert exported.files() == before
