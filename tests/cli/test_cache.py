"""`nbprod cache` on a store with entries of two notebooks."""

from __future__ import annotations

import json
import os
import time

import pytest
from click.testing import CliRunner

from nbprod.cache import Store
from nbprod.cli import main


@pytest.fixture(name="store")
def fixture_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBPROD_CACHE", raising=False)
    (tmp_path / "pyproject.toml").touch()
    store = Store(tmp_path / ".nbprod" / "cache", 10**9)
    for at, (notebook, step, cell) in enumerate([("a.ipynb", "clean", 3), ("a.ipynb", "", 5), ("b.ipynb", "load", 1)]):
        facts = {
            "notebook": notebook,
            "step": step,
            "cell": cell,
            "seconds": 2.0,
            "made": 0.0,
            "groups": [],
            "observed": {},
        }
        entry = store.keep(f"{at:032x}", facts, [[bytes([at]) * 2_000_000]])
        store.used(entry)
        then = time.time() - at * 86_400
        for path in (entry.path, entry.path.with_suffix(".hits"), *store.folder.glob("blobs/*/*")):
            os.utime(path, (then, then))
    store._lease.release()
    return store


def run(*words):
    done = CliRunner().invoke(main, ["cache", *words])
    return done.exit_code, done.output


def test_it_lists_by_notebook_and_step(store):
    code, text = run()
    assert code == 0
    lines = [" ".join(each.split()) for each in text.splitlines()]
    assert lines[:3] == [
        "a.ipynb",
        "cell 5 1 entry 2.0 MB 1 hit used 1 day ago",
        "clean 1 entry 2.0 MB 1 hit used just now",
    ]
    assert lines[-1].endswith("3 entries, 6.0 MB, 3 hits")


def test_json_has_every_entry(store):
    found = json.loads(run("--json")[1])
    assert [(each["notebook"], each["step"], each["hits"]) for each in found["entries"]] == [
        ("b.ipynb", "load", 1),
        ("a.ipynb", "", 1),
        ("a.ipynb", "clean", 1),
    ]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--all"], 0),
        (["--older-than", "36h"], 2),
        (["--max-size", "3MB"], 1),
        ([], 3),
    ],
)
def test_prune_takes_away_what_it_is_asked_to(store, words, left):
    code, text = run("prune", *words)
    assert code == 0
    assert f"{left} {'entry' if left == 1 else 'entries'} left" in text
    assert json.loads(run("prune", "--json")[1])["left"] == left


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--max-size", "much"], "'much' is no size"), (["--older-than", "old"], "'old' is no age. Write it as 30d")],
)
def test_what_can_not_be_understood_is_said(store, words, said):
    code, text = run("prune", *words)
    assert code == 2
    assert said in text


def test_an_environment_variable_moves_the_store(store, tmp_path, monkeypatch):
    monkeypatch.setenv("NBPROD_CACHE", str(tmp_path / "elsewhere"))
    assert run() == (0, f"{tmp_path / 'elsewhere'} holds nothing yet\n")
