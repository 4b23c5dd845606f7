"""Analysis and emitting of big notebooks, side by side with `jupyter nbconvert --to script`.

    python benchmarks/scale.py [--cells 1000 10000] [--steps 0.3]

Each notebook has many short steps (three in ten cells), functions, exploration and text, over data flow of known
shape. Read, analyse and emit run in this process; nbconvert's exporter does, too, without its start-up. Prints
CPU seconds and ratios; growth is the time per cell of the largest over that of the smallest notebook.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.model.graph import Graph
    from nbprod.model.record import Record


def cell(index: int) -> tuple[str, list[str]]:
    """Return the source and tags of one code cell of a synthetic notebook."""
    kind = index % 10
    before = max(0, index // 10 - 1)
    match kind:
        case 0:
            return f"def helper_{index}(rows):\n    return [row * factor for row in rows if row != {index}]", []
        case 1 | 4 | 7:
            last = {1: f"made_{before}_7", 4: f"made_{index // 10}_1", 7: f"made_{index // 10}_4"}[kind]
            source = last if index > 10 or kind != 1 else "start"
            body = [
                f"%%step step_{index}",
                f"part = {source} + [{index}]",
                f"chosen = helper_{index - kind}(part)",
                "totals = {}",
                "for position, value in enumerate(chosen):",
                "    totals[position] = value ** 2",
                f"made_{index // 10}_{kind} = [total for total in totals.values() if total > {index}]",
            ]
            return "\n".join(body), []
        case _:
            return f"# a look\nlen(made_{index // 10}_1)" if kind > 1 else "1 + 1", []


def notebook(cells: int) -> str:
    """Return the text of a notebook with that many code cells."""
    first = [
        ("import math\nimport statistics", []),
        ("factor: int = 2", ["parameters"]),
        ("%%step begin\nstart = [factor, 2, 3]", []),
    ]
    sources = [*first, *(cell(index) for index in range(cells - len(first)))]
    rows = [
        {
            "cell_type": "code", "id": f"c{number}", "execution_count": None, "outputs": [],
            "metadata": {"tags": tags}, "source": source,
        }
        for number, (source, tags) in enumerate(sources)
    ]  # fmt: skip
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def stand_in(graph: Graph) -> Record:
    """Return a record that says of every value that it is a list: emitting needs types, not a run."""
    from nbprod.model.record import Record, StepSeen, ValueSeen

    def value(name: str) -> ValueSeen:
        return ValueSeen(name, "list", shape=(3,), size=88, fingerprint="0", format="json", summary="3 values")

    steps = tuple(
        StepSeen(step.name, step.code_id, tuple(map(value, step.input_names)), tuple(map(value, step.outputs)))
        for step in graph.steps
    )
    return Record(graph.notebook, "2026-01-01T00:00:00+00:00", "3.11", steps=steps)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds that the work took (a busy machine does not count), and what it gave."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def measure(count: int) -> tuple[float, float, float]:
    """Return seconds of analysis, of emitting, and of nbconvert for a notebook of that many cells."""
    import nbformat
    from nbconvert import PythonExporter

    from nbprod import emit
    from nbprod.adapters import ipython
    from nbprod.analyse import graph
    from nbprod.read import notebook as read

    text = notebook(count)
    seconds, found = timed(lambda: graph(read(text, "big.ipynb", ipython.transform)))
    faults = {each.code for each in found.diagnostics if each.severity == "error"}
    if faults:
        raise SystemExit(f"the synthetic notebook has faults: {sorted(faults)}")
    record = stand_in(found)
    emitting, emitted = timed(lambda: emit.files(found, record, package="big", samples={}, standing={}, base={}))
    converting, _ = timed(lambda: PythonExporter().from_notebook_node(nbformat.reads(text, 4)))
    print(
        f"{count:>7,} cells   {len(found.steps):>5,} steps   {len(emitted.files):>6,} files   "
        f"analyse {seconds:6.2f} s   emit {emitting:6.2f} s   nbconvert {converting:6.2f} s   "
        f"ratio {(seconds + emitting) / converting:5.2f}"
    )
    return seconds, emitting, converting


def main() -> None:
    """Measure each size after one small warm-up, and print the growth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[1_000, 10_000])
    sizes = parser.parse_args().cells
    measure(100)
    spent = [sum(measure(size)[:2]) for size in sizes]
    per_cell = [seconds / size for seconds, size in zip(spent, sizes, strict=True)]
    print(
        f"growth: {per_cell[-1] / per_cell[0]:.2f} times the time per cell at {sizes[-1] / sizes[0]:.0f} times the size"
    )


if __name__ == "__main__":
    main()
