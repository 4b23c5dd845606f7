"""Parameters: what their files hold, and the values of the keys that a stage takes, as DVC reads both."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import NbprodError
from nbprod.repro.memory import as_json_keeps, digest
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from nbprod.repro.memory import Memory
    from nbprod.repro.stages import Params

MISSING = object()
_WILD = frozenset("*?[]!")


class ParameterFiles:
    """Reads files of parameters, each once for its content."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.read: dict[str, Any] = {}

    def forget(self) -> None:
        """Look at the disk again."""
        self.read.clear()

    def values(self, params: Params) -> dict[str, Any] | None:
        """Return the values of the keys that exist (without keys: all of the file), or None without the file."""
        tree = self.tree(params.full)
        if tree is MISSING:
            return None
        if not params.keys:
            if not isinstance(tree, dict):
                raise LeftToDvc("parameter", params.full)
            return dict(tree)
        found = {key: _at(tree, key, params.full) for key in params.keys}
        return {key: value for key, value in found.items() if value is not MISSING}

    def tree(self, path: str) -> Any:
        """Return what the file holds, or MISSING."""
        if path not in self.read:
            self.read[path] = self._tree(path)
        return self.read[path]

    def _tree(self, path: str) -> Any:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return MISSING
        except (IsADirectoryError, NotADirectoryError) as error:
            raise LeftToDvc("parameter", path) from error
        suffix = os.path.splitext(path)[1].lower()
        key = f"{suffix}:{digest(content)}"
        known = self.memory.get("params", key)
        if known is not None:
            return known
        try:
            tree = _parsed(content.decode(), suffix, path)
        except (ValueError, NbprodError) as error:
            raise LeftToDvc("parameter", path) from error
        if as_json_keeps(tree) and tree is not None:
            self.memory.put("params", key, tree)
        return tree


def _parsed(text: str, suffix: str, path: str) -> Any:
    if suffix == ".json":
        return json.loads(text)
    if suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    if suffix == ".py":
        return _python(text, path)
    found = yaml.parse(text, path)
    return found or {}


def _python(text: str, path: str) -> Any:
    """Ask DVC itself: what it takes for a parameter in a Python file is its own."""
    from dvc.utils.serialize import ParseError, parse_py

    try:
        return parse_py(text, path)
    except ParseError as error:
        raise LeftToDvc("parameter", path) from error


def _at(tree: Any, key: str, path: str) -> Any:
    """Return what stands at the dotted key.

    >>> _at({"a": {"b": [5, 6]}}, "a.b.1", ""), _at({}, "a", "") is MISSING
    (6, True)
    """
    if _WILD & set(key) or not all(key.split(".")):
        raise LeftToDvc("parameter", f"{path}: {key}")
    for part in key.split("."):
        if isinstance(tree, dict):
            tree = next((value for name, value in tree.items() if str(name) == part), MISSING)
        elif isinstance(tree, list | tuple):
            tree = tree[int(part)] if part.isdigit() and int(part) < len(tree) else MISSING
        else:
            return MISSING
    return tree
