"""Stages of ours: forked from a process that has their imports, named by step and cell, and behind them or not."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from nbprod import project
from nbprod.cli import main
from nbprod.project.reproducing import of_notebook, planned, reproduce
from nbprod.report.reproduced import brief
from tests.repro.conftest import dvc, stale_by_dvc

CELLS = [
    ("scale = 2", ["parameters"]),
    ("import pandas as pd", []),
    ("table = pd.DataFrame({'a': [1, 2, 3]}) * scale", ["step:load"]),
    ("total = int(table['a'].sum())\nassert total < 100", ["step:add"]),
    ("print(total)", ["step:tell"]),
]


EMPTY = {"outputs": [], "execution_count": None}


def _notebook(cells) -> str:
    built = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {"tags": tags}, "source": source, **EMPTY}
        for at, (source, tags) in enumerate(cells)
    ]
    return json.dumps({"cells": built, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.slow
def test_steps_run_forked_and_are_known_by_their_cells(repository):
    notebook = repository / "shop.ipynb"
    notebook.write_text(_notebook(CELLS))
    project.export(notebook)
    found = reproduce(repository)
    assert [(each.name, each.ending, each.log) for each in found.outcomes] == [
        ("load", "ran", ()),
        ("add", "ran", ()),
        ("tell", "ran", ()),
    ]
    assert stale_by_dvc(repository) == set()
    ours = (repository / "dvc.lock").read_bytes()
    dvc("repro", "--force")
    assert (repository / "dvc.lock").read_bytes() == ours, "DVC's own process makes the same of them"

    for scale, endings in ((3, ("ran", "ran")), (2, ("cached", "cached"))):
        (repository / "params.yaml").write_text(f"shop:\n  scale: {scale}\n")
        assert tuple(each.ending for each in reproduce(repository).outcomes[:2]) == endings
    assert stale_by_dvc(repository) == set()

    module = repository / "shop/steps/load.py"
    module.write_text(module.read_text() + "\n# edited\n")
    (state,) = [each for each in planned(repository).stages if each.name == "load"]
    assert [str(each) for each in state.reasons] == ["code: load, notebook cell 2"]

    (repository / "params.yaml").write_text("shop:\n  scale: 50\n")
    failed = reproduce(repository).outcomes[-1]
    assert (failed.name, failed.ending) == ("add", "failed")
    assert any("shop/steps/add.py" in line and "cell 3" in line for line in failed.log)

    changed = [*CELLS[:3], ("total = int(table['a'].sum()) + 1", ["step:add"]), CELLS[4]]
    notebook.write_text(_notebook(changed))
    behind = {each.name: each.behind for each in planned(repository).stages}
    assert behind == {"load": "", "add": "shop.ipynb, cell 3", "tell": ""}
    told = _told("status")
    assert "behind its cells: shop.ipynb, cell 3" in told
    assert "nbprod export shop.ipynb" in told
    assert "behind its cells: shop.ipynb, cell 3" in _told("graph", "shop.ipynb", "--status")
    states = json.loads(_told("graph", "shop.ipynb", "--status", "--json"))["status"]
    assert states == {"load": "fresh", "add": "stale", "tell": "stale"}
    _told("graph", "shop.ipynb", "--status", "--svg", "shop.svg")
    assert "add (stale)" in (repository / "shop.svg").read_text()
    graph = project.graph(notebook)
    assert brief(of_notebook(notebook, graph)) == (
        "dvc.yaml: add is stale; tell follows; behind the notebook: add (nbprod export)"
    )

    notebook.write_text(_notebook([*CELLS[:4], ("print(total)", []), ("half = total / 2", ["step:halve"])]))
    assert {each.name for each in planned(repository).stages if each.behind} == {"tell"}
    assert planned(repository).lacking == (("shop.halve", "shop.ipynb, cell 5"),)
    assert planned(repository, ["add"]).lacking == ()
    told = _told("status")
    assert "+ halve  not exported: shop.ipynb, cell 5" in told
    assert "shop.ipynb, cells that are gone" in told
    assert "not exported: halve (nbprod export)" in brief(of_notebook(notebook, project.graph(notebook)))


@pytest.mark.slow
def test_a_mark_that_changes_what_the_stage_keeps_is_behind(repository):
    notebook = repository / "shop.ipynb"
    cells = ["%%step load --outs rows\nrows = {'a': 1}", "%%step count --outs total\ntotal = len(rows)"]
    notebook.write_text(_notebook([(each, []) for each in cells]))
    project.export(notebook)
    assert not any(each.behind for each in planned(repository).stages)
    notebook.write_text(_notebook([(cells[0].replace("--outs", "--metrics"), []), (cells[1], [])]))
    assert {each.name: each.behind for each in planned(repository).stages if each.behind} == {
        "load": "shop.ipynb, cell 0",
    }


def _told(*arguments: str) -> str:
    return CliRunner().invoke(main, list(arguments)).stdout
