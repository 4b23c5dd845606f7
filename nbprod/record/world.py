"""What the notebook stands on: the packages that it imports, and what star imports brought in."""

from __future__ import annotations

import ast
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nbprod.record.relevance import is_installed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def packages(sources: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The distributions that the cells import from, with their versions, by name."""
    from importlib.metadata import version

    known = _distributions(tuple(map(_installed, sys.path)))
    modules = {module.partition(".")[0] for module in _imported(sources)}
    names = {name for module in modules for name in known.get(module, ())}
    return tuple((name, version(name)) for name in sorted(names, key=str.lower))


@lru_cache(maxsize=1)
def _distributions(places: tuple[tuple[str, ...], ...]) -> Mapping[str, list[str]]:  # noqa: ARG001  (it is the key)
    """The distributions that each top-level module comes from: half a second's reading, once for what is installed."""
    from importlib.metadata import packages_distributions

    return packages_distributions()


def _installed(place: str) -> tuple[str, ...]:
    """What is installed in a folder of the path. A notebook's own folder has nothing, however often it changes."""
    try:
        found = os.listdir(place or ".")  # noqa: PTH208  (as in `_origin`)
    except OSError:  # it is an archive, or not there
        return (place,)
    return tuple(sorted(each for each in found if each.endswith((".dist-info", ".egg-info", ".egg-link", ".egg"))))


def star_names(sources: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names that each `from module import *` brought in, by module."""
    modules = {
        node.module
        for node in _nodes(sources)
        if isinstance(node, ast.ImportFrom) and node.module and any(each.name == "*" for each in node.names)
    }
    return tuple((module, _exported(module)) for module in sorted(modules) if module in sys.modules)


def search_path(before: Sequence[str], home: Path, root: Path) -> tuple[str, ...]:
    """The folders, relative to `root`, from which the notebook imports modules of its own.

    Those are its own folder and what it added to `sys.path` since that was `before`, as far as modules came from there.
    `root` itself is left out: whoever imports the package has it on the path. So are installed packages' folders, which
    packages add themselves (setuptools does).
    """
    own = os.path.realpath(home)
    given = {os.path.realpath(each) for each in before if each} - {own}
    entries = dict.fromkeys(os.path.realpath(each) if each else own for each in sys.path)
    used = {_origin(each) for name, each in sys.modules.copy().items() if "." not in name}
    given.add(os.path.realpath(root))
    found = (each for each in entries if each in used and each not in given and not is_installed(each))
    return tuple(Path(os.path.relpath(each, os.path.realpath(root))).as_posix() for each in found)


def _origin(module: object) -> str:
    """The folder of `sys.path` that a top-level module came from; "" if there is none."""
    if not isinstance(module, ModuleType) or module.__name__ == "__main__":
        return ""
    file = getattr(module, "__file__", None)
    folders = [str(file)] if file and not hasattr(module, "__path__") else [*getattr(module, "__path__", ())]
    return os.path.dirname(os.path.realpath(str(folders[0]))) if folders else ""  # noqa: PTH120  (strings all the way)


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
