"""What observing a step costs, beyond fingerprinting: one cell in an IPython shell, plain and observed.

Run: python benchmarks/step_overhead.py [cells]
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell

from nbprod.model.graph import Block, Edge, Graph, Input, Step
from nbprod.model.notebook import Mark
from nbprod.record import Observer
from nbprod.values import describe, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL = "made = frame.assign(total=frame['a'] + 1)"
OPENING = "made = [open('notes.txt').read() for _ in range(1000)]"
ROWS = {"a small frame": 100, "a frame of 300,000 × 10": 300_000}


def graph_of(code: str) -> Graph:
    """One step that reads `frame` and makes `made`."""
    inputs = (Input("frame", "first"),)
    step = Step("made", (0,), (Block(0, code),), inputs, ("made",), (), (), Mark("made"), code_id="id")
    return Graph("book.ipynb", steps=(step,), edges=(Edge("first", "made", "frame"), Edge("made", "last", "made")))


def timed(cells: int, run: Callable[[], object]) -> float:
    """The median of a cell, in ms."""
    spent = []
    for _ in range(cells):
        start = time.perf_counter()
        run()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent) * 1e3


def observed(shell: InteractiveShell, observer: Observer, step: Step, code: str) -> Callable[[], object]:
    """A cell that is observed as a live one is."""

    def run() -> None:
        observer.before(step)
        shell.run_cell(code, store_history=False)
        observer.after(step)

    return run


def looked_at(space: dict[str, Any]) -> None:
    """What any observer must do: the input before and after, what stood in the output's place, and what is made."""
    for name in ("frame", "frame", "made"):
        fingerprint(space[name])
    describe("made", space["made"])


def row(name: str, shell: InteractiveShell, code: str, cells: int) -> None:
    """Print what the cell costs plain and observed, and what looking at its values alone costs."""
    graph = graph_of(code)
    step = graph.steps[0]
    observer = Observer(shell.user_ns, graph, Path.cwd())
    plain = timed(cells, lambda: shell.run_cell(code, store_history=False))
    watched = timed(cells, observed(shell, observer, step, code))
    observer.detach()
    space: dict[str, Any] = shell.user_ns
    looking = timed(cells, lambda: looked_at(space))
    beyond = watched - plain - looking
    print(f"{name:34}{plain:10.2f}{watched:10.2f}{looking:16.2f}{beyond:10.2f}")


def main(cells: int) -> None:
    """Print the table."""
    shell = InteractiveShell.instance()
    print(f"ms a cell, median of {cells}")
    print(f"{'':34}{'plain':>10}{'observed':>10}{'looking alone':>16}{'beyond':>10}")
    for name, rows in ROWS.items():
        shell.user_ns["frame"] = pd.DataFrame({each: np.arange(rows) for each in "abcdefghij"})
        row(name, shell, SMALL, cells if rows < 1000 else min(cells, 30))
    Path("notes.txt").write_text("x", encoding="utf-8")
    shell.user_ns["frame"] = pd.DataFrame({"a": [1]})
    row("a cell that opens 1,000 files", shell, OPENING, min(cells, 30))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
