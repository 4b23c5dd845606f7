"""Files of the store appear whole or not at all."""

from __future__ import annotations

import itertools
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from xxhash import xxh3_128_hexdigest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbprod.cache.blobs import Buffer

DRAFT = ".draft"
_count = itertools.count()


def write(path: Path, parts: Iterable[Buffer]) -> None:
    """Write the parts as one file: a draft beside it, then a rename; raises OSError, and leaves no draft then.

    The disk isn't asked to hold it before it goes on: what a power failure takes away is found when it is read.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.{next(_count)}{DRAFT}")
    try:
        _write(draft, parts)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(draft, parts)
    try:
        draft.replace(path)
    except OSError:
        _remove(draft)
        raise


def _write(draft: Path, parts: Iterable[Buffer]) -> None:
    try:
        with draft.open("wb", buffering=0) as stream:
            for part in parts:
                _write_all(stream.fileno(), memoryview(part).cast("B"))
    except BaseException:
        _remove(draft)
        raise


def _write_all(handle: int, content: memoryview) -> None:
    """Write every byte: the system may take fewer than it is given, more than two billion above all."""
    while content:
        content = content[os.write(handle, content) :]


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def signed(content: bytes) -> bytes:
    r"""Return the content below a line with its digest.

    >>> unsigned(signed(b"{}")), unsigned(signed(b"{}")[:-1])
    (b'{}', None)
    """
    return xxh3_128_hexdigest(content).encode() + b"\n" + content


def unsigned(text: bytes) -> bytes | None:
    """Return what was signed; None if a byte of it changed."""
    digest, _, content = text.partition(b"\n")
    return content if xxh3_128_hexdigest(content).encode() == digest else None
