"""Keeping the store small: what was used longest ago goes first, and never what a living process uses."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.cache import entries, locks
from nbprod.cache.survey import files, is_draft, survey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbprod.cache.survey import Kept, Survey

SETTLING = 60.0  # seconds within which a blob may still wait for its entry


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many entries and bytes were taken away, and what is left; `in_use` are those that had to stay."""

    entries: int
    freed: int
    left: int
    size: int
    in_use: int = 0


def prune(
    folder: Path, *, most: int | None = None, unused_for: float | None = None, everything: bool = False
) -> Pruned:
    """Take away what is unused for that many seconds, then what was used longest ago until `most` bytes are left.

    Raises:
        OSError: the folder can't be changed.
    """
    if not folder.is_dir():
        return Pruned(0, 0, 0, 0)
    lock = locks.acquire(folder / "prune.lock", wait=True)
    try:
        since = locks.leased_since(folder)
        before = survey(folder)
        going = [*_going(before, most, unused_for, everything=everything)]
        free = [each for each in going if each.used < since]
        for each in free:
            entries.remove(each.entry.path)
        gone = {each.entry.path for each in free}
        _sweep(folder, [each for each in before.kept if each.entry.path not in gone], since)
        left = sum(size for _, size, _ in files(folder))
        return Pruned(len(free), before.size - left, len(before.kept) - len(free), left, len(going) - len(free))
    finally:
        if lock is not None:
            lock.release()


def _going(found: Survey, most: int | None, unused_for: float | None, *, everything: bool) -> Iterable[Kept]:
    old = time.time() - unused_for if unused_for is not None else float("-inf")
    owners: dict[str, int] = {}
    for each in found.kept:
        for blob in each.entry.blobs:
            owners[blob.digest] = owners.get(blob.digest, 0) + 1
    size = found.size
    for each in found.kept:
        if not (everything or each.used < old or (most is not None and size > most)):
            continue
        for blob in each.entry.blobs:
            owners[blob.digest] -= 1
            size -= blob.size if owners[blob.digest] == 0 else 0
        yield each


def _sweep(folder: Path, kept: Iterable[Kept], since: float) -> None:
    """Take away blobs that no entry has, unless one may be about to be written; folders that became empty, too."""
    wanted = {blob.digest for each in kept for blob in each.entry.blobs}
    settled = min(since, time.time() - SETTLING)
    for path, _, written in files(folder):
        if path.name not in wanted and written < (time.time() - SETTLING if is_draft(path) else settled):
            with suppress(OSError):
                path.unlink()
    for each in (folder / "entries").glob("*/*"):
        with suppress(OSError):
            each.rmdir()
    for lock in (folder / "locks").glob("*"):  # of processes that were killed
        with suppress(OSError):
            if (held := locks.acquire(lock, wait=False)) is not None:
                held.release()
