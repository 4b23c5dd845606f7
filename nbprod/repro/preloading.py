"""What a stage's process would import first: the modules that the project's steps import, found by reading them."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nbprod.repro.memory import Memory

MOST = 5000  # modules
ALWAYS = ("nbprod.cli", "nbprod.run", "nbprod.report")


def modules(root: str, packages: Iterable[str], memory: Memory) -> tuple[str, ...]:
    """Return the modules that the packages import from elsewhere; the project's own may change while stages run.

    Those come behind them that earlier runs of the steps had to import besides.
    """
    found = dict.fromkeys(ALWAYS)
    for package in packages:
        for file in _files(os.path.join(root, package)):
            found |= dict.fromkeys(_imported(file, root))
    return tuple(found | dict.fromkeys(memory.get("imports", "steps") or ()))


def learn(names: Sequence[str], memory: Memory) -> None:
    """Remember what a step had to import by itself."""
    known = memory.get("imports", "steps") or []
    new = [name for name in names if name not in known]
    if new and len(known) < MOST:
        memory.put("imports", "steps", [*known, *new])


def _files(folder: str) -> Iterator[str]:
    for at, folders, files in os.walk(folder):
        folders.sort()
        yield from (os.path.join(at, name) for name in sorted(files) if name.endswith(".py"))


def _imported(file: str, root: str) -> Iterator[str]:
    tree = ast.Module([], [])
    with suppress(OSError, ValueError, SyntaxError), open(file, "rb") as source:
        tree = ast.parse(source.read())
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        yield from (name for name in names if not _own(name, root))


def _own(name: str, root: str) -> bool:
    top = os.path.join(root, name.partition(".")[0])
    return os.path.exists(top) or os.path.exists(f"{top}.py")
