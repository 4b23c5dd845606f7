"""Notebooks run cell by cell in a shell of their own, with a restorer and without."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from nbprod.adapters import ipython
from nbprod.analyse import graph
from nbprod.project.restoring import plan_of
from nbprod.read import notebook
from nbprod.record.restoring import Restorer


@dataclass
class Run:
    """What one run of a notebook displayed, cell by cell, and what its names stood for at the end."""

    outputs: list = field(default_factory=list)
    fates: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    loaded: int = 0  # names that had to be brought from the store

    @property
    def ran(self):
        return [at for at, fate in sorted(self.fates.items()) if not fate.restored]

    def why(self, cell):
        return self.fates[cell].why


def text_of(cells):
    made = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]} if each.startswith("# parameters") else {},
            "source": each,
            "outputs": [],
            "id": f"c{at}",
            "execution_count": None,
        }
        for at, each in enumerate(cells)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


def planned(cells, folder, store=None):
    read = notebook(text_of(cells), "n.ipynb", ipython.transform, lambda _: "")
    return plan_of(read, graph(read), root=folder, folder=folder, store=store or folder / ".nbprod" / "cache")


class Shell:
    """A fresh shell; `ends` closes it."""

    def __init__(self):
        config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance(config=config)

    def run(self, source):
        with capture_output() as captured:
            done = self.shell.run_cell(without_mark(source), store_history=True)
            if "matplotlib.pyplot" in sys.modules:  # as notebooks do after each cell
                sys.modules["matplotlib.pyplot"].close("all")
        outputs = (
            [{"output_type": "stream", "name": "stdout", "text": re.sub(r"Out\[\d+\]", "Out", captured.stdout)}]
            if captured.stdout
            else []
        )
        outputs += [{"output_type": "display_data", "data": each.data, "metadata": {}} for each in captured.outputs]
        return outputs, done


def without_mark(source):
    return "\n".join(f"# {line}" if line.startswith(("%%step", "%%test")) else line for line in source.split("\n"))


def values_of(namespace, names=None):
    from nbprod.record.restoring.names import is_ipythons

    return {name: value for name, value in namespace.items() if not is_ipythons(name)}


def run_notebook(cells, folder, *, cache=True, store=None, change=lambda plan: plan):
    """Run the cells; with `cache`, what was done before is restored."""
    shell = Shell()
    result = Run()
    restorer = Restorer(change(planned(cells, folder, store)), shell.shell.user_ns) if cache else None
    try:
        for at, source in enumerate(cells):
            outputs = restorer.restore(at) if restorer else None
            if outputs is None:
                outputs, done = shell.run(source)
                if restorer:
                    restorer.ran(at, outputs, failed=not done.success)
                if not done.success:
                    result.outputs.append(repr(done.error_in_exec or done.error_before_exec))
                    break
            else:
                shell.shell.execution_count += 1
            result.outputs.append(outputs)
        if restorer:
            result.loaded = len(restorer.names.known()) - len(restorer.names._held)
            restorer.bind()
            result.fates, result.notes = restorer.fates, restorer.notes
        result.values = values_of(shell.shell.user_ns)
    finally:
        if restorer:
            restorer.close()
        InteractiveShell.clear_instance()
    return result


@pytest.fixture(name="runs")
def fixture_runs(tmp_path, monkeypatch):
    """Returns a function that runs cells in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return lambda cells, **options: run_notebook(cells, Path(tmp_path), **options)
