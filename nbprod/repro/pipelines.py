"""All stages of a repository: each dvc.yaml, its templates resolved by DVC's own code, and each .dvc file."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import NbprodError
from nbprod.repro import defining
from nbprod.repro.memory import as_json_keeps, digest
from nbprod.repro.parameters import MISSING
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from nbprod.repro.memory import Memory
    from nbprod.repro.parameters import ParameterFiles
    from nbprod.repro.stages import Stage

_TOP = frozenset({"stages", "vars", "plots", "params", "metrics", "artifacts", "datasets"})


def stages(file: str, root: str, parameters: ParameterFiles, memory: Memory) -> list[Stage]:
    """Return the stages of a dvc.yaml, in its order.

    Raises:
        LeftToDvc: Something in it is not for us, or is such that DVC may refuse it and say why.
    """
    with open(file, "rb") as handle:
        content = handle.read()
    resolved = _resolved(file, content, root, parameters, memory)
    return [defining.stage(name, body, file, root) for name, body in resolved.items()]


def tracked(file: str, root: str, memory: Memory) -> tuple[Stage, dict[str, Any]]:
    """Return the source that a .dvc file describes, and what it says of its outs."""
    with open(file, "rb") as handle:
        content = handle.read()
    return defining.source(_tree(content, file, memory), file, root)


def _resolved(
    file: str, content: bytes, root: str, parameters: ParameterFiles, memory: Memory
) -> dict[str, dict[str, Any]]:
    """The stages without a template in them; the same text with the same values is resolved once.

    Where there is no template, DVC reads params.yaml all the same, and may not like what it finds: dates, for one.
    """
    del root
    tree = _tree(content, file, memory)
    if not isinstance(tree, dict) or not tree.keys() <= _TOP or "datasets" in tree:
        raise LeftToDvc("pipeline", file)
    found = tree.get("stages", {})
    if not isinstance(found, dict) or not all(_plain(name) and isinstance(each, dict) for name, each in found.items()):
        raise LeftToDvc("pipeline", file)
    if not _templated(content, found):
        values = parameters.tree(os.path.join(os.path.dirname(file), defining.DEFAULT_PARAMS))
        if values is not MISSING and not isinstance(values, dict):
            raise LeftToDvc("parameter", defining.DEFAULT_PARAMS)
        if values is MISSING or as_json_keeps(values):
            return {str(name): body for name, body in found.items()}
    key = f"{file}:{digest(content)}"
    known = memory.get("pipelines", key)
    if known is not None and all(_mark(path) == mark for path, mark in known["read"].items()):
        return dict(known["stages"])
    files = _Files()
    resolved = _by_dvc(tree, file, files)
    read = {path: _mark(path) for path in sorted(files.asked)}
    if as_json_keeps(resolved):
        memory.put("pipelines", key, {"read": read, "stages": resolved})
    return resolved


def _plain(name: Any) -> bool:
    """Whether DVC takes it for a stage's name: what follows an @ is a stage of a group."""
    return isinstance(name, str) and "@" not in name


def _templated(content: bytes, found: dict[str, Any]) -> bool:
    forms = {"foreach", "matrix", "do", "vars"}
    return b"${" in content or b"vars" in content or any(forms & body.keys() for body in found.values())


def _tree(content: bytes, file: str, memory: Memory) -> Any:
    key = digest(content)
    known = memory.get("pipelines", key)
    if known is not None:
        return known
    try:
        tree = yaml.parse(content.decode(), file)
    except (NbprodError, UnicodeDecodeError) as error:
        raise LeftToDvc("pipeline", file) from error
    tree = tree or {}
    if as_json_keeps(tree):
        memory.put("pipelines", key, tree)
    return tree


def _mark(path: str) -> str:
    """What a file holds, and whether it is there at all."""
    try:
        with open(path, "rb") as file:
            return digest(file.read())
    except OSError as error:
        return type(error).__name__


class _Files:
    """The files that DVC asks for while it resolves, noted; the paths' arithmetic is the system's."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    relpath = staticmethod(os.path.relpath)
    normpath = staticmethod(os.path.normpath)
    join = staticmethod(os.path.join)

    def suffix(self, path: str) -> str:
        return os.path.splitext(path)[1]

    def exists(self, path: str) -> bool:
        self.asked.add(os.path.abspath(path))
        return os.path.exists(path)

    def isdir(self, path: str) -> bool:
        self.asked.add(os.path.abspath(path))
        return os.path.isdir(path)

    def open(self, path: str, encoding: str = "utf-8") -> IO[str]:
        self.asked.add(os.path.abspath(path))
        return open(path, encoding=encoding)


def _by_dvc(tree: dict[str, Any], file: str, files: _Files) -> dict[str, dict[str, Any]]:
    from dvc.exceptions import DvcException
    from dvc.parsing import DataResolver
    from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
    from voluptuous import Invalid

    repository: Any = SimpleNamespace(fs=files, config={})
    try:
        COMPILED_MULTI_STAGE_SCHEMA(tree)
        return dict(DataResolver(repository, os.path.dirname(file), tree).resolve()["stages"])
    except (Invalid, DvcException, AssertionError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise LeftToDvc("pipeline", f"{file}: {error}") from error
