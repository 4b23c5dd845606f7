"""The previous outputs of a stage while it runs: moved aside, not removed, and put back unless it ends well."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.adapters import process
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


def named(number: int) -> str:
    """Return the name of this process's aside of that number."""
    return f"{os.getpid()}-{number}"


def recover(folder: str, complete: Callable[[str], bool]) -> list[str]:
    """Put back what runs that were killed had moved aside, and return the paths; what lives keeps its own.

    Where the run was `complete`, the new outputs stay.
    """
    recovered: list[str] = []
    names = _names_of_the_dead(folder)
    for note in (each for each in names if each.endswith(NOTE)):
        left = _noted(folder, note.removesuffix(NOTE))
        if left is None or all(complete(path) for path in left.paths):
            continue
        left.put_back()
        recovered += left.paths
    for name in names:
        remove(os.path.join(folder, name))
    with suppress(OSError):
        os.rmdir(folder)
    return recovered


def _names_of_the_dead(folder: str) -> list[str]:
    """What processes that live no more have in the folder."""
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    makers = {name: name.partition("-")[0] for name in names}
    others = {each for each in makers.values() if each.isdecimal() and int(each) != os.getpid()}
    living = {each for each in others if process.lives(int(each))}
    return [name for name in names if makers[name] not in living]


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
