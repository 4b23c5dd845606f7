"""`${…}` in dvc.yaml, as far as a plain stage needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import ProjectBroken

if TYPE_CHECKING:
    from pathlib import Path

_HOLE = re.compile(r"(?<!\\)\$\{\s*([^{}]+?)\s*\}")


@dataclass(frozen=True, slots=True)
class Templates:
    """What `${key}` stands for: the values of params.yaml, and those that `vars` adds."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, tree: Mapping[str, Any], root: Path) -> Templates:
        """Return the templates of a parsed dvc.yaml; files are read only where something refers to them."""
        if not _mentions(tree.get("stages")):
            return cls({})
        values: dict[str, Any] = dict(_mapping(root / "params.yaml"))
        for entry in tree.get("vars") or []:
            values |= entry if isinstance(entry, dict) else _mapping(root / str(entry).partition(":")[0])
        return cls(values)

    def fill(self, value: Any, stage: str) -> Any:
        """Return the value with every `${key}` in its strings replaced; ProjectBroken names an unknown key."""
        if isinstance(value, str):
            return _HOLE.sub(lambda hole: str(self._look_up(hole[1], stage)), value)
        if isinstance(value, dict):
            return {self.fill(key, stage): self.fill(each, stage) for key, each in value.items()}
        return [self.fill(each, stage) for each in value] if isinstance(value, list) else value

    def _look_up(self, key: str, stage: str) -> Any:
        found = look_up(self.values, key)
        if found is MISSING:
            raise ProjectBroken(
                f"dvc.yaml: stage {stage!r} refers to ${{{key}}}, which neither params.yaml nor vars has",
                hint="Add it there, or write the value out",
            )
        return found


MISSING = object()


def look_up(values: object, key: str) -> Any:
    """Return what stands at the dotted key, or MISSING.

    >>> look_up({"flights": {"seed": 0}}, "flights.seed"), look_up({}, "seed") is MISSING
    (0, True)
    """
    for part in key.split("."):
        if isinstance(values, Mapping) and part in values:
            values = values[part]
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return MISSING
    return values


def _mentions(stages: object) -> bool:
    return "${" in json.dumps(stages, default=str)


def _mapping(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    tree = yaml.parse(path.read_text(encoding="utf-8"), path.name)
    return tree if isinstance(tree, dict) else {}
