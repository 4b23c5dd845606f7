"""Where a cell calls a decorated step: the top-level statements that the step is observed around."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STATEMENTS = (ast.Assign, ast.AnnAssign, ast.Expr)


def called(statement: ast.stmt, functions: Iterable[str]) -> str | None:
    """The decorated step that the statement calls: `table = features(flown)`, `table = await features(flown)`.

    >>> called(ast.parse("table = features(flown)").body[0], ["features"])
    'features'
    """
    value = statement.value if isinstance(statement, STATEMENTS) else None
    if isinstance(value, ast.Await):
        value = value.value
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return None
    return value.func.id if value.func.id in set(functions) else None


def calling(source: str, function: str) -> str:
    r"""The statements of a cell's plain Python that call the function, and nothing else of it.

    >>> calling("x = 1\nt = features(x)\nt.head()", "features")
    't = features(x)'
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return ""
    return "\n".join(ast.unparse(each) for each in statements if called(each, [function]))


class Borders(ast.NodeTransformer):
    """Puts a hidden call before and after each statement that calls a decorated step.

    IPython runs it over every cell (`shell.ast_transformers`). The positions of all that the user wrote stay, so
    tracebacks name the right lines; the value of the hidden call is None, which displays nothing.
    """

    def __init__(self, functions: Callable[[], Iterable[str]], border: str) -> None:
        self._functions = functions
        self._border = border

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Return the cell with its borders."""
        functions = set(self._functions())
        if not functions:
            return node
        body: list[ast.stmt] = []
        for statement in node.body:
            name = called(statement, functions)
            body += [statement] if name is None else self._bordered(statement, name)
        node.body = body
        return node

    def _bordered(self, statement: ast.stmt, name: str) -> list[ast.stmt]:
        return [self._hidden("before", name, statement), statement, self._hidden("after", name, statement)]

    def _hidden(self, side: str, name: str, statement: ast.stmt) -> ast.stmt:
        call = ast.parse(f"{self._border}({side!r}, {name!r})").body[0]
        for node in ast.walk(call):
            if hasattr(node, "lineno"):
                ast.copy_location(node, statement)
        return call
