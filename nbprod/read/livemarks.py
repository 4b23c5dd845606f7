"""Marks in a running kernel: a `%%step` or `%%test` line becomes a comment, so that the cell runs as it is.

The cell keeps its line numbers, its last expression, top-level await, `from __future__` imports, and a cell magic on
the next line. A mark that can't be read, or stands in the wrong place, becomes a call that says so; then nothing runs.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nbprod.read.marks import MARK_LINE, Problem, mistaken_line, of_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

FAULT = "fault: "  # how the line magic %step is told what is wrong with its cell's marks
HELP = re.compile(r"^%%\w+\?")


def unmarked(
    lines: list[str], cell_magic: Callable[[list[str]], list[str]], steps: Callable[[], Collection[str]]
) -> list[str]:
    """Return the cell's lines as IPython shall go on with them.

    `cell_magic` is IPython's transformation of a cell that starts with `%%`; `steps` gives the names that a `%%test`
    may have, none while they are not known.
    """
    if not lines or HELP.match(lines[0]):
        return lines
    problem = fault(lines, steps)
    if problem:
        return [f"get_ipython().run_line_magic('step', {FAULT + problem!r})\n"]
    if of_line(lines[0].rstrip()) is None:
        return lines
    blank = next((at for at, line in enumerate(lines[1:], 1) if not line.isspace()), len(lines))
    rest = lines[blank:]
    return [f"# {lines[0]}", *lines[1:blank], *(cell_magic(rest) if rest and rest[0].startswith("%%") else rest)]


def fault(lines: list[str], steps: Callable[[], Collection[str]]) -> str:
    """Return what is wrong with the cell's marks, as one sentence with its cure; "" if nothing is.

    >>> fault(["%%step clean --metric share"], list)
    "'%%step' has no option '--metric'. Did you mean '--metrics'?"
    >>> fault(["%%test claen"], lambda: ["load", "clean"])
    "no step 'claen'. Did you mean 'clean'?"
    """
    first = lines[0].rstrip()
    marking = of_line(first)
    if marking is None:
        return _said(mistaken_line(first)) or _misplaced(lines, "a mark must be the cell's first line")
    if marking.problems:
        return _said(marking.problems[0])
    if marking.mark is not None and MARK_LINE.match(first)["kind"] == "test" and (known := steps()):  # type: ignore[index]
        return _unknown(marking.mark.step, known)
    return _misplaced(lines[1:], "a cell has one mark")


def _said(problem: Problem | None) -> str:
    return f"{problem.problem}. {problem.cure}" if problem else ""


def _misplaced(lines: list[str], why: str) -> str:
    """A mark below the first line, with nothing but comments, blank lines and magics above it."""
    for line in lines:
        if (found := MARK_LINE.match(line.rstrip())) is not None:
            return f"'{found[0].split('#')[0].strip()}' must move: {why}"
        if line.strip() and not line.startswith(("#", "%%")):
            return ""
    return ""


def _unknown(name: str, known: Collection[str]) -> str:
    if name in known:
        return ""
    nearest = get_close_matches(name, list(known), n=1)
    return f"no step '{name}'. " + (f"Did you mean '{nearest[0]}'?" if nearest else f"Steps: {', '.join(known)}.")


def step_under_test(source: str) -> str:
    """Return the step that a `%%test` cell tests, "" for any other cell."""
    line = source.lstrip("\n").split("\n", 1)[0].rstrip()
    found = MARK_LINE.match(line)
    marking = of_line(line)
    return marking.mark.step if found and found["kind"] == "test" and marking and marking.mark else ""
