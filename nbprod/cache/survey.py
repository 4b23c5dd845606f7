"""What the store holds."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.cache import entries
from nbprod.cache.files import DRAFT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.cache.entries import Entry


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry, how often it was used, and when last (Unix seconds)."""

    entry: Entry
    hits: int
    used: float


@dataclass(frozen=True, slots=True)
class Survey:
    """The store's folder, its entries, least recently used first, and the bytes of its blobs on disk."""

    folder: Path
    kept: tuple[Kept, ...]
    size: int


def survey(folder: Path) -> Survey:
    """Return what the store holds; nothing if there is none."""
    found = [each for path in entries.paths(folder) if (each := _kept(path)) is not None]
    return Survey(folder, tuple(sorted(found, key=lambda each: each.used)), sum(size for _, size, _ in files(folder)))


def _kept(path: Path) -> Kept | None:
    entry = entries.read(path)
    if entry is None:
        return None
    try:
        return Kept(entry, *entries.hits(path))
    except OSError:  # taken away meanwhile
        return None


def files(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Yield each blob's file, drafts that a process left behind included, with its size and time."""
    with suppress(OSError):
        for part in sorted((folder / "blobs").iterdir()):
            with suppress(OSError), os.scandir(part) as found:
                for each in found:
                    stat = each.stat()
                    yield part / each.name, stat.st_size, stat.st_mtime


def is_draft(path: Path) -> bool:
    """Whether the file is one that was being written."""
    return path.name.endswith(DRAFT)
