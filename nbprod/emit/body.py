"""A step's cells → the statements of its function, and what of them belongs above it."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.views import is_path_setting, is_show, is_view
from nbprod.model.graph import Block, Definition, DefinitionKind

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Body:
    """The statements of a step's cells: one text a cell, and the definitions that were taken out of them."""

    parts: tuple[tuple[Block, str], ...]
    hoisted: tuple[Definition, ...]
    bound: frozenset[str]
    mentioned: frozenset[str]


def body(
    blocks: tuple[Block, ...], available: frozenset[str], kept_names: frozenset[str], *, displays: bool = False
) -> Body:
    """Return what the function of these cells holds; `displays` says that the figures which they show are kept.

    Imports, functions and classes that need nothing but `available` names (those that stand at the top of the
    module) and that bind none of `kept_names` go above the function; what only shows a value is left out.
    """
    trees = [source.parse(block.python) for block in blocks]
    counts: Counter[str] = sum((source.bindings(tree) for tree in trees), Counter())
    shadowed = frozenset(counts)
    hoisted = _hoisted(blocks, trees, available, kept_names, counts)
    taken = {(each.cell, each.line) for each in hoisted}
    parts = []
    for block, tree in zip(blocks, trees, strict=True):
        parts.append((block, _carved(block, tree, taken, shadowed, displays=displays)))
    text = [source.parse(part) for _, part in parts]
    return Body(
        tuple(parts),
        hoisted,
        frozenset(name for tree in text for name in source.bindings(tree)),
        frozenset(name for tree in text for name in source.mentioned(tree)),
    )


def _hoisted(
    blocks: tuple[Block, ...],
    trees: list[ast.Module],
    available: frozenset[str],
    kept_names: frozenset[str],
    counts: Counter[str],
) -> tuple[Definition, ...]:
    found = [
        each
        for block, tree in zip(blocks, trees, strict=True)
        for each in _candidates(block, tree)
        if each.name == "*" or (counts[each.name] == 1 and each.name not in kept_names)
    ]
    while True:
        known = available | {each.name for each in found}
        settled = [each for each in found if each.reads <= known]
        if len(settled) == len(found):
            return tuple(settled)
        found = settled


def _candidates(block: Block, tree: ast.Module) -> Iterable[Definition]:
    """Leading imports (later ones may depend on what ran before them), functions and classes."""
    lines = block.python.split("\n")
    leading = True
    for statement in tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                # A star import may not stand in a function, so it goes above wherever it stood.
                if leading or _is_star(statement):
                    yield from (_import(block.cell, statement, alias) for alias in statement.names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if not source.writes_globals(statement) and _has_own_lines(tree, statement):
                    first, last = _span(tree, statement, lines)
                    text = "\n".join(lines[first - 1 : last])
                    kind = DefinitionKind.CLASS if isinstance(statement, ast.ClassDef) else DefinitionKind.FUNCTION
                    reads = source.free_names(text)
                    yield Definition(name, kind, block.cell, statement.lineno, text, reads)
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                leading = False


def _import(cell: int, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Definition:
    name = source.bound_by(alias)
    if isinstance(statement, ast.Import):
        text = ast.unparse(ast.Import([alias]))
    else:
        text = ast.unparse(ast.ImportFrom(statement.module, [alias], statement.level))
    return Definition(name, DefinitionKind.IMPORT, cell, statement.lineno, text)


def _is_star(statement: ast.Import | ast.ImportFrom) -> bool:
    return any(each.name == "*" for each in statement.names)


def _span(tree: ast.Module, statement: ast.stmt, lines: list[str]) -> tuple[int, int]:
    """The statement's first and last line, with its decorators and the comment lines directly above."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(each.lineno for each in decorators)])
    ended = max((each.end_lineno or 0 for each in tree.body if each.lineno < first), default=0)
    while first > ended + 1 and lines[first - 2].startswith("#"):
        first -= 1
    return first, statement.end_lineno or statement.lineno


def _has_own_lines(tree: ast.Module, statement: ast.stmt) -> bool:
    return all(
        each is statement or (each.end_lineno or 0) < statement.lineno or each.lineno > (statement.end_lineno or 0)
        for each in tree.body
    )


def _carved(
    block: Block, tree: ast.Module, hoisted: set[tuple[int, int]], shadowed: frozenset[str], *, displays: bool
) -> str:
    """The cell's text without what was hoisted and what only shows something."""
    lines = block.python.split("\n")
    for number in range(len(tree.body) - 1, -1, -1):
        statement = tree.body[number]
        if (block.cell, statement.lineno) in hoisted and not _is_other(statement):
            _cut(lines, tree, number, above=True)
        elif is_show(statement):
            rest = any("plt" in source.mentioned(each) for each in tree.body[number + 1 :])
            instead = [ast.unparse(statement)] * displays + ['plt.close("all")'] * rest
            _cut(lines, tree, number, instead="\n".join(instead))
        elif is_view(statement, shadowed) or is_path_setting(statement) or isinstance(statement, ast.Global):
            _cut(lines, tree, number)
    return "\n".join(_without_margins(lines))


def _is_other(statement: ast.stmt) -> bool:
    """Whether a statement beside a hoisted one, on the same line, is something else."""
    return not isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _cut(lines: list[str], tree: ast.Module, number: int, *, above: bool = False, instead: str = "") -> None:
    """Take a statement out of the lines; those that it has for itself go whole, with what trails it."""
    statement = tree.body[number]
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    before = tree.body[number - 1] if number else None
    after = tree.body[number + 1] if number + 1 < len(tree.body) else None
    if not _has_own_lines(tree, statement):
        start = _column(lines[first - 1], statement.col_offset)
        end = _column(lines[last - 1], statement.end_col_offset or 0)
        if after is not None and after.lineno == last:
            end = _column(lines[last - 1], after.col_offset)
        elif before is not None and before.end_lineno == first:
            start = _column(lines[first - 1], before.end_col_offset or 0)
            rest = lines[last - 1][end:]
            end += len(rest) - len(rest.lstrip(" \t").removeprefix(";")) if rest.lstrip().startswith(";") else 0
        lines[first - 1 : last] = [lines[first - 1][:start] + lines[last - 1][end:]]
        return
    if above:
        first, last = _span(tree, statement, lines)
    lines[first - 1 : last] = [instead] if instead else []


def _column(line: str, offset: int) -> int:
    """The index into the text of an offset in UTF-8 bytes, which is what `ast` counts."""
    return len(line.encode()[:offset].decode())


def _without_margins(lines: list[str]) -> list[str]:
    """The lines without the blank ones around them."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []
