"""What is bound after branches: surely, or on some way only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

Flow = dict[str, bool]  # name → bound surely (True) or on some way (False)
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_CATCH_NAME_ERRORS = {"NameError", "Exception", "BaseException"}


def merged(ends: Sequence[Flow]) -> Flow:
    """Return what is bound where several ways meet.

    >>> merged([{"a": True, "b": True}, {"a": True}])
    {'a': True, 'b': False}
    """
    first, *others = ends
    result = dict(first)
    for end in others:
        result = {name: surely and end.get(name, False) for name, surely in result.items()}
        result.update({name: False for name in end if name not in result})
    return result


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a body ends by leaving, so that nothing after it runs on its way."""
    return bool(body) and isinstance(body[-1], (ast.Raise, ast.Return, ast.Continue, ast.Break))


def runs_at_least_once(node: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether a loop's body is sure to run, as in `for x in range(3)` and `while True`."""
    if isinstance(node, ast.While):
        return is_true(node.test)
    over = node.iter
    if isinstance(over, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(each, ast.Starred) for each in over.elts)
    if isinstance(over, ast.Constant):
        return bool(over.value)
    return _sure_call(over) if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) else False


def is_true(test: ast.expr) -> bool:
    """Whether a condition is a constant that holds, such as True or 1."""
    return isinstance(test, ast.Constant) and bool(test.value)


def _sure_call(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Name)
    constants = [each.value for each in call.args if isinstance(each, ast.Constant)]
    if call.func.id == "range" and len(constants) == len(call.args):
        numbers = [each for each in constants if isinstance(each, int)]
        return len(numbers) == len(call.args) and _nonempty(numbers)
    literal = bool(call.args) and isinstance(call.args[0], (ast.List, ast.Tuple))
    return call.func.id == "enumerate" and literal and bool(call.args[0].elts)  # type: ignore[attr-defined]


def _nonempty(numbers: list[int]) -> bool:
    try:
        return bool(range(*numbers))
    except (TypeError, ValueError):
        return False


class Early(NamedTuple):
    """From which statement of its body on a loop may be left or cut short, and whether it may be left."""

    at: int
    breaks: bool


def stops_early(body: Sequence[ast.stmt]) -> Early | None:
    """Return where a loop's body may `break` or `continue`; None if it runs through."""
    first: int | None = None
    breaks = False
    for index, statement in enumerate(body):
        found = _jumps(statement)
        if found and first is None:
            first = index
        breaks |= ast.Break in found
    return None if first is None else Early(first, breaks)


def _jumps(statement: ast.stmt) -> set[type[ast.AST]]:
    found: set[type[ast.AST]] = set()
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Break, ast.Continue)):
            found.add(type(node))
        elif isinstance(node, ast.stmt) and not isinstance(node, _LOOPS):
            pending += [
                each for each in ast.iter_child_nodes(node) if not isinstance(each, (ast.expr, ast.expr_context))
            ]
    return found


def catches_nothing(node: ast.With | ast.AsyncWith) -> bool:
    """Whether exceptions pass through a `with`, so that its body is sure to run to its end.

    >>> catches_nothing(ast.parse("with suppress(KeyError): a = 1").body[0])
    False
    """
    for item in node.items:
        call = item.context_expr
        called = call.func if isinstance(call, ast.Call) else call
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in {"suppress", "raises", "assertRaises"}:
            return False
    return True


def catches_name_errors(node: ast.Try | ast.TryStar) -> bool:
    r"""Whether a `try` goes on where a name is missing.

    >>> caught = ("", " NameError", " KeyError")
    >>> [catches_name_errors(ast.parse(f"try: a\nexcept{each}: b").body[0]) for each in caught]
    [True, True, False]
    """
    types = [each for handler in node.handlers for each in _members(handler.type)]
    return any(each is None or getattr(each, "id", "") in _CATCH_NAME_ERRORS for each in types)


def _members(types: ast.expr | None) -> list[ast.expr] | list[None]:
    if types is None:
        return [None]
    return types.elts if isinstance(types, ast.Tuple) else [types]
