"""Notebooks that nobody would write through check, graph and suggest: nothing may crash, whatever the text is.

    python benchmarks/fuzz.py [--cells 100000] [--seed 0] [--from FOLDER] [--suggest 0.1]

A fifth of the cells each are written by the grammar of tests/analyse/test_random_notebooks.py, noise in every script
of Unicode with null bytes and lone surrogates, nested as deep as Python's parser goes and deeper, real cells with
mutations (those of the notebooks below FOLDER, else the grammar's), and bits of all of them side by side. Some files
are garbled, too. Prints what crashed, with the seed that writes it again, and at the end: cells, crashes, notebooks
refused, milliseconds per cell, the slowest notebook, and the peak memory at a tenth of the way and at the end.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "analyse"))

from test_random_notebooks import BROKEN, Grammar

from nbprod import project, report
from nbprod.errors import NbprodError, NotebookUnreadable
from nbprod.project.suggesting import suggest
from nbprod.report import suggested

CELLS_IN_ONE = 20
RANGES = (
    (0, 0x7F), (0xA0, 0x24F), (0x370, 0x52F), (0x590, 0x6FF), (0x2000, 0x2FFF), (0x3040, 0x30FF), (0xD800, 0xDFFF),
    (0xFB00, 0xFFFF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF),
)  # fmt: skip
BETWEEN = (" ", " = ", "\n", ".", "(", ")", ": ", "'", "#", "%", "!")
DEEP = (
    ("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("x[", "]"), ("not ", ""), ("-", ""), ("lambda: ", ""),
    ("x if y else ", ""), ("{'k': ", "}"), ("[y for y in ", "]"), ("f'{", "}'"), ("await ", ""), ("*", ""),
    ("x + ", ""), ("x.", ""), ("x = ", ""), ("(x := ", ")"), ("x, ", ""), ("%time ", ""), ("!{", "}"), ("@f\n", ""),
)  # fmt: skip
BLOCKS = (
    "if x:", "for x in y:", "def f(x):", "class A:", "try:", "with x as y:", "while x:", "async def f():", "match x:",
)  # fmt: skip


@dataclass
class Writer:
    """Writes notebooks; the same seed and folder write the same."""

    seed: int
    real: list[str]

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.grammar = Grammar(self.seed)

    def cell(self) -> str:
        """Return the source of one cell."""
        kinds = (self.grammar.cell, self.noise, self.deep, self.mutated)
        if self.random.random() < 0.2:
            return "\n".join(self.random.choice(kinds)() for _ in range(3))
        return self.random.choice(kinds)()

    def noise(self) -> str:
        """Return text in any script, and in none."""
        words = ("".join(self.letters()) for _ in range(self.random.randint(1, 12)))
        return "".join(each + self.random.choice(BETWEEN) for each in words)

    def letters(self) -> list[str]:
        """Return a few characters of one range."""
        first, last = self.random.choice(RANGES)
        return [chr(self.random.randint(first, last)) for _ in range(self.random.randint(1, 6))]

    def deep(self) -> str:
        """Return something nested: a few levels, as many as the parser takes, or more."""
        count = self.random.choice((3, 19, 60, 95, 101, 198, 201, 600, 3_000))
        if self.random.random() < 0.3:
            levels = min(count, 120)
            heads = [" " * at + self.random.choice(BLOCKS) for at in range(levels)]
            return "\n".join([*heads, " " * levels + "x = y"])
        pairs = [self.random.choice(DEEP) for _ in range(self.random.randint(1, 3))]
        opening = "".join(each for each, _ in pairs) * (count // len(pairs))
        closing = "".join(each for _, each in reversed(pairs)) * (count // len(pairs))
        return f"x = {opening}y{closing}"

    def mutated(self) -> str:
        """Return a real cell with a few things wrong."""
        text = self.random.choice(self.real) if self.real else self.grammar.cell()
        for _ in range(self.random.randint(0, 4)):
            at = self.random.randint(0, len(text))
            until = min(len(text), at + self.random.choice((0, 1, 1, 2, 5, 40)))
            other = self.random.choice(self.real) if self.real else self.grammar.cell()
            start = self.random.randint(0, len(other))
            piece = self.random.choice((self.random.choice(BROKEN), other[start : start + 30], text[at:until] * 2, ""))
            text = text[:at] + piece + text[until:]
        return text

    def notebook(self) -> bytes:
        """Return the bytes of a notebook of twenty cells."""
        cells = [self.grammar.as_cell(self.cell()) for _ in range(CELLS_IN_ONE)]
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        text = json.dumps(content, ensure_ascii=self.random.random() < 0.7)
        if self.random.random() < 0.03:
            return self.grammar.garbled(text)
        return text.encode(errors="replace" if self.random.random() < 0.9 else "surrogatepass")


def real_cells(folder: Path | None) -> list[str]:
    """Return the sources of all code cells of the notebooks below a folder."""
    found = []
    for path in sorted(folder.rglob("*.ipynb")) if folder else ():
        try:
            cells = json.loads(path.read_bytes())["cells"]
        except (ValueError, KeyError, TypeError):
            continue
        found += ["".join(each["source"]) for each in cells if each.get("cell_type") == "code" and each.get("source")]
    return found


def went_through(path: Path, *, suggesting: bool) -> int:
    """Do what check, graph and suggest do, and return how many cells there were; 0 where it is no notebook."""
    try:
        found = project.check(path)
    except NotebookUnreadable:
        return 0
    report.checked(found, str(path), 0)
    report.diagnostics_json(found)
    report.graph(found, "text")
    json.loads(report.graph(found, "json"))
    if suggesting:
        try:
            done = suggest(path, run=False)
            suggested.text(done, str(path))
            json.loads(suggested.as_json(done))
        except NbprodError:
            pass  # said, not crashed: such as a notebook that has marks already
    return CELLS_IN_ONE


def peak() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Write notebooks until there are as many cells as asked for; exit 1 if one crashed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--from", dest="folder", type=Path, help="notebooks whose cells are mutated")
    parser.add_argument("--suggest", type=float, default=0.1, help="the share of notebooks that suggest sees, too")
    asked = parser.parse_args()
    real = real_cells(asked.folder)
    done = crashes = refused = 0
    slowest, spent, early, seed = (0.0, 0), 0.0, 0.0, asked.seed
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzzed.ipynb"
        while done < asked.cells:
            path.write_bytes(Writer(seed, real).notebook())
            began = time.process_time()
            try:
                cells = went_through(path, suggesting=random.Random(seed).random() < asked.suggest)
                done, refused = done + cells, refused + (not cells)
            except Exception:  # noqa: BLE001  (that is what is looked for)
                done, crashes = done + CELLS_IN_ONE, crashes + 1
                print(f"seed {seed} crashes:\n{traceback.format_exc(limit=-4)}", flush=True)
            took = time.process_time() - began
            slowest, spent, seed = max(slowest, (took, seed)), spent + took, seed + 1
            if not early and done >= asked.cells / 10:
                early = peak()
    print(
        f"{done:,} cells of {seed - asked.seed:,} notebooks (from seed {asked.seed}; {len(real):,} real cells)\n"
        f"{crashes} crashes; {refused} notebooks refused with a message\n"
        f"{spent / done * 1000:.2f} ms a cell; slowest notebook {slowest[0]:.2f} s (seed {slowest[1]})\n"
        f"peak memory {early:.0f} MB at a tenth of the way, {peak():.0f} MB at the end"
    )
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
