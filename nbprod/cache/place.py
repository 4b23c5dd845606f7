"""Where the store lies, and how large it may become."""

from __future__ import annotations

import os
import re
from pathlib import Path

from nbprod.adapters.fsspec import is_local
from nbprod.errors import UsageError

FOLDER = "NBPROD_CACHE"  # the environment variables that move the store, and bound it
SIZE = "NBPROD_CACHE_SIZE"
DEFAULT_LIMIT = 10_000_000_000
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def folder_of(root: Path) -> Path:
    """The folder of the store: what NBPROD_CACHE names, else `.nbprod/cache` in the project; a URL lies beyond that."""
    given = os.environ.get(FOLDER, "")
    return Path(given).expanduser().absolute() if given and is_local(given) else root / ".nbprod" / "cache"


def url_beyond() -> str:
    """The URL of the store behind the folder, where NBPROD_CACHE is one; else ""."""
    given = os.environ.get(FOLDER, "")
    return "" if is_local(given) else given


def limit() -> int:
    """The bytes that the store may hold: what NBPROD_CACHE_SIZE says, else ten billion.

    Raises:
        UsageError: NBPROD_CACHE_SIZE is no size.
    """
    given = os.environ.get(SIZE)
    return size_of(given) if given else DEFAULT_LIMIT


def size_of(text: str) -> int:
    """Return the bytes that a size stands for.

    >>> size_of("5GB"), size_of("1.5 mb"), size_of("200")
    (5000000000, 1500000, 200)

    Raises:
        UsageError: it is no size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?b?)\s*", text.lower())
    unit = found[2] if found else "?"
    unit += "b" if unit in {"k", "m", "g", "t"} else ""
    if found is None or unit not in UNITS:
        raise UsageError(f"'{text}' is no size", hint="Write it as 500MB or 5GB.")
    return int(float(found[1]) * UNITS[unit])
