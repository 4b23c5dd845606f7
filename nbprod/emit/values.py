"""A parameter's default as YAML holds it."""

from __future__ import annotations

import ast
import datetime as dt
import fractions
import operator
from typing import Any

ARITHMETIC: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.USub: operator.neg,
    ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip


def as_yaml(default: str) -> Any:
    """Return what params.yaml holds for a default: numbers, texts, lists and mappings; dates and paths as texts.

    >>> [as_yaml(code) for code in ("60 * 60", "(1, 2)", "Path('a') / 'b.csv'", "date(2013, 1, 2)", "timedelta(2)")]
    [3600, [1, 2], 'a/b.csv', '2013-01-02', '2 days, 0:00:00']
    """
    node = ast.parse(default.strip() or "None", mode="eval").body
    try:
        return _value(node)
    except (ValueError, TypeError, ArithmeticError):
        return default


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value if value is None or isinstance(value, bool | int | float | str) else str(value)
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
            return _collected(node)
        case ast.UnaryOp(op=op, operand=operand):
            return ARITHMETIC[type(op)](_value(operand)) if type(op) in ARITHMETIC else _refuse(node)
        case ast.BinOp(left=left, op=op, right=right):
            return _computed(_value(left), op, _value(right))
        case ast.Call(func=function, args=arguments, keywords=keywords):
            named = {each.arg or "": _value(each.value) for each in keywords}
            return _called(ast.unparse(function).rpartition(".")[2], [_value(each) for each in arguments], named)
        case _:
            return _refuse(node)


def _collected(node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> Any:
    if isinstance(node, ast.Dict):
        return {_value(_present(key)): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
    values = [_value(each) for each in node.elts]
    return sorted(values, key=lambda each: (str(type(each)), each)) if isinstance(node, ast.Set) else values


def _present(key: ast.expr | None) -> ast.expr:
    return key if key is not None else _refuse(ast.Constant(None))


def _computed(left: Any, op: ast.operator, right: Any) -> Any:
    if isinstance(op, ast.Div) and isinstance(left, str):  # Path("a") / "b"
        return f"{left.rstrip('/')}/{right}"
    if type(op) not in ARITHMETIC or (isinstance(op, ast.Pow) and abs(right) > 64):
        raise ValueError("not to be computed here")
    return ARITHMETIC[type(op)](left, right)


def _called(name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """Constructors that people write as defaults; anything else is left as its own text."""
    if name in ("date", "datetime", "time", "timedelta", "Timestamp", "fromisoformat", "to_datetime"):
        return _moment(name, arguments, named)
    if name in ("Path", "PurePath", "PosixPath", "PurePosixPath") and not named:
        return "/".join(map(str, arguments)) or "."
    if name in ("str", "int", "float", "Decimal", "UUID") and len(arguments) == 1:
        return {"int": int, "float": float}.get(name, str)(arguments[0])
    if name == "Fraction":
        return str(fractions.Fraction(*arguments, **named))
    return _made_anew(name, arguments, named)


def _made_anew(name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    if name in ("list", "tuple", "set", "frozenset") and len(arguments) <= 1:
        return list(arguments[0]) if arguments else []
    if name == "dict" and not arguments:
        return named
    raise ValueError(f"{name} is not known")


def _moment(name: str, arguments: list[Any], named: dict[str, Any]) -> str:
    if name in ("Timestamp", "fromisoformat", "to_datetime") and len(arguments) == 1 and isinstance(arguments[0], str):
        return arguments[0]
    if name == "timedelta":
        return str(dt.timedelta(*arguments, **named))
    kind = {"date": dt.date, "time": dt.time}.get(name, dt.datetime)
    return str(kind(*arguments, **named).isoformat())


def _refuse(node: ast.expr) -> Any:
    raise ValueError(f"{ast.unparse(node)} is no plain value")
