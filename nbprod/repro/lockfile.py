"""dvc.lock: read, with each stage's block of text kept, and written as DVC writes it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import ProjectBroken
from nbprod.repro.memory import as_json_keeps, digest
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from nbprod.repro.memory import Memory

HEADER = "schema: '2.0'\nstages:\n"
_CONFLICT = re.compile(r"^(<{7}|>{7}) .*$", re.MULTILINE)
_BLOCK = re.compile(r"^  (?=[^\s-])", re.MULTILINE)
_LOOSE = re.compile(r"^\S", re.MULTILINE)
_ANCHOR = re.compile(r"(?<=[\s-])[&*]\w")


@dataclass(frozen=True, slots=True)
class Lock:
    """What dvc.lock says of each stage; `blocks` has its text, empty where the file isn't written as DVC does."""

    path: str
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def saying(self, name: str, data: dict[str, Any], block: str) -> Lock:
        """Return the lock with a stage's entry replaced, in its place, or added at the end."""
        return replace(self, stages=self.stages | {name: data}, blocks=self.blocks | {name: block})

    def joined(self) -> str:
        """Return the whole text."""
        return HEADER + "".join(self.blocks.values())


def lock_path(pipeline: str) -> str:
    """Return where the lock of a dvc.yaml stands.

    >>> lock_path("/a/dvc.yaml")
    '/a/dvc.lock'
    """
    return os.path.splitext(pipeline)[0] + ".lock"


def read(path: str, memory: Memory) -> Lock:
    """Return the lock at that path, an empty one where there is none.

    Raises:
        ProjectBroken: It is no YAML, or holds the markers of a merge; the line is named.
        LeftToDvc: It is YAML of a form that DVC may refuse.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        return Lock(path)
    except UnicodeDecodeError as error:
        raise ProjectBroken(f"{path} is not UTF-8", hint=_CURE) from error
    if conflict := _CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        raise ProjectBroken(f"{path}, line {line}: two branches were merged here, and not resolved", hint=_CURE)
    lock = by_blocks(path, text, memory) or _whole(path, text)
    _checked(lock)
    return lock


_CURE = "Take either side (git checkout --ours dvc.lock), or delete the file: only what differs will run again"


def by_blocks(path: str, text: str, memory: Memory) -> Lock | None:
    """Read stage by stage, most of which are known; None where the text isn't laid out as DVC does."""
    if not text.startswith(HEADER) or not text.endswith("\n"):
        return None
    body = text[len(HEADER) :]
    starts = [each.start() for each in _BLOCK.finditer(body)]
    if (starts and starts[0]) or _LOOSE.search(body) or _ANCHOR.search(body) or (body and not starts):
        return None
    stages, blocks = {}, {}
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        block = body[start:end]
        parsed = _parsed(block, memory)
        if parsed is None or parsed[0] in stages:
            return None
        name, data = parsed
        stages[name], blocks[name] = data, block
    return Lock(path, stages, blocks, text)


def _parsed(block: str, memory: Memory) -> tuple[str, Any] | None:
    key = digest(block.encode())
    known = memory.get("blocks", key)
    if known is None:
        try:
            found = yaml.parse(block, "dvc.lock")
        except ProjectBroken:
            return None
        if not isinstance(found, dict) or len(found) != 1:
            return None
        known = next(iter(found.items()))
        if as_json_keeps(list(known)):
            memory.put("blocks", key, list(known))
    return known[0], known[1]


def _whole(path: str, text: str) -> Lock:
    try:
        found = yaml.parse(text, path) or {}
    except ProjectBroken as error:
        raise ProjectBroken(error.message, hint=_CURE) from error
    if not isinstance(found, dict) or (found and found.get("schema") != "2.0"):
        raise LeftToDvc("lock", path)
    return Lock(path, found.get("stages") or {}, {}, text)


def _checked(lock: Lock) -> None:
    if not isinstance(lock.stages, dict) or not all(_entry_holds(each) for each in lock.stages.values()):
        raise LeftToDvc("lock", lock.path)
    entries = (each for data in lock.stages.values() for part in ("deps", "outs") for each in data.get(part, ()))
    for each in entries:
        if "files" in each or "cloud" in each or "version_id" in each:
            raise LeftToDvc("cloud-versioned", lock.path)
        if "dataset" in each:
            raise LeftToDvc("dataset", lock.path)
        if "md5" in each and each.get("hash") != "md5":
            raise LeftToDvc("legacy-hash", lock.path)


def _entry_holds(data: Any) -> bool:
    if not isinstance(data, dict) or not data.keys() <= {"cmd", "deps", "params", "outs"}:
        return False
    listed = [each for part in ("deps", "outs") for each in data.get(part, [])]
    params = data.get("params", {})
    return (
        isinstance(data.get("cmd"), str | list)
        and all(isinstance(each, dict) and isinstance(each.get("path"), str) for each in listed)
        and isinstance(params, dict)
        and all(isinstance(each, dict) for each in params.values())
    )
