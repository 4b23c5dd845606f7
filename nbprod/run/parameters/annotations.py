"""From the text of an annotation, or of a default, to the type."""

from __future__ import annotations

import ast
import datetime as dt
import enum
import pathlib
import types
import typing
from typing import TYPE_CHECKING, Any

from nbprod.run.parameters.mismatch import Unknown

if TYPE_CHECKING:
    from nbprod.run.parameters.scope import Place, Scope

_NUMBERS = (bool, int, float, complex)


def type_of_annotation(text: str, scope: Scope, at: Place) -> Any:
    """Return the type that the annotation means at its place; Unknown says why there is none.

    >>> from nbprod.run.parameters.scope import Scope
    >>> type_of_annotation("list[int] | None", Scope(), (0, 1))
    list[int] | None
    """
    try:
        found = typed(_parsed(text), scope, at)
    except (TypeError, AttributeError, RecursionError) as error:
        raise Unknown(str(error)) from error
    if isinstance(found, types.ModuleType):  # import datetime, then day: datetime
        raise Unknown(f"{text} is a module")
    return found


def type_of_default(text: str, scope: Scope, at: Place) -> Any:
    """Return the type of what the default's code makes; Any where that can't be told.

    >>> from nbprod.run.parameters.scope import Scope
    >>> [type_of_default(each, Scope(), (0, 1)) for each in ("60 * 60", "0.5", "['a', 'b']", "None", "f(3)")]
    [<class 'int'>, <class 'float'>, list[str], typing.Any, typing.Any]
    """
    try:
        return _made_by(_parsed(text), scope, at)
    except (Unknown, TypeError, AttributeError, RecursionError):
        return Any


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError) as error:
        raise Unknown(f"{text} is no type") from error


def typed(node: ast.expr, scope: Scope, at: Place) -> Any:
    """Return what the expression names; Unknown if it is neither a type nor a member of one."""
    match node:
        case ast.Constant(value=str(text)):
            return typed(_parsed(text), scope, at)
        case ast.Constant(value=None):
            return None
        case ast.Name(id=name):
            return scope.value(name, at)
        case ast.Attribute(value=value, attr=attribute):
            return _attribute(typed(value, scope, at), attribute, node)
        case _:
            return _composed(node, scope, at)


def _composed(node: ast.expr, scope: Scope, at: Place) -> Any:
    match node:
        case ast.Subscript(value=value, slice=inner):
            return _subscript(typed(value, scope, at), inner, scope, at)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either(typed(left, scope, at), typed(right, scope, at))
        case ast.Call(func=function, args=[_, members]):
            return _made_type(typed(function, scope, at), node, members, scope, at)
    raise Unknown(f"{ast.unparse(node)} is no type")


def _made_type(maker: Any, node: ast.Call, base: ast.expr, scope: Scope, at: Place) -> Any:
    """Return what `NewType("Store", str)` and `Enum("Kind", "ROAD RAIL")` stand for."""
    if maker is typing.NewType:
        return typed(base, scope, at)
    if not isinstance(maker, enum.EnumMeta) or node.keywords:
        raise Unknown(f"{ast.unparse(node)} is no type")
    try:
        make: Any = maker
        return make(*map(ast.literal_eval, node.args), module="__main__")
    except ValueError as error:
        raise Unknown(f"{ast.unparse(node)} cannot be made: {error}") from error


def _attribute(holder: Any, name: str, node: ast.expr) -> Any:
    if not hasattr(holder, name):
        raise Unknown(f"there is no {ast.unparse(node)}")
    return getattr(holder, name)


def _either(left: Any, right: Any) -> Any:
    try:
        return left | right
    except TypeError:
        return typing.Union[left, right]  # noqa: UP007 - `|` has just refused them


def _subscript(origin: Any, inner: ast.expr, scope: Scope, at: Place) -> Any:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if origin is typing.Literal:
        return origin[tuple(_written(each, scope, at) for each in parts)]
    if origin is typing.Annotated:
        return typed(parts[0], scope, at)
    arguments = tuple(_argument(each, scope, at) for each in parts)
    if origin is tuple and isinstance(inner, ast.Tuple) and not parts:
        return tuple[()]
    return origin[arguments if len(arguments) > 1 else arguments[0]]


def _argument(node: ast.expr, scope: Scope, at: Place) -> Any:
    match node:
        case ast.Constant(value=value) if value is ...:
            return ...
        case ast.List(elts=parts):  # of Callable
            return [typed(each, scope, at) for each in parts]
    return typed(node, scope, at)


def _written(node: ast.expr, scope: Scope, at: Place) -> Any:
    """Return one of Literal's values."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return typed(node, scope, at)


def _made_by(node: ast.expr, scope: Scope, at: Place) -> Any:
    match node:
        case ast.Constant(value=value):
            return Any if value is None or value is ... else type(value)
        case ast.UnaryOp() | ast.BinOp() | ast.Compare() | ast.JoinedStr():
            return _calculated(node, scope, at)
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
            return _collection(node, scope, at)
        case ast.Call(func=function):
            return _returned(typed(function, scope, at))
        case ast.Attribute():
            value = typed(node, scope, at)
            return type(value) if isinstance(value, enum.Enum | int | float | str) else Any
    return {ast.ListComp: list, ast.SetComp: set, ast.DictComp: dict}.get(type(node), Any)


def _calculated(node: ast.expr, scope: Scope, at: Place) -> Any:
    match node:
        case ast.UnaryOp(op=op, operand=operand) if not isinstance(op, ast.Not):
            kind = _made_by(operand, scope, at)
            return int if kind is bool else kind
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(_made_by(left, scope, at), op, _made_by(right, scope, at))
    return str if isinstance(node, ast.JoinedStr) else bool


def _combined(left: Any, op: ast.operator, right: Any) -> Any:
    if left in _NUMBERS and right in _NUMBERS:
        widest = max(left, right, int, key=_NUMBERS.index)
        return float if isinstance(op, ast.Div) and widest is int else widest
    moved = isinstance(left, type) and issubclass(left, dt.date | dt.timedelta | pathlib.PurePath)
    return left if left == right or moved or (left is str and isinstance(op, ast.Mod)) else Any


def _collection(node: ast.List | ast.Tuple | ast.Set | ast.Dict, scope: Scope, at: Place) -> Any:
    if isinstance(node, ast.Dict):
        keys = _common([each for each in node.keys if each], scope, at)
        values = _common(node.values, scope, at)
        return dict if None in node.keys or not node.keys else types.GenericAlias(dict, (keys, values))
    kind: type = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
    of = _common(node.elts, scope, at)
    if of is Any:
        return kind
    return types.GenericAlias(kind, (of, ...) if kind is tuple else (of,))


def _common(nodes: list[ast.expr], scope: Scope, at: Place) -> Any:
    """Return the type that all have, a float for ints and floats; else Any."""
    kinds = {_made_by(each, scope, at) for each in nodes}
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 else Any


def _returned(called: Any) -> Any:
    """Return what a class, or a class's own way to make one (`date.today`), makes."""
    if isinstance(called, type):
        return called
    maker = getattr(called, "__self__", None)
    return maker if isinstance(maker, type) else Any
