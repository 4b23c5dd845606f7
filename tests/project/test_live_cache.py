"""Steps of a live notebook that took long are restored when they would give the same; quick ones always run."""

from __future__ import annotations

import pytest


@pytest.fixture(name="kept")
def fixture_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("NBPROD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NBPROD_LIVE_CACHE", "1")
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
