"""The project's own modules that a step uses: when a helper file changes, the step is out of date."""

from __future__ import annotations

import ast
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbprod.model.graph import DefinitionKind
from nbprod.record.relevance import relevant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nbprod.model.graph import Step

OWN = "nbprod"  # its marks are in the notebook, and its development is no change of the user's data


def module_files(step: Step, value: Callable[[str], Any], root: Path) -> tuple[str, ...]:
    """The files below the project's root of the modules that the step imports, directly or through one another."""
    imports = [each for each in step.definitions if each.kind is DefinitionKind.IMPORT]
    sources = [*(each.source for each in imports), *(block.python for block in step.blocks)]
    pending = [module for each in imports if (module := _module_of(value(each.name)))]
    pending += [module for source in sources for module in _imported(source, "")]
    found: dict[str, None] = {}
    while pending:
        module = pending.pop()
        path = _file(module)
        if path in found or _is_ours(module) or not _is_own(path, root):
            continue
        found[path] = None
        pending += _used_by(path)
    return relevant(found, root)


def _module_of(value: Any) -> ModuleType | None:
    if isinstance(value, ModuleType):
        return value
    return sys.modules.get(str(getattr(value, "__module__", "")))


def _file(module: ModuleType) -> str:
    return os.path.realpath(getattr(module, "__file__", None) or "")


def _is_own(path: str, root: Path) -> bool:
    return path.endswith(".py") and bool(relevant([path], root)) and path.startswith(os.path.realpath(root) + os.sep)


def _used_by(path: str) -> Iterator[ModuleType]:
    """The modules that the one at `path` imports: as its names tell, and as its text does, for constants name none."""
    modules = [each for each in sys.modules.copy().values() if isinstance(each, ModuleType) and _file(each) == path]
    for module in modules:
        found = (_module_of(value) for value in vars(module).copy().values())
        yield from (used for used in found if used is not None)
        yield from _imported(_text(path), getattr(module, "__package__", None) or "")


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (strings all the way)
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _imported(source: str, package: str) -> Iterator[ModuleType]:
    """The loaded modules that a text imports, with the packages that they lie in."""
    try:
        nodes = [*ast.walk(ast.parse(source))]
    except SyntaxError:
        return
    names = {name for node in nodes for name in _names(node, package)}
    above = {".".join(name.split(".")[:count]) for name in names for count in range(1, name.count(".") + 2)}
    for name in sorted(above):
        module = sys.modules.get(name)
        if isinstance(module, ModuleType):
            yield module


def _names(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
        name = ".".join(each for each in (base, node.module) if each)
        yield name
        yield from (f"{name}.{each.name}" for each in node.names)


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.partition(".")[0] == OWN
