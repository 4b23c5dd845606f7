"""What a run costs through papermill: its own engine beside ours, and what a run costs as a function, in one go.

Run: python benchmarks/engine.py [rounds]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import papermill_engines

from nbprod.adapters.ipykernel.serving import kernel_server
from nbprod.adapters.papermill.running import run_notebook
from nbprod.engine import NotebookEngine

if TYPE_CHECKING:
    from collections.abc import Callable

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
LEARNING = """
import pandas as pd
from sklearn.linear_model import LinearRegression

frame = pd.DataFrame({"a": range(1000), "b": range(1000)})
LinearRegression().fit(frame[["a"]], frame["b"]).score(frame[["a"]], frame["b"])
"""
NOTEBOOKS = {
    "1 trivial cell": ["x = 1"],
    "10 trivial cells": ["x = 1"] * 10,
    "100 trivial cells": ["x = 1"] * 100,
    "a pandas and sklearn cell": [LEARNING],
}


def made(sources: list[str]) -> Any:
    return new_notebook(cells=[new_code_cell(each) for each in sources], metadata={"kernelspec": KERNEL})


def timed(run: Callable[[], object], rounds: int) -> float:
    """The median, in ms."""
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        spent.append((time.perf_counter() - start) * 1e3)
    return statistics.median(spent)


def through_papermill(engine: str | None, sources: list[str], folder: Path, *, saves: bool) -> Callable[[], object]:
    path = folder / "in.ipynb"
    nbformat.write(made(sources), path)
    return lambda: papermill.execute_notebook(
        path,
        folder / "out.ipynb",
        engine_name=engine,
        progress_bar=False,
        request_save_on_cell_execute=saves,
    )


def row(name: str, sources: list[str], folder: Path, rounds: int) -> None:
    """Print what a run costs; the first of ours, which imports, by itself."""
    with kernel_server(("pandas", "sklearn.linear_model")) as server:
        run_notebook(made(sources), folder=folder, server=server)
        function = timed(lambda: run_notebook(made(sources), folder=folder, server=server), rounds)
    ours = through_papermill("nbprod", sources, folder, saves=True)
    first = timed(ours, 1)
    later = timed(ours, rounds)
    unsaved = timed(through_papermill("nbprod", sources, folder, saves=False), rounds)
    stock = timed(through_papermill(None, sources, folder, saves=True), max(rounds // 3, 1))
    print(
        f"{name:<26} {stock:>8.0f} {first:>8.0f} {later:>8.0f} {stock / later:>6.1f} × {unsaved:>8.0f} {function:>8.0f}"
    )


def main(rounds: int) -> None:
    papermill_engines.register("nbprod", NotebookEngine)
    print(f"{'ms a run':<26} {'papermill':>8} {'first':>8} {'later':>8} {'ratio':>8} {'unsaved':>8} {'function':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, sources in NOTEBOOKS.items():
            row(name, sources, Path(folder), rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
