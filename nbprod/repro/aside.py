"""The previous outputs of a stage while it runs: moved aside, not removed, and put back unless it ends well."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.repro.storing import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NOTE = ".json"


@dataclass(frozen=True, slots=True)
class Aside:
    """What stood at some paths, kept in a folder under a name of its own, with a note of which paths these are."""

    folder: str
    name: str
    paths: tuple[str, ...]
    kept: tuple[int, ...] = ()

    def put_back(self) -> None:
        """Give each path what stood there, in place of what a run may have left."""
        for at, path in enumerate(self.paths):
            remove(path)
            if at in self.kept:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                move(self._place(at), path)
        self.forget()

    def forget(self) -> None:
        """Remove what was moved aside."""
        # The note goes first: what is kept without one is rubbish.
        if self.kept:
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self.folder, f"{self.name}{NOTE}"))
        for at in self.kept:
            remove(self._place(at))

    def _place(self, at: int) -> str:
        return os.path.join(self.folder, f"{self.name}-{at}")


def moved(paths: Sequence[str], folder: str, name: str) -> Aside:
    """Move what stands at these paths into the folder."""
    kept = tuple(at for at, path in enumerate(paths) if os.path.lexists(path))
    aside = Aside(folder, name, tuple(paths), kept)
    if kept:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{name}{NOTE}"), "w", encoding="ascii") as file:
            json.dump(paths, file)
    for at in kept:
        move(paths[at], aside._place(at))  # noqa: SLF001  (its own maker)
    return aside


def recover(folder: str, complete: Callable[[str], bool]) -> list[str]:
    """Put back what runs that were killed had moved aside, and return the paths.

    Where the run was `complete`, the new outputs stay.
    """
    recovered: list[str] = []
    for note in _notes(folder):
        left = _noted(folder, note.removesuffix(NOTE))
        if left is None or all(complete(path) for path in left.paths):
            continue
        left.put_back()
        recovered += left.paths
    shutil.rmtree(folder, ignore_errors=True)
    return recovered


def _notes(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(NOTE))
    except FileNotFoundError:
        return []


def _noted(folder: str, name: str) -> Aside | None:
    try:
        with open(os.path.join(folder, f"{name}{NOTE}"), encoding="ascii") as file:
            paths = tuple(map(str, json.load(file)))
    except (OSError, ValueError, TypeError):
        return None
    kept = tuple(at for at in range(len(paths)) if os.path.lexists(os.path.join(folder, f"{name}-{at}")))
    return Aside(folder, name, paths, kept) if kept else None


def move(source: str, target: str) -> None:
    """Rename, across disks if it must be."""
    try:
        os.rename(source, target)
    except OSError:
        shutil.move(source, target)  # another disk
