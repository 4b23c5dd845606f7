"""What stages' processes would import first: the modules that the project's steps import, found by reading them."""

from __future__ import annotations

import ast
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nbprod.repro.memory import Memory

MOST = 5000  # modules
ALWAYS = ("nbprod.cli", "nbprod.run", "nbprod.report")


@dataclass(frozen=True, slots=True)
class Preload:
    """What the process that steps are forked from imports.

    `first` is all that the steps in `light` need, among them the one that runs first: they can run while the `rest` is
    imported.
    """

    first: tuple[str, ...]
    rest: tuple[str, ...]
    light: frozenset[str]


def preload(root: str, targets: Sequence[str], memory: Memory) -> Preload:
    """Return what the steps import from elsewhere, in the order in which they run; our own may change meanwhile.

    What they were seen to import besides in earlier runs comes behind it. Light is a step that needs no package which
    the first one does not need.
    """
    needed = {target: _needed(target, root, memory) for target in targets}
    opening = _packages(next(iter(needed.values()), ()))
    light = frozenset(target for target, names in needed.items() if _packages(names) <= opening)
    first = dict.fromkeys(ALWAYS)
    for target, names in needed.items():
        first |= dict.fromkeys(names if target in light else ())
    rest = dict.fromkeys(name for names in needed.values() for name in names if name not in first)
    return Preload(tuple(first), tuple(rest), light)


def learn(target: str, names: Sequence[str], memory: Memory) -> None:
    """Remember what a step had to import by itself."""
    known = memory.get("imports", target) or []
    new = [name for name in names if name not in known]
    if new and len(known) < MOST:
        memory.put("imports", target, [*known, *new])


def _needed(target: str, root: str, memory: Memory) -> tuple[str, ...]:
    package, _, step = target.partition(".")
    own: dict[str, None] = {f"{package}.steps.{step}": None}
    found: dict[str, None] = {}
    waiting = list(own)
    while waiting:
        for name in _imported(waiting.pop(0), root):
            if not _is_own(name, root):
                found[name] = None
            elif name not in own:
                own[name] = None
                waiting.append(name)
    return tuple(found | dict.fromkeys(memory.get("imports", target) or ()))


def _packages(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def _imported(module: str, root: str) -> Iterator[str]:
    place = os.path.join(root, *module.split("."))
    for file in (f"{place}.py", os.path.join(place, "__init__.py")):
        with suppress(OSError, ValueError, SyntaxError), open(file, "rb") as source:
            yield from _names(ast.parse(source.read()), root)
            return


def _names(tree: ast.AST, root: str) -> Iterator[str]:
    """The modules that it imports, but for those that only its types need."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                yield node.module
                if _is_own(node.module, root):
                    yield from (f"{node.module}.{each.name}" for each in node.names)
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield from _names(node, root)


def _is_own(name: str, root: str) -> bool:
    top = os.path.join(root, name.partition(".")[0])
    return os.path.exists(top) or os.path.exists(f"{top}.py")
