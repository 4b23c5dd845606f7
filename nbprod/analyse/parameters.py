"""The parameters cell: names with plain values, which become params.yaml."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

from nbprod.analyse.depth import spelled
from nbprod.model.graph import Parameter
from nbprod.model.notebook import Role
from nbprod.model.numbers import is_endless

# What people give as a value and Python has no literal for; params.yaml holds a text, which the annotation makes it of.
CONSTRUCTORS = frozenset({
    "Path", "PurePath", "PurePosixPath", "date", "datetime", "time", "timedelta", "Decimal", "Fraction", "UUID",
})  # fmt: skip
MODULES = frozenset({"dt", "pathlib", "decimal", "fractions", "uuid"})
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbprod.analyse.trace import ScannedCell


def parameters(cells: Sequence[ScannedCell]) -> tuple[Parameter, ...]:
    """Return the parameters in the order in which they are first assigned; the last assignment counts."""
    found: dict[str, Parameter] = {}
    for scanned in cells:
        if scanned.cell.role is Role.PARAMETERS:
            comments = _trailing_comments(scanned.cell.python)
            for statement in scanned.statements:
                for parameter in _parameters_of(statement.node, scanned, comments):
                    found[parameter.name] = parameter
    return tuple(found.values())


def required(cells: Sequence[ScannedCell]) -> tuple[Parameter, ...]:
    """Return the names that the cell annotates and gives no value, such as `store: int`: who runs it must give one."""
    return tuple(
        Parameter(node.target.id, kind, "", kind, cell=scanned.cell.index, line=node.lineno)
        for scanned in cells
        if scanned.cell.role is Role.PARAMETERS
        for node in (each.node for each in scanned.statements)
        if isinstance(node, ast.AnnAssign) and node.value is None and isinstance(node.target, ast.Name)
        for kind in [_text(node.annotation, scanned.cell.python)]
    )


def _parameters_of(node: ast.stmt, scanned: ScannedCell, comments: dict[int, str]) -> Iterator[Parameter]:
    annotation = ""
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        pairs = _pairs(node.target, node.value)
        annotation = _text(node.annotation, scanned.cell.python)
    elif isinstance(node, ast.Assign):
        pairs = [pair for target in node.targets for pair in _pairs(target, node.value)]
    else:
        return
    for name, value in pairs:
        yield Parameter(
            name=name,
            type=annotation or type_of(value),
            default=_text(value, scanned.cell.python),
            annotation=annotation,
            comment=comments.get(node.end_lineno or node.lineno, ""),
            cell=scanned.cell.index,
            line=node.lineno,
        )


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(value, (ast.Tuple, ast.List)):
        return []
    if len(target.elts) != len(value.elts):
        return []
    return [pair for each, part in zip(target.elts, value.elts, strict=True) for pair in _pairs(each, part)]


def _text(value: ast.expr, python: str) -> str:
    """A value or annotation as the cell has it, on one line."""
    if value.lineno == value.end_lineno:
        return ast.get_source_segment(python, value) or spelled(value)
    return spelled(value)


def type_of(value: ast.expr) -> str:
    """Return a readable name for the type of a default.

    >>> [type_of(ast.parse(text, mode="eval").body) for text in ("-3", "None", "[1]", "date(2026, 11, 23)", "x + 1")]
    ['int', 'None', 'list', 'date', 'object']
    """
    try:
        literal = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return constructed(value) or "object"
    return "None" if literal is None else type(literal).__name__


def constructed(value: ast.expr) -> str:
    """Return the class, as the code names it, where a call writes out a value that has no literal; else "".

    >>> [constructed(ast.parse(text, mode="eval").body) for text in ("dt.date(2026, 1, 1)", "Path('a') / 'b'", "f(3)")]
    ['dt.date', 'Path', '']
    """
    match value:
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=str())):
            return kind if (kind := constructed(left)).endswith("Path") else ""
        case ast.Call(func=ast.Attribute(value=kind, attr="fromisoformat"), args=[ast.Constant()], keywords=[]):
            return _class(kind)
        case ast.Call(func=kind, args=arguments, keywords=keywords):
            given = [*arguments, *(each.value for each in keywords)]
            return _class(kind) if all(type_of(each) != "object" for each in given) else ""
    return ""


def _class(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) if name in CONSTRUCTORS:
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES and name in CONSTRUCTORS:
            return f"{module}.{name}"
    return ""


def _is_written_out(value: ast.expr) -> bool:
    """Whether it is a display of values that are written out."""
    match value:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return all(map(_is_written_out, parts))
        case ast.Dict(keys=keys, values=values):
            return all(each is not None and _is_written_out(each) for each in (*keys, *values))
    return type_of(value) != "object"


def computed(cells: Sequence[ScannedCell]) -> Iterator[tuple[str, str, int, int]]:
    """Yield the parameters that are no plain values: name, why, cell and line."""
    for scanned in cells:
        if scanned.cell.role is not Role.PARAMETERS:
            continue
        for statement in scanned.statements:
            yield from _computed_in(statement.node, scanned.cell.index)


def _computed_in(node: ast.stmt, cell: int) -> Iterator[tuple[str, str, int, int]]:
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        pairs = [pair for target in targets for pair in _pairs(target, node.value)]
        for name, value in pairs:
            if any(_is_endless(each) for each in ast.walk(value)):
                yield name, "its value has more digits than Python writes out", cell, node.lineno
            elif type_of(value) == "object" and not (isinstance(node, ast.AnnAssign) and _is_written_out(value)):
                yield name, f"its value is '{spelled(value)}'", cell, node.lineno
    elif isinstance(node, (ast.AugAssign, ast.For, ast.While, ast.If, ast.With, ast.Try)):
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                yield each.id, "a statement changes it", cell, each.lineno


def _is_endless(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and is_endless(node.value)


def _trailing_comments(python: str) -> dict[int, str]:
    comments: dict[int, str] = {}
    code_lines: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(python).readline):
            if token.type == tokenize.COMMENT and token.start[0] in code_lines:
                comments[token.start[0]] = token.string.lstrip("#").strip()
            elif token.type not in {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT}:
                code_lines.add(token.end[0])
    except (tokenize.TokenError, SyntaxError):
        return comments
    return comments
