"""How fast values come back from the cache, looked through, and what a run costs in which everything is restored.

python benchmarks/restore.py
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbprod.cache import Store
from nbprod.project.restoring import plan_of
from nbprod.values import exact, load, looks, save

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 5_000_000
FRAMES = {
    "one block": lambda: pd.DataFrame(np.random.default_rng(0).normal(size=(ROWS, 8)), columns=list("abcdefgh")),
    "columns": lambda: pd.DataFrame({name: np.random.default_rng(0).normal(size=ROWS) for name in "abcdefgh"}),
    "texts": lambda: pd.DataFrame({"n": np.arange(ROWS), "s": np.random.default_rng(0).choice(["ab", "cde"], ROWS)}),
}
CELLS = ["import numpy as np", "n = 1_000", *(f"x{at} = np.arange(n) * {at}\nx{at}.sum()" for at in range(38))]


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of several tries."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def values(folder: Path) -> None:
    print(f"{'frame':12} {'MB':>6} {'keep':>9} {'restore':>9} {'MB/s':>8} {'parquet MB/s':>13}")
    store = Store(folder / "cache", 10**11)
    for at, (name, make) in enumerate(FRAMES.items()):
        frame = make()
        size = frame.memory_usage(deep=False).sum() / 1e6
        found = [looks.look(frame)]
        buffers, _ = exact.pack(frame, shared=looks.shared_owners(found), definitions={})
        began = time.perf_counter()
        entry = store.keep(f"{at:032x}", {}, [buffers])
        kept = time.perf_counter() - began
        restored = seconds(lambda: exact.unpack(store.read(entry, 0, store.mapped(entry)[0]), {}))  # noqa: B023
        path = save(frame, folder, "frame").path
        parquet = seconds(lambda: load(path), times=1)  # noqa: B023
        print(f"{name:12} {size:6.0f} {kept:8.3f}s {restored:8.3f}s {size / restored:8.0f} {size / parquet:13.0f}")


def runs(folder: Path) -> None:
    """A notebook of forty cells, without a kernel: what looking up and binding cost."""
    from nbprod.adapters import ipython
    from nbprod.analyse import graph
    from nbprod.read import notebook
    from nbprod.record.restoring import Restorer

    cells = [
        {"cell_type": "code", "metadata": {}, "source": each, "outputs": [], "id": f"c{at}"}
        for at, each in enumerate(CELLS)
    ]
    read = notebook(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), "n.ipynb", ipython.transform
    )
    plan = plan_of(read, graph(read), root=folder, folder=folder, store=folder / "runs")
    for label in ("cold", "warm", "warm"):
        namespace: dict[str, object] = {"__name__": "__main__"}
        began = time.perf_counter()
        restorer = Restorer(plan, namespace)
        for at, source in enumerate(CELLS):
            if restorer.restore(at) is None:
                exec(compile(source, "cell", "exec"), namespace)
                restorer.ran(at, [], failed=False)
        took = time.perf_counter() - began
        restored = sum(each.restored for each in restorer.fates.values())
        restorer.close()
        each = took / len(CELLS) * 1e3
        print(f"{label}: {len(CELLS)} cells, {restored} restored, {took * 1e3:.1f} ms, {each:.2f} ms a cell")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        values(Path(scratch))
        runs(Path(scratch))
