"""A cell's imports and definitions by themselves: they are run where the cell's work is restored."""

from __future__ import annotations

import ast
from typing import NamedTuple

from nbprod.analyse.facts import DEFINING

# What may stand at a definition, for it only notes or wraps what it is given.
DECORATORS = {"step", "dataclass", "property", "staticmethod", "classmethod", "cache", "lru_cache", "wraps"}
DECORATORS |= {
    "total_ordering",
    "abstractmethod",
    "override",
    "overload",
    "final",
    "setter",
    "contextmanager",
    "unique",
}
MEMBERS = {"field", "auto", "TypeVar", "ParamSpec", "NewType"}


class Preamble(NamedTuple):
    """A cell's imports and definitions as Python, with the cell's line numbers, and the names that they bind.

    `is_all`: the cell does nothing else.
    """

    python: str = ""
    names: frozenset[str] = frozenset()
    is_all: bool = False


def preamble(tree: ast.Module) -> Preamble:
    r"""Return the imports and definitions of a cell that could as well be run alone.

    >>> found = preamble(ast.parse("import json\nx = 1\ndef f(): return x"))
    >>> found.python, sorted(found.names)
    ('import json\n\ndef f():\n    return x', ['f', 'json'])
    """
    made = {each.id for node in tree.body if not isinstance(node, DEFINING) for each in _stored(node)}
    kept = [node for node in tree.body if isinstance(node, DEFINING) and _is_plain(node, made)]
    names = frozenset(name for node in kept for name in _bound(node))
    again = {name for node in tree.body if isinstance(node, DEFINING) and node not in kept for name in _bound(node)}
    if not kept or names & (made | again):
        return Preamble()
    return Preamble(_written(kept), names, len(kept) == len(tree.body))


def _stored(node: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)]


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.asname or each.name.partition(".")[0] for each in node.names]
    if isinstance(node, ast.ImportFrom):
        return [each.asname or each.name for each in node.names]
    name = getattr(node, "name", "")
    return [name.id if isinstance(name, ast.Name) else name]


def _is_plain(node: ast.AST, made: set[str]) -> bool:
    """Whether running it does nothing but define, and needs nothing that the rest of the cell makes."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return not any(each.name == "*" for each in node.names)
    run = [*_run_at_once(node)]
    if any(isinstance(each, ast.Name) and each.id in made for part in run for each in ast.walk(part)):
        return False
    return all(_is_idle(each) for part in run for each in ast.walk(part) if isinstance(each, ast.Call))


def _run_at_once(node: ast.AST) -> list[ast.AST]:
    """The parts of a definition that are computed when it is made."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        defaults = [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]
        hints = [each.annotation for each in ast.walk(node.args) if isinstance(each, ast.arg) and each.annotation]
        return [*node.decorator_list, *defaults, *hints, *([node.returns] if node.returns else [])]
    if isinstance(node, ast.ClassDef):
        inside = [part for each in node.body for part in (_run_at_once(each) if isinstance(each, DEFINING) else [each])]
        return [*node.decorator_list, *node.bases, *(each.value for each in node.keywords), *inside]
    return []


def _is_idle(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in DECORATORS | MEMBERS


def _written(nodes: list[ast.stmt]) -> str:
    """The statements as Python, each on the line where it began."""
    lines: list[str] = []
    for node in nodes:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        lines += [""] * (first - 1 - len(lines))
        lines += ast.unparse(node).split("\n")
    return "\n".join(lines)
