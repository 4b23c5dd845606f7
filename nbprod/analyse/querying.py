"""Calls whose texts hold names of the notebook, and calls that give its names as a dict."""

from __future__ import annotations

import ast

from nbprod.analyse import knowledge as known
from nbprod.analyse import strings, tables

_NAMESPACES = frozenset({"globals", "locals", "vars"})


def called_name(node: ast.Call) -> str:
    """Return the last part of the name that a call calls.

    >>> called_name(ast.parse("functools.partial(f, 1)", mode="eval").body)
    'partial'
    """
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def names_in(text: str, node: ast.Call, dotted: str, *, of_connection: bool) -> set[str]:
    """Return the notebook's names in a text that is passed to a call of that dotted name, or to a method."""
    name = called_name(node)
    if dotted in {"pandas.eval", "numexpr.evaluate"}:
        return strings.expression_names(text)
    if dotted.startswith("duckdb.") or name in known.QUERYING or (of_connection and name in known.QUERYING_METHODS):
        return tables.frames(text)
    if name in {"query", "eval"}:
        return strings.query_names(text)
    return strings.formula_names(text, with_data=has_data(node)) if "~" in text else set()


def has_data(node: ast.Call) -> bool:
    """Whether a call that takes a formula is given the frame that it is about."""
    return len(node.args) > 1 or any(keyword.arg == "data" for keyword in node.keywords)


def is_namespace(node: ast.expr) -> bool:
    """Whether an expression is `globals()`, `locals()` or `vars()`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMESPACES


def uses_namespace(node: ast.Call) -> bool:
    """Whether a call is passed `**globals()`, `**locals()` or `**vars()`."""
    return any(keyword.arg is None and is_namespace(keyword.value) for keyword in node.keywords)
