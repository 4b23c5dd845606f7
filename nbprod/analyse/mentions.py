"""Where a notebook mentions each name for the last time: what is changed below that under the name concerns nobody."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nbprod.model.notebook import Cell

_WORD = re.compile(r"\w+")
# What may read names that stand nowhere.
_ANYTHING = frozenset({"eval", "exec", "globals", "locals", "vars", "dir", "get_ipython", "run", "store", "macro"})
_SEVERAL = "more than one step"
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)


def last_mentions(cells: Sequence[Cell], trees: Iterable[ast.Module | None]) -> dict[int, set[str]]:
    """Return the words that no cell below mentions, by the cell after which that is so: none that code may read later.

    A word that several steps mention counts up to the last cell of each, for that is when a step hands on what it made.
    """
    ends = {_user(cell): cell.index for cell in cells}
    last: dict[str, int] = {}
    latest: dict[str, int] = {}
    users: dict[str, str] = {}
    lasting: set[str] = set()
    for cell, tree in zip(cells, trees, strict=True):
        user = _user(cell)
        for word in {*_WORD.findall(cell.source), *_WORD.findall(cell.python)}:
            last[word] = cell.index
            latest[word] = max(ends[user] if cell.mark else cell.index, latest.get(word, 0))
            if users.setdefault(word, user) != user:
                users[word] = _SEVERAL
        lasting |= {*_declared(cell), *_read_later(tree)}
    found: dict[int, set[str]] = {}
    for word in last.keys() - lasting if not last.keys() & _ANYTHING else ():
        found.setdefault(latest[word] if users[word] is _SEVERAL else last[word], set()).add(word)
    return found


def _user(cell: Cell) -> str:
    """What a cell's words are used by: its step, the tests of one, or the notebook."""
    return f"{cell.role} {cell.mark.step}" if cell.mark else ""


def _declared(cell: Cell) -> Iterator[str]:
    if cell.mark:
        yield from (*cell.mark.outs, *cell.mark.metrics, *cell.mark.plots)


def _read_later(tree: ast.Module | None) -> Iterator[str]:
    """The words of code that runs when somebody calls it, or asks it for its next value."""
    pending: list[tuple[ast.AST, bool]] = [(tree, False)] if tree else []
    while pending:
        node, is_later = pending.pop()
        is_later = is_later or isinstance(node, _LATER)
        if is_later and isinstance(node, ast.Name):
            yield node.id
        elif is_later and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _WORD.findall(node.value)
        pending += ((each, is_later) for each in ast.iter_child_nodes(node))
