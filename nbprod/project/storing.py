"""The project's store of work that was done: what it holds, and taking some of it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod import cache
from nbprod.errors import WriteFailed
from nbprod.project.place import find_root

if TYPE_CHECKING:
    from pathlib import Path

    from nbprod.cache import Pruned, Survey


def survey(folder: Path) -> Survey:
    """Return what the store of the project around the folder holds."""
    return cache.survey(cache.folder_of(find_root(folder)))


def prune(folder: Path, *, max_size: str | None = None, days: float | None = None, everything: bool = False) -> Pruned:
    """Take away what was not used for so many days, then what was used longest ago; return what went.

    Without a size or an age, it goes down to the store's own bound.

    Raises:
        UsageError: the size is none.
        WriteFailed: the store can't be changed.
    """
    store = cache.folder_of(find_root(folder))
    bound = cache.size_of(max_size) if max_size else None if days is not None or everything else cache.limit()
    try:
        return cache.prune(store, most=bound, unused_for=None if days is None else days * 86_400, everything=everything)
    except OSError as error:
        raise WriteFailed(f"{store} can't be changed: {error.strerror}", hint="See who may write there.") from error
