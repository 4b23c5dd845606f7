"""`nbprod batch`, as a person drives it."""

from __future__ import annotations

import csv
import json
import shlex

import pandas as pd
import pytest

pytestmark = pytest.mark.slow
OUT = "batches/shop"


def batch(shop, *words):
    return shop.command("nbprod", "batch", "notebooks/shop.ipynb", *words)


def index(shop, out=OUT):
    with (shop.root / out / "index.csv").open(newline="") as file:
        return {row["run"]: row for row in csv.DictReader(file)}


def test_a_grid_of_runs_one_of_which_fails(shop):
    shop.change("best = max(", "assert least < 85, 'nothing is left'\nbest = max(")
    done = batch(shop, "--grid", "least=0,20,85", "-j", "2")
    assert done.returncode == 1, done.stderr
    assert "AssertionError: nothing is left" in done.stdout
    assert "cell 7 (step report)" in done.stdout
    assert "1 of 4 steps restored" in done.stderr  # load, which knows nothing of least
    rows = index(shop)
    assert [row["status"] for row in rows.values()] == ["complete", "complete", "failed"]
    assert (rows["least=85"]["cell"], rows["least=85"]["step"]) == ("7", "report")
    assert float(rows["least=0"]["sold"]) > float(rows["least=20"]["sold"]) > 0
    assert pd.read_parquet(shop.root / OUT / "index.parquet")["least"].tolist() == [0, 20, 85]
    run = shop.root / OUT / "runs" / "least=20"
    assert json.loads((run / "outputs" / "figures.json").read_text())["sold"] == int(rows["least=20"]["sold"])
    executed = json.loads((run / "notebook.ipynb").read_text())
    injected = [cell for cell in executed["cells"] if "injected-parameters" in cell["metadata"].get("tags", ())]
    assert ["".join(cell["source"]) for cell in injected] == [
        "# Parameters\nleast: int = 20  # the smallest sale that counts"
    ]
    assert "AssertionError" in (shop.root / OUT / "runs" / "least=85" / "error.txt").read_text()

    # What is complete stays; the failed run is run again by the command that was printed, and by the same as before.
    before = {name: rows[name]["seconds"] for name in rows}
    (again,) = (line.strip() for line in done.stdout.splitlines() if line.strip().startswith("nbprod batch"))
    assert shop.command(*shlex.split(again)).returncode == 1
    shop.change("least < 85, ", "least < 86, ")  # the notebook's code has changed: all of them run again
    done = batch(shop, "--grid", "least=0,20,85,80")
    assert done.returncode == 0, done.stdout
    assert "4 to run" in done.stderr
    rows = index(shop)
    assert [row["status"] for row in rows.values()] == ["complete"] * 4
    assert rows["least=0"]["seconds"] != before["least=0"]
    done = batch(shop)
    assert "4 complete" in done.stderr
    assert "0 to run" in done.stderr
    assert index(shop) == rows


REFUSED = {
    "nothing asked for": ((), "nothing is asked for"),
    "unknown parameter": (("--grid", "leest=1"), "Did you mean least?"),
    "wrong type": (("--grid", "least=1,many"), "least"),
    "empty grid": (("--grid", "least="), "it is empty"),
    "two runs that are the same": (("--grid", "least=1,01"), "are the same"),
    "no file": (("--file", "runs.csv"), "runs.csv is not there"),
    "no files": (("--each", "*.parquet", "--as", "least"), "finds no file"),
    "each without as": (("--each", "*.csv"), "belong together"),
    "no such run": (("--grid", "least=1", "--only", "least=2"), "no run of this batch has that name"),
}


def test_what_is_wrong_is_told_before_anything_runs(shop):
    for words, message in REFUSED.values():
        done = batch(shop, *words)
        assert done.returncode == 2, words
        assert message in done.stderr, done.stderr
    assert not (shop.root / "batches").exists()


def test_a_dry_run_writes_nothing(shop):
    done = batch(shop, "--grid", "least=1..3", "--dry-run", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert "least=2" in done.stdout
    assert "3 runs · 3 to run with -j 2 · 10 of 12 steps differ" in done.stdout
    plan = json.loads(batch(shop, "--grid", "least=1..3", "--dry-run", "--json").stdout)
    assert [each["parameters"] for each in plan["runs"]] == [{"least": 1}, {"least": 2}, {"least": 3}]
    assert not (shop.root / "batches").exists()


def test_a_folder_that_is_not_ours_is_left_alone(shop):
    (shop.root / "other").mkdir()
    (shop.root / "other" / "index.csv").write_text("mine")
    done = batch(shop, "-p", "least=1", "--out", "other")
    assert done.returncode == 2
    assert "holds other files" in done.stderr
    (shop.root / "other" / "batch.json").write_text('{"notebook": "notebooks/another.ipynb"}')
    done = batch(shop, "-p", "least=1", "--out", "other")
    assert done.returncode == 2
    assert "holds the runs of notebooks/another.ipynb, not of notebooks/shop.ipynb" in done.stderr
    assert (shop.root / "other" / "index.csv").read_text() == "mine"


def test_runs_of_the_last_time_know_their_files(shop):
    shop.change("least: int = 20", "source = ''\nleast: int = 20")
    (shop.root / "notebooks" / "more.csv").write_text("1")
    batch(shop, "--each", "notebooks/more.csv", "--as", "source")
    assert "0 to run" in batch(shop).stderr
    (shop.root / "notebooks" / "more.csv").write_text("2")
    assert "1 to run" in batch(shop).stderr
