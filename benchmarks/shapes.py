"""Whether check, graph and suggest cost twice as much for a notebook of twice the size, whatever its shape.

    python benchmarks/shapes.py [--sizes 1250 2500 5000 10000] [--notebook FILE] [SHAPE ...]

A shape is a way to be big that tempts an analysis into squares: one name written everywhere, functions that call each
other, objects that share parts, one endless cell. Each size of each shape runs in a process of its own, from the file
to the text that is printed. Prints CPU seconds, by how much each doubling multiplies them (2 is linear, 4 a square),
and the peak memory at the largest size. `--notebook` adds a notebook that is repeated until it has the size.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scale import notebook as synthetic

from nbprod import project, report
from nbprod.errors import UsageError
from nbprod.project.suggesting import suggest
from nbprod.report import suggested

if TYPE_CHECKING:
    from collections.abc import Callable

VERBS = ("check", "graph", "suggest")
MARKED = 3  # the exit code of a child whose notebook has marks already
LATE = 4  # that of one whose time is up

# Cells: those that come first, and one that is repeated; {i} is its number, {b} that of the one before.
CELLS = {
    "work without headings": (["x0 = 1"], "x{i} = [x{b}, {i}]"),
    "steps in a row": (["%%step s0\nx0 = 1"], "%%step s{i}\nx{i} = [x{b}, {i}]"),
    "one name": (["x = 1"], "x = [x, {i}]"),
    "one name, a step each": (["%%step s0\nx = 1"], "%%step s{i}\nx = [x, {i}]"),
    "one name on a branch": (["x = 1"], "if x:\n    x = [x, {i}]"),
    "one name on a branch, a step each": (["%%step s0\nx = 1"], "%%step s{i}\nif x:\n    x = [x, {i}]"),
    "one name deleted": ([], "x = {i}\nprint(x)\ndel x"),
    "one list grows": (["rows = []"], "x{i} = [{i}]\nrows.append(x{i})"),
    "one list grows, a step each": (["%%step s0\nrows = []"], "%%step s{i}\nx{i} = [{i}]\nrows.append(x{i})"),
    "one list grows and is read": (["rows = []"], "x{i} = [{i}]\nrows.append(x{i})\ny{i} = rows[0]"),
    "one list grows and a part changes": (["rows = []"], "x{i} = [{i}]\nrows.append(x{i})\nrows[0].append(x{i})"),
    "parts of what one list holds": (["rows = []"], "x{i} = [{i}]\nrows.append([x{i}])\ny{i} = rows[0][0]"),
    "one dict of many keys is read": (["d = {}"], "x{i} = [{i}]\nd['k{i}'] = x{i}\ny{i} = d[n]"),
    "one dict grows": (["d = {}\nf = str"], "d['k{i}'] = f({i})\nd[n] = f({i})"),
    "aliases in a row": (["x0 = []"], "x{i} = x{b}"),
    "wholes in a row": (["x0 = []"], "x{i} = [x{b}]"),
    "functions in a chain": (["def f0(a):\n    return a"], "def f{i}(a):\n    return f{b}(a)"),
    "functions, each called": (["x0 = []"], "def f{i}(a):\n    a.append(1)\nx{i} = f{i}(x{b})"),
    "one function, a step each": (["def f(a): return a", "%%step s1\nx1 = 1"], "%%step s{i}\nx{i} = f(x{b})"),
    "constants": (["A0 = 1"], "A{i} = A{b} + 1"),
    "imports": ([], "import m{i}"),
    "draws": (["import random\nrandom.seed(1)"], "%%step s{i}\nx{i} = random.random()"),
    "draws, unseeded": (["import random"], "x{i} = random.random()"),
    "one step": (["%%step s\nx0 = []"], "%%step s\nx{i} = [x{b}]\nx{i}.append(1)"),
    "tests": (["%%step s\nx = 1"], "%%test s\nassert x == {i}"),
    "magics and shell lines": (["x0 = 1"], "%time x{i} = {i}\n!echo $x{b}\ny{i} = !ls {{x{i}}}"),
    "no Python": ([], "x{i} = = {b}"),
}
# One cell: its first lines, and one that is repeated.
LINES = {
    "one cell of many lines": ("x0 = 1", "x{i} = [x{b}, {i}]"),
    "one cell of many lines, a step": ("%%step s\nx0 = 1", "x{i} = [x{b}, {i}]"),
    "one cell, two statements a line": ("A0 = 1", "A{i} = 1; B{i} = 2"),
    "one cell of many functions": ("def f0(a): return a", "def f{i}(a): return f{b}(a)"),
    "one cell of many branches": ("x = 1", "if x: x = [x, {i}]"),
    "one cell of many magics": ("x0 = 1", "%time x{i} = {i}\n!echo $x{i} {{x{b}}}"),
    "one function of many lines": ("def f(x0):", "    x{i} = [x{b}, {i}]"),
    "one function of many branches": ("def f(x):", "    if x: x = [x, {i}]"),
    "one class of many methods": ("class C:", "    def m{i}(self): return self.m{b}()"),
    "one text of many lines": ('x = """', "# {i}"),
}


