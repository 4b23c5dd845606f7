"""The project's own modules that a step uses: when a helper file changes, the step is out of date."""

from __future__ import annotations

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
    imports = [each.name for each in step.definitions if each.kind is DefinitionKind.IMPORT]
    pending = [module for name in imports if (module := _module_of(value(name))) and not _is_ours(module)]
    found: dict[str, None] = {}
    while pending:
        path = _file(pending.pop())
        if path in found or not _is_own(path, root):
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
    modules = [each for each in sys.modules.copy().values() if isinstance(each, ModuleType) and _file(each) == path]
    for module in modules:
        for value in vars(module).copy().values():
            used = _module_of(value)
            if used is not None and not _is_ours(used):
                yield used


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.partition(".")[0] == OWN
