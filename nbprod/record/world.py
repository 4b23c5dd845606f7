"""What the notebook stands on: the packages that it imports, and what star imports brought in."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def packages(sources: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The distributions that the cells import from, with their versions, by name."""
    from importlib.metadata import packages_distributions, version

    known = packages_distributions()
    modules = {module.partition(".")[0] for module in _imported(sources)}
    names = {name for module in modules for name in known.get(module, ())}
    return tuple((name, version(name)) for name in sorted(names, key=str.lower))


def star_names(sources: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names that each `from module import *` brought in, by module."""
    modules = {
        node.module
        for node in _nodes(sources)
        if isinstance(node, ast.ImportFrom) and node.module and any(each.name == "*" for each in node.names)
    }
    return tuple((module, _exported(module)) for module in sorted(modules) if module in sys.modules)


def _exported(module: str) -> tuple[str, ...]:
    loaded = sys.modules[module]
    names = getattr(loaded, "__all__", None) or [each for each in vars(loaded) if not each.startswith("_")]
    return tuple(sorted(names))


def _imported(sources: Iterable[str]) -> Iterator[str]:
    for node in _nodes(sources):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _nodes(sources: Iterable[str]) -> Iterator[ast.AST]:
    for source in sources:
        try:
            yield from ast.walk(ast.parse(source))
        except SyntaxError:
            continue
