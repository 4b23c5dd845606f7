"""Where a line of a generated module stands in the notebook: found by what the line says, as long as both say it."""
# Nothing here knows how export wrote the module: a cell that says the same once is the one, and else none is named.

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from traceback import FrameSummary

NOTEBOOK = re.compile(r"\bof (\S+\.(?:ipynb|py|md|Rmd|qmd|R|jl))\b", re.IGNORECASE)
MAGIC = re.compile(r"^(?P<indent>\s*)(?:[\w, ]+=\s*)?[%!?].*$")
SMALLEST = 60  # letters of a dump: what is shorter, such as a name, stands anywhere


@dataclass(frozen=True, slots=True)
class Origin:
    """A line of a cell: cells count from 0, lines from 1."""

    cell: int
    line: int


def origin(frame: FrameSummary, text: str, root: Path) -> Origin | None:
    """Return the cell and line that a frame's line of a generated module came from; None where that is not certain.

    `text` is the module's; its docstring names the notebook, by its path below the root.
    """
    named = NOTEBOOK.search(text.partition("\n\n")[0])
    if named is None or frame.lineno is None:
        return None
    try:
        chain = _chain(ast.parse(text), frame.lineno, frame.colno)
        known = _known(root / named[1])
    except (NbprodError, OSError, ValueError, TypeError, KeyError, AttributeError, SyntaxError, RecursionError):
        return None  # the notebook may be anything by now, and the step's own failure is what is to be told
    for at, node in _candidates(chain):
        found = known.get(ast.dump(node), [])
        if len(found) == 1:
            cell, standing = found[0]
            return Origin(cell, _line(standing, node, chain[at:], frame.lineno))
    return None


def _chain(tree: ast.AST, line: int, column: int | None) -> list[ast.AST]:
    """The nodes that hold the place, from the outermost statement to the innermost part of one."""
    found: list[ast.AST] = []
    node: ast.AST | None = tree
    while node is not None:
        node = next((each for each in _placed(node) if _holds(each, line, column)), None)
        found += [node] if node is not None else []
    return found


def _placed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below that have a place of their own."""
    for child in ast.iter_child_nodes(node):
        if hasattr(child, "lineno"):
            yield child
        else:
            yield from _placed(child)


def _holds(node: ast.AST, line: int, column: int | None) -> bool:
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    if not first <= line <= last:
        return False
    if column is None or isinstance(node, ast.stmt):
        return True
    after_start = line > first or column >= getattr(node, "col_offset", 0)
    return after_start and (line < last or column < getattr(node, "end_col_offset", 0))


def _candidates(chain: list[ast.AST]) -> Iterator[tuple[int, ast.AST]]:
    """The innermost statement, those around it, and then parts of it, the largest first: a return may be rewritten."""
    last = max((at for at, each in enumerate(chain) if isinstance(each, ast.stmt)), default=-1)
    yield from ((at, chain[at]) for at in range(last, -1, -1))
    yield from ((at, chain[at]) for at in range(last + 1, len(chain)) if len(ast.dump(chain[at])) > SMALLEST)


def _line(standing: ast.AST, node: ast.AST, chain: list[ast.AST], line: int) -> int:
    """Go down in the cell's node as the chain does in the module's."""
    twin = standing
    for below in chain[1:]:
        places = list(ast.walk(node))
        twin = list(ast.walk(twin))[next(at for at, each in enumerate(places) if each is below)]
        node = below
    offset = line - node.lineno if isinstance(node, ast.Constant) else 0
    return int(getattr(twin, "lineno", 0)) + offset


def _known(notebook: Path) -> dict[str, list[tuple[int, ast.AST]]]:
    """Every node of the notebook's code, by what it says."""
    known: dict[str, list[tuple[int, ast.AST]]] = {}
    for index, source in _sources(notebook):
        try:
            tree = ast.parse(_plain(source))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.stmt, ast.expr)):
                known.setdefault(ast.dump(node), []).append((index, node))
    return known


def _sources(notebook: Path) -> Iterator[tuple[int, str]]:
    """The code cells' sources."""
    from nbprod.adapters import jupytext

    cells = json.loads(jupytext.as_ipynb(notebook.read_text(encoding="utf-8"), notebook.name))["cells"]
    for index, cell in enumerate(cells):
        if cell.get("cell_type") == "code":
            source = cell.get("source") or ""
            yield index, source if isinstance(source, str) else "".join(source)


def _plain(source: str) -> str:
    """The cell with blank or idle lines for what only a notebook understands."""
    lines = source.split("\n")
    return "\n".join(
        "" if line.startswith("%%") else f"{found['indent']}pass" if (found := MAGIC.match(line)) else line
        for line in lines
    )
