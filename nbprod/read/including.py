"""`%run FILE`: the code of another notebook or script, read in place of the line that runs it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.read.python import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

# A file alone: what is run with arguments or other options isn't the same text at another time.
RUN = re.compile(r"""^%run(?:[ ]+-i)?[ ]+(?P<quote>["']?)(?P<file>[^"'{}$\s][^"'{}$]*?)(?P=quote)[ ]*(?:\#.*)?$""")
WITH_ARGUMENTS = re.compile(r"\.(py|ipynb)\s+\S")


@dataclass(frozen=True, slots=True)
class Included:
    """The plain Python of a file: its cells, one after another, and the imports that their translation needs."""

    python: str
    needs: tuple[str, ...] = ()


def with_included(source: str, beside: Callable[[str], Included | None]) -> tuple[str, tuple[str, ...]]:
    r"""Return the cell with the code of the files that it runs, and the imports that it needs.

    A file that can't be had stays a magic, which reading reports.

    >>> files = {"rates.py": Included("rate = 2")}
    >>> with_included("%run rates\n%run other.py\nx = rate", files.get)
    ('rate = 2\n%run other.py\nx = rate', ())
    """
    if "%run" not in source:
        return source, ()
    rows, needs = [], dict[str, None]()
    for row in source.split("\n"):
        found = _included(row, beside)
        rows.append(found.python if found else row)
        needs.update(dict.fromkeys(found.needs if found else ()))
    return "\n".join(rows), tuple(needs)


def _included(row: str, beside: Callable[[str], Included | None]) -> Included | None:
    match = RUN.match(row)
    if match is None or WITH_ARGUMENTS.search(match["file"]):
        return None
    file = match["file"]
    return beside(file if file.endswith((".py", ".ipynb")) else f"{file}.py")


def as_main(python: str) -> str:
    r"""Return the code as it is in the main program, such as a notebook: what that guards stands there like the rest.

    In a step's module, which is imported, the guard would keep it from running.

    >>> as_main("if __name__ == '__main__':\n    rate = 2\ntop = 3")
    '\nrate = 2\ntop = 3'
    """
    if "__main__" not in python:
        return python
    tree = parsed(python)
    guards = [each for each in getattr(tree, "body", ()) if isinstance(each, ast.If) and _is_guard(each)]
    rows = python.split("\n")
    for guard in guards:
        first, last = guard.body[0].lineno, guard.body[-1].end_lineno or guard.lineno
        if first == guard.lineno or _has_long_text(guard):
            rows[guard.lineno - 1] = "if True:" + rows[guard.lineno - 1].partition(":")[2]
        else:
            rows[guard.lineno - 1] = ""
            margin = guard.body[0].col_offset
            rows[guard.lineno : last] = [
                row[margin:] if row[:margin].isspace() else row for row in rows[guard.lineno : last]
            ]
    return "\n".join(rows)


def _is_guard(node: ast.If) -> bool:
    match node.test:
        case ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]):
            return not node.orelse
    return False


def _has_long_text(node: ast.If) -> bool:
    """Whether a text of several lines stands in it, which would change if it moved."""
    texts = (each for each in ast.walk(node) if isinstance(each, ast.Constant | ast.JoinedStr))
    return any(each.end_lineno != each.lineno for each in texts)