def aliases_changed(count: int) -> list[str]:
    """Return names for one object, which is changed at the end."""
    return [*cells(count - 1, ["x0 = []"], "x{i} = x{b}"), "x0.append(1)"]


def sharing(count: int) -> list[str]:
    """Return steps that all put one object into theirs, and a last one that changes it."""
    return [*cells(count - 1, ["%%step s0\nx0 = []"], "%%step s{i}\nx{i} = [x0]"), "%%step z\nx0.append(1)"]


def called(count: int) -> list[str]:
    """Return functions of which each calls the one before, and a step that calls the last."""
    return [*cells(count - 1, *CELLS["functions in a chain"]), f"%%step s\nx = f{count - 2}(1)"]


def ring(count: int) -> list[str]:
    """Return steps of two cells each that need each other in a ring."""
    steps = count // 2
    first = [f"%%step s{at}\nx{at} = 1" for at in range(steps)]
    return [*first, *(f"%%step s{at}\ny{at} = x{(at + 1) % steps}" for at in range(steps))]


def alternating(count: int) -> list[str]:
    """Return two steps whose cells alternate, and change one object."""
    return ["%%step a\nrows = []", *(f"%%step {'ab'[at % 2]}\nrows.append({at})" for at in range(count - 1))]


def nested(count: int) -> list[str]:
    """Return cells of 90 nested functions each, as many as have that many functions."""
    deep = [*(" " * at + f"def f{at}(a{at}):" for at in range(90)), " " * 90 + "return a0 + limit"]
    return ["limit = 1", *("\n".join(deep) + f"\nx{at} = f0({at})" for at in range(max(1, count // 90)))]


def headed(count: int) -> list[str]:
    """Return work under headings, ten cells each."""
    work = cells(count, ["x0 = 1"], "x{i} = [x{b}, {i}]\nx{i}.append({i})")
    return [text for at, cell in enumerate(work) for text in ([f"# Part {at}", cell] if at % 10 == 0 else [cell])]


def listed(opening: str, item: str, closing: str) -> Callable[[int], list[str]]:
    """Return what makes one cell of an expression of many items."""
    return lambda count: [opening + ", ".join(item.format(i=at) for at in range(count)) + closing]


BUILT: dict[str, Callable[[int], list[str]]] = {
    "work under headings": headed,
    "aliases, changed at the end": aliases_changed,
    "many share one object": sharing,
    "functions in a chain, a step calls": called,
    "a ring of steps": ring,
    "two steps that alternate": alternating,
    "nested functions": nested,
    "a dict literal": listed("d = {", "'k{i}': [{i}]", "}\nx = d['k1']\nx.append(1)"),
    "a list literal": listed("x = [", "f({i})", "]\ny = x[0]\ny.append(1)"),
    "a call of many arguments": listed("x = f(", "a{i}", ")"),
    "a long unpacking": listed("", "a{i}", " = rows"),
    "a sum": lambda count: ["x = 1" + " + 1" * (count // 2)],
    "empty cells": lambda count: [""] * count,
}


def cells(count: int, first: list[str], template: str) -> list[str]:
    """Return that many cells."""
    return [*first, *(template.format(i=at, b=at - 1) for at in range(1, count + 1 - len(first)))]


def one_cell(count: int, first: str, template: str) -> list[str]:
    """Return one cell of that many lines."""
    return ["\n".join(cells(count, [first], template)) + ('\n"""' if '"""' in first else "")]


def document(sources: list[str]) -> str:
    """Return the text of a notebook of these cells; what begins with `# Part` is Markdown."""
    rows: list[dict[str, Any]] = []
    for at, source in enumerate(sources):
        row: dict[str, Any] = {"cell_type": "markdown", "id": f"c{at}", "metadata": {}, "source": source}
        if not source.startswith("# Part"):
            row |= {"cell_type": "code", "execution_count": None, "outputs": []}
        rows.append(row)
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def repeated(path: Path, count: int) -> str:
    """Return the text of a notebook with the cells of another, again and again."""
    content = json.loads(path.read_text())
    code = sum(each["cell_type"] == "code" for each in content["cells"])
    content["cells"] *= math.ceil(count / code)
    content["cells"] = [each | {"id": f"c{at}"} for at, each in enumerate(content["cells"])]
    return json.dumps(content)


def shapes(notebooks: list[Path]) -> dict[str, Callable[[int], str]]:
    """Return what writes a notebook of each shape and a given size."""
    made: dict[str, Callable[[int], list[str]]] = dict(BUILT)
    made |= {name: lambda count, given=given: cells(count, *given) for name, given in CELLS.items()}
    made |= {name: lambda count, given=given: one_cell(count, *given) for name, given in LINES.items()}
    found: dict[str, Callable[[int], str]] = {"synthetic": synthetic}
    found |= {name: lambda count, make=make: document(make(count)) for name, make in made.items()}
    return found | {each.name: lambda count, each=each: repeated(each, count) for each in notebooks}


def run(verb: str, path: Path) -> None:
    """Do what the command does, up to its text."""
    if verb == "check":
        report.checked(project.check(path), str(path), 0)
    elif verb == "graph":
        report.graph(project.graph(path), "json")
    else:
        try:
            suggested.text(suggest(path, run=False), str(path))
        except UsageError:
            os._exit(MARKED)


def measured(verb: str, path: Path, limit: int) -> tuple[float, float]:
    """Return the CPU seconds and the peak memory in MB of one command in a process; nan if it has nothing to do."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGPROF, lambda *_: os._exit(LATE))
        signal.setitimer(signal.ITIMER_PROF, limit)
        run(verb, path)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in {0, MARKED, LATE}:
        raise SystemExit(f"{verb} of {path} failed")
    spent = {MARKED: math.nan, LATE: math.inf}.get(code, used.ru_utime + used.ru_stime)
    return spent, used.ru_maxrss / 1024


def row(name: str, verb: str, made: Callable[[int], str], asked: argparse.Namespace, path: Path) -> float:
    """Measure one command on one shape at all sizes, print it, and return the growth of the last doubling."""
    spent: list[float] = []
    memory = 0.0
    for size in asked.sizes:
        path.write_text(made(size))
        seconds, memory = measured(verb, path, asked.limit)
        spent.append(seconds)
        if not math.isfinite(seconds):
            break
    growth = [later / earlier for earlier, later in pairwise(spent)]
    if not math.isnan(spent[-1]):
        numbers = "".join(f"{each:8.2f}" for each in spent) + "   x" + "".join(f"{each:5.1f}" for each in growth)
        print(f"{name:<36} {verb:<8}{numbers}   {memory:6.0f} MB", flush=True)
    return growth[-1] if growth else 0.0


def main() -> None:
    """Measure every shape asked for, and name those that grow faster than their size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_250, 2_500, 5_000, 10_000])
    parser.add_argument("--verbs", nargs="+", default=VERBS)
    parser.add_argument("--notebook", type=Path, nargs="+", default=[])
    parser.add_argument("--limit", type=int, default=60, help="CPU seconds for one command")
    parser.add_argument("shapes", nargs="*", help="those whose names contain one of these; all by default")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        growth = {
            f"{name} ({verb})": row(name, verb, made, asked, Path(folder) / "big.ipynb")
            for name, made in shapes(asked.notebook).items()
            if not asked.shapes or any(each in name for each in asked.shapes)
            for verb in asked.verbs
        }
    steep = [name for name, last in growth.items() if last > 3]
    print(f"more than three times as much at the last doubling: {', '.join(steep) or 'none'}")


if __name__ == "__main__":
    main()
