"""Plain constants that look like settings: what becomes the parameters cell."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from nbprod.model.graph import CellKind
from nbprod.model.numbers import is_endless
from nbprod.suggest.knowledge import SETTING_WORDS
from nbprod.suggest.suggestion import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.notebook import Cell
    from nbprod.suggest.flow import Flow

SECRET = re.compile(r"pass(word|wd)?|secret|token|api_?key|credential", re.IGNORECASE)
OLD_RESULTS = re.compile(r"(?<![\w.])(_\d+|_i\d+|In|Out)(?!\w)")
PLAIN = (bool, int, float, str)
EARLY = 3  # cells with work in them, from the top, that may hold settings
KALES = "pipeline-parameters"  # how Kale tags the cells of settings


def settings(cells: tuple[Cell, ...], flow: Flow, work: tuple[int, ...]) -> tuple[Setting, ...]:
    """Return the settings in the notebook's early cells, in order; none where taking them out might change a run."""
    has_parameters = any(each.kind is CellKind.PARAMETERS for each in flow.cells.values())
    old_results = any(OLD_RESULTS.search(cell.source) for cell in cells)
    stars = any(seen.stars for seen in flow.looks.values())
    if has_parameters or old_results or stars:
        return ()
    bound = Counter(name for facts in flow.cells.values() for name in facts.writes)
    read = {name for cell in cells for name in _loaded(cell)}
    last = work[min(EARLY, len(work)) - 1] if work else -1
    return tuple(
        each
        for cell in cells
        if (cell.index <= last or KALES in cell.tags) and _is_open(cell, flow)
        for each in _of_cell(cell)
        if bound[each.name] == 1 and each.name in read
    )


def _is_open(cell: Cell, flow: Flow) -> bool:
    """Whether lines can be taken out of a cell."""
    return cell.index not in flow.closed and not cell.source.lstrip().startswith("%%")


def _of_cell(cell: Cell) -> Iterator[Setting]:
    tree = _parsed(cell)
    lines, written = cell.python.split("\n"), cell.source.split("\n")
    names = Counter(each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and _stores(each))
    for node in tree.body:
        target = _target(node)
        if target and names[target] == 1 and _is_setting(target, cell) and _alone(node, lines):
            first = node.lineno
            while first > 1 and lines[first - 2].startswith("#") and not lines[first - 2].startswith("#%"):
                first -= 1
            last = node.end_lineno or node.lineno
            if lines[first - 1 : last] != written[first - 1 : last]:
                continue  # it stands in a file that the cell runs
            yield Setting(target, ast.unparse(node.value), cell.index, first, last)  # type: ignore[attr-defined]


def _loaded(cell: Cell) -> Iterator[str]:
    """The names that a cell reads, in functions too."""
    return (
        each.id for each in ast.walk(_parsed(cell)) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
    )


def _parsed(cell: Cell) -> ast.Module:
    """The cell as a tree: an empty one if it is not Python."""
    try:
        return ast.parse(cell.python)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _target(node: ast.stmt) -> str:
    """The name that a statement gives a plain value; "" for any other statement."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return ""
    return target.id if isinstance(target, ast.Name) and node.value is not None and is_plain(node.value) else ""


def is_plain(value: ast.expr) -> bool:
    """Whether an expression is a literal that a YAML file can hold.

    >>> [is_plain(ast.parse(text, mode="eval").body) for text in ("-3", "'a'", "[1, 'b']", "(1, 2)", "0x" + "f" * 4000)]
    [True, True, True, False, False]
    """
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    parts = literal if isinstance(literal, list) else [literal]
    return all(isinstance(each, PLAIN) and not is_endless(each) for each in parts)


def _is_setting(name: str, cell: Cell) -> bool:
    """Whether the name looks like a setting's, or stands where somebody has said that all of them are."""
    return looks_like_setting(name) or (KALES in cell.tags and not SECRET.search(name))


def looks_like_setting(name: str) -> bool:
    """Whether a name is that of a setting: in capitals, or one of the usual words; never a secret's.

    >>> [looks_like_setting(each) for each in ("TEST_SIZE", "LR", "seed", "n_neighbors", "x", "API_KEY", "A")]
    [True, True, True, True, False, False, False]
    """
    if SECRET.search(name):
        return False
    capitals = name.isupper() and len(name) > 2
    counted = re.fullmatch(r"(n|num|max|min)_[a-z_]+", name) is not None
    return capitals or counted or name.lower() in SETTING_WORDS


def _alone(node: ast.stmt, lines: list[str]) -> bool:
    """Whether the statement has its lines for itself, but for a comment behind it."""
    first, last = lines[node.lineno - 1], lines[(node.end_lineno or node.lineno) - 1]
    after = last.encode()[node.end_col_offset or 0 :].decode(errors="ignore").strip()
    return node.col_offset == 0 and first[:1] != " " and (not after or after.startswith("#"))
