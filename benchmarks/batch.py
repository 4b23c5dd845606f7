"""What a batch costs beside a loop over papermill, and beside the bound: the work that differs ÷ the processors.

Run: python benchmarks/batch.py [runs] [papermill's runs] [trivial runs]
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nbprod.project import batches, restoring
from nbprod.run.batches.spec import Spec

ROOT = Path(__file__).parents[1]
JOBS = 2
VARIED = {  # early, the model, late
    "late_after": lambda number: 10 + number,
    "strength": lambda number: round(0.05 * 1.1**number, 4),
    "redraws": lambda number: 10 + number,
}


def batch(notebook: Path, out: Path, values: dict[str, list[Any]]) -> tuple[float, batches.Batched]:
    """Seconds, and what became of the runs."""
    options = batches.Options(str(out))
    began = time.perf_counter()
    performing = batches.executor(JOBS, None)
    plan = batches.planned(notebook, Spec({}, grid=values), options, performing.ready)
    done = batches.performed(plan, performing, options)
    assert not done.failed, done.failed[0].traceback
    return time.perf_counter() - began, done


def papermill(notebook: Path, out: Path, name: str, values: list[Any]) -> float:
    """Seconds a run of a loop over papermill, with its own engine."""
    from papermill import execute_notebook

    # The extension follows no cells, as in a batch: who loops over papermill need not have it.
    os.environ["NBPROD_RECORDING"] = "1"
    began = time.perf_counter()
    for value in values:
        execute_notebook(
            str(notebook), str(out / f"{value}.ipynb"), {name: value}, cwd=str(notebook.parent), progress_bar=False
        )
    return (time.perf_counter() - began) / len(values)


def work(notebook: Path, done: batches.Batched) -> tuple[float, float]:
    """Seconds of the work that differs, and of all that was run in truth.

    Each piece counts once, as long as its shortest run took; imports and other cells that are never restored, too.
    """
    plan = restoring.plan(notebook)
    pieces: dict[str, float] = {}
    total = 0.0
    for entry in done.entries:
        ids = restoring.units(plan, dict(entry.parameters))
        for cell, seconds in seconds_of(Path(done.out) / "runs" / entry.name / "notebook.ipynb"):
            total += seconds
            if cell in ids:
                pieces[ids[cell]] = min(seconds, pieces.get(ids[cell], seconds))
    return sum(pieces.values()), total


def seconds_of(executed: Path) -> list[tuple[int, float]]:
    """The cells that ran, as the notebook counts them, with their seconds."""
    cells = json.loads(executed.read_text())["cells"]
    injected = next(at for at, cell in enumerate(cells) if "injected-parameters" in cell["metadata"].get("tags", ()))
    return [
        (at - (at > injected), cell["metadata"]["papermill"]["duration"])
        for at, cell in enumerate(cells)
        if cell["cell_type"] == "code" and at != injected and not cell["metadata"].get("nbprod", {}).get("restored")
    ]


def flights(folder: Path, runs: int, samples: int) -> None:
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    (folder / "pyproject.toml").touch()
    notebook = folder / "notebooks" / "flights.ipynb"
    first = {name: [value(number) for number in range(samples)] for name, value in VARIED.items()}
    loop = papermill(notebook, folder, "redraws", first["redraws"])
    print(f"papermill, a loop: {loop:.2f} s a run, so {loop * runs:.0f} s for {runs} runs")
    for name, value in VARIED.items():
        os.environ["NBPROD_CACHE"] = str(folder / f"cache-{name}")
        seconds, done = batch(notebook, folder / f"out-{name}", {name: [value(number) for number in range(runs)]})
        unique, ran = work(notebook, done)
        bound = unique / JOBS
        print(
            f"{name:11} {runs} runs -j {JOBS}: {seconds:7.1f} s   bound {bound:7.1f} s   {seconds / bound:4.2f} × bound"
            f"   {loop * runs / seconds:5.1f} × faster than the loop   (ran {ran:.1f} s; {unique:.1f} s differ)"
        )
    restored(notebook, folder / "again", {name: [value(number) for number in range(min(runs, 16))]})


def restored(notebook: Path, out: Path, values: dict[str, list[Any]]) -> None:
    """The same runs once more, one after the other, into another folder: there is nothing left to compute."""
    options = batches.Options(str(out))
    plan = batches.planned(notebook, Spec({}, grid=values), options)
    done = batches.performed(plan, batches.executor(1, None), options)
    assert not sum(entry.done for entry in done.entries), "a step was done again"
    seconds = sorted(entry.seconds or 0.0 for entry in done.entries[1:])
    print(f"all restored: the median of {len(seconds)} runs after the first {seconds[len(seconds) // 2] * 1e3:.0f} ms")


def trivial(folder: Path, runs: int) -> None:
    """Runs with nothing to compute: what each costs, and what the parent's memory does."""
    import psutil

    cells = [("%load_ext nbprod\nimport pandas as pd", ()), ("number: int = 0", ("parameters",)), ("number", ())]
    made = [
        {
            "cell_type": "code",
            "metadata": {"tags": list(tags)},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for source, tags in cells
    ]
    (folder / "pyproject.toml").touch()
    notebook = folder / "trivial.ipynb"
    notebook.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    options = batches.Options(str(folder / "out"))
    plan = batches.planned(notebook, Spec({}, grid={"number": list(range(runs))}), options)
    memory, seconds, process = [], [], psutil.Process()

    def tell(entry: Any) -> None:
        memory.append(process.memory_info().rss)
        seconds.append(entry.seconds)

    began = time.perf_counter()
    batches.performed(plan, batches.executor(1, None), options, tell)
    took = time.perf_counter() - began
    early, late = memory[runs // 10], memory[-1]
    alone = sorted(seconds[1:])[len(seconds) // 2]
    print(f"nothing to compute: {runs} runs -j 1, {took / runs * 1e3:.0f} ms each; the median {alone * 1e3:.0f} ms")
    print(f"the parent's memory: {early / 1e6:.0f} MB after a tenth of them, {late / 1e6:.0f} MB after all")


def main() -> None:
    runs, samples, many = [*map(int, sys.argv[1:]), *(64, 3, 1000)[len(sys.argv) - 1 :]]
    for what, words in ((trivial, (many,)), (flights, (runs, samples))):
        with tempfile.TemporaryDirectory() as folder:
            what(Path(folder), *words)


if __name__ == "__main__":
    main()
