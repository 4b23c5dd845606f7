"""Steps of a live notebook that took long are restored when they would give the same; quick ones always run."""

from __future__ import annotations

import json

import pytest

import nbprod


@pytest.fixture(name="kept")
def fixture_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("NBPROD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("nbprod.project.restoring.live.LEAST", 0.001)


LONG = "%%step load\nrows = [each for each in sorted(map(str, range(300_000)))][:3]\nprint('loaded')\nlen(rows)"
CLEAN = "%%step clean --outs first\nfirst = sorted(rows + sorted(map(str, range(300_000))))[0]"


@pytest.mark.slow
def test_a_step_that_took_long_is_restored_in_another_session(live, kept):
    first = live()
    ran = [first.run(source, key=key) for source, key in ((LONG, "a"), (CLEAN, "b"))]
    assert all("restored" not in each.text for each in ran)
    second = live()
    again = [second.run(source, key=key) for source, key in ((LONG, "a"), (CLEAN, "b"))]
    assert [each.text.count("restored, took") for each in again] == [1, 1]
    assert again[0].stdout.startswith("loaded\n")
    assert second.shell.user_ns["rows"] == ["0", "1", "10"]
    assert second.shell.user_ns["first"] == "0"
    assert "fresh" in second.run("%steps").text


@pytest.mark.slow
def test_what_is_restored_is_what_the_code_says_now(live, kept):
    notebook = live()
    notebook.run(LONG, key="a")
    assert "restored" in notebook.run(LONG, key="a").text
    changed = notebook.run(LONG.replace("[:3]", "[:4]"), key="a")
    assert "restored" not in changed.text
    assert len(notebook.shell.user_ns["rows"]) == 4
    assert "restored" in notebook.run(LONG, key="a").text
    assert len(notebook.shell.user_ns["rows"]) == 3
    notebook.run("rows.append('more')")
    assert "restored" not in notebook.run(CLEAN, key="b").text


@pytest.mark.slow
def test_marks_opt_out(live, kept):
    notebook = live()
    notebook.run(LONG, key="a")
    fresh = LONG.replace("%%step load", "%%step load --fresh")
    assert "restored" not in notebook.run(fresh, key="a").text
    no = LONG.replace("%%step load", "%%step load --no-cache")
    assert "restored" not in notebook.run(no, key="a").text
    assert "restored" in notebook.run(LONG, key="a").text


@pytest.mark.slow
def test_a_cell_that_failed_runs_again(live, kept):
    notebook = live()
    failing = LONG.replace("len(rows)", "1 / 0")
    for _ in range(2):
        assert isinstance(notebook.run(failing, key="a").error, ZeroDivisionError)


def test_a_quick_step_always_runs(live, tmp_path, monkeypatch):
    monkeypatch.setenv("NBPROD_CACHE", str(tmp_path / "cache"))
    notebook = live()
    for _ in range(3):
        assert "restored" not in notebook.run("%%step quick --outs x\nx = 1", key="q").text
    assert not list((tmp_path / "cache").glob("entries/*/*/*.json"))


def test_what_the_look_up_reads_is_not_the_steps_doing(live, kept, tmp_path, monkeypatch):
    """It lists the folders of `sys.path`, to know what is installed."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "seen").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    source = "%%step quick --outs found\nimport os\nfound = os.listdir('seen')"
    cell = {"cell_type": "code", "id": "q", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    notebook = live()
    notebook.shell.user_ns["__vsc_ipynb_file__"] = str(path)
    notebook.run(source, key="q")
    (record,) = (json.loads(each.read_text()) for each in tmp_path.glob(".nbprod/**/*.json"))
    assert record["steps"][0]["files_read"] == ["seen"]


MAKE = "%%step clean\nrows = sorted(map(str, range(300_000)))[:3]"
TAKE = "%%step clean\nrows.pop(count)\nrest = sorted(map(str, range(300_000)))[:1]"


IMPORTS = "%load_ext nbprod\nimport numpy\nimport pandas\nimport sklearn\nfrom matplotlib import pyplot\npyplot.ion()"
COUNT = ("count = 2", "p", ["parameters"])


@pytest.mark.slow
def test_what_a_batch_kept_leaves_a_live_step_as_it_was(live, kept, tmp_path):
    cells = [
        {"cell_type": "code", "id": key, "metadata": {"tags": tags}, "source": source, "outputs": []}
        for source, key, tags in ((IMPORTS, "l", []), COUNT, (MAKE, "a", []), (TAKE, "b", []))
    ]
    whole = {"cells": [each | {"execution_count": None} for each in cells], "metadata": {}}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}))
    assert list(nbprod.batch(path, grid={"count": [2]})["status"]) == ["complete"]
    for restored in (0, 1):
        notebook = live()
        notebook.shell.user_ns["__vsc_ipynb_file__"] = str(path)
        notebook.run(IMPORTS, key="l")
        notebook.run(*COUNT)
        ran = [notebook.run(source, key=key) for source, key in ((MAKE, "a"), (TAKE, "b"))]
        assert [each.error for each in ran] == [None, None]
        assert [each.text.count("restored, took") for each in ran] == [restored, restored]
        assert notebook.shell.user_ns["rows"] == ["0", "1"]


@pytest.mark.slow
def test_without_ids_each_cell_of_a_step_is_restored_as_it_ended(live, kept):
    """As plain papermill runs it."""
    for restored in (0, 1):
        notebook = live()
        notebook.run("count = 2")
        ran = [notebook.run(source) for source in (MAKE, TAKE)]
        assert [each.text.count("restored, took") for each in ran] == [restored, restored]
        assert notebook.shell.user_ns["rows"] == ["0", "1"]


FRAGILE = """
import sys

class Thing:
    def __init__(self):
        self.size = 1

    def __setstate__(self, state):
        if hasattr(sys, "broken"):
            raise ValueError("broken")
        self.__dict__.update(state)
"""


@pytest.mark.slow
def test_what_can_not_be_brought_back_leaves_the_names_to_the_cell(live, kept, tmp_path, monkeypatch):
    (tmp_path / "fragile.py").write_text(FRAGILE)
    monkeypatch.syspath_prepend(tmp_path)
    take = TAKE + "\nrows.append(fragile.Thing())"
    for restored, said in ((0, "makes rows 3 values"), (1, "broken")):
        notebook = live()
        notebook.run("import fragile\ncount = 2", key="p")
        assert notebook.run(MAKE, key="a").text.count("restored") == restored
        ran = notebook.run(take, key="b")
        assert said in ran.text
        assert ran.error is None
        assert [type(each).__name__ for each in notebook.shell.user_ns["rows"]] == ["str", "str", "Thing"]
        monkeypatch.setattr("sys.broken", True, raising=False)
