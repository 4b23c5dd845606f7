"""A text as its items: statements, and the comments that have lines of their own."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.back.meaning import comment, key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Item:
    """One statement or comment line: `text` dedented, `key` what it says, its lines, what it is indented with.

    `blank`: how many blank lines stand above it. Statements of one line share their lines and their text.
    """

    text: str
    key: str
    first: int
    last: int
    prefix: str = ""
    blank: int = 0
    node: ast.stmt | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """Statements of one block, in lines `first` to `last` of a text."""

    statements: Sequence[ast.stmt]
    first: int
    last: int


def whole(tree: ast.Module, lines: Sequence[str]) -> Region:
    """The whole text as a region."""
    return Region(tree.body, 1, len(lines))


def body_of(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> Region:
    """The function's statements without its docstring, with the comments that are indented as they are."""
    statements = function.body
    first = header_end(function, lines) + 1
    match statements:
        case [ast.Expr(value=ast.Constant(value=str())) as doc, *rest]:
            statements, first = rest, (doc.end_lineno or doc.lineno) + 1
    last = max(function.end_lineno or function.lineno, first - 1)
    width = function.body[0].col_offset
    while last < len(lines) and _is_inside(lines[last], width):
        last += 1
    return Region(statements, first, last)


def _is_inside(line: str, width: int) -> bool:
    """Whether a line below the last statement is a comment of the block still."""
    return line.startswith(" " * width) and line.lstrip().startswith("#") and width > 0


def header_end(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> int:
    """The last line of the signature."""
    depth = 0
    text = "\n".join(lines[function.lineno - 1 : function.end_lineno])
    for token in source.tokens(text):
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        elif token.string == ":" and depth == 0:
            return function.lineno + token.start[0] - 1
    return function.lineno


def items(region: Region, lines: Sequence[str], shown: Sequence[str] | None = None) -> list[Item]:
    """Return the region's items; `lines` were parsed, `shown` is what a person sees in their place."""
    found: list[Item] = []
    shown = shown or lines
    prefix = _prefix(region, lines)
    at = region.first
    for group in _groups(region.statements):
        start, end = _span(group)
        found += _comments(lines, at, start - 1, prefix)
        text = dedented("\n".join(shown[start - 1 : end]), prefix)
        plain = dedented("\n".join(lines[start - 1 : end]), prefix)
        blank = _blank_above(shown, start, region.first)
        found += [Item(text, key(each, plain), start, end, prefix, blank, each) for each in group]
        at = end + 1
    return [*found, *_comments(lines, at, region.last, prefix)]


def _groups(statements: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Statements that share a line go together."""
    group: list[ast.stmt] = []
    for each in statements:
        if group and _span([each])[0] > _span(group)[1]:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _span(group: Sequence[ast.stmt]) -> tuple[int, int]:
    first = min(line for each in group for line in (each.lineno, *(one.lineno for one in _decorators(each))))
    return first, max(each.end_lineno or each.lineno for each in group)


def _decorators(statement: ast.stmt) -> list[ast.expr]:
    return getattr(statement, "decorator_list", [])


def _comments(lines: Sequence[str], first: int, last: int, prefix: str) -> list[Item]:
    return [
        Item(line.strip(), comment(line), number, number, prefix, _blank_above(lines, number, first))
        for number, line in enumerate(lines[first - 1 : last], first)
        if line.strip().startswith("#")
    ]


def _blank_above(lines: Sequence[str], number: int, first: int) -> int:
    above = number - 1
    while above >= first and not lines[above - 1].strip():
        above -= 1
    return number - 1 - above


def _prefix(region: Region, lines: Sequence[str]) -> str:
    if not region.statements:
        return ""
    line = lines[region.statements[0].lineno - 1]
    column = len(line.encode()[: region.statements[0].col_offset].decode())
    return line[:column] if not line[:column].strip() else ""


def dedented(text: str, prefix: str) -> str:
    r"""The text further out by the prefix; lines inside a string stay as they are.

    >>> dedented("    x = '''a\n    b'''\n    y = 1", "    ").splitlines()
    ["x = '''a", "    b'''", 'y = 1']
    """
    if not prefix:
        return text
    inside = {each - 2 for each in source.string_lines(f"if 1:\n{prefix}pass\n{text}\n")}
    return "\n".join(
        line if number in inside else line.removeprefix(prefix) for number, line in enumerate(text.split("\n"), 1)
    )
