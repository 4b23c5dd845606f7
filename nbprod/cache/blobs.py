"""Buffers on disk, named by what they hold: written once, looked through each time that they are read."""

from __future__ import annotations

import mmap
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xxhash import xxh3_128

from nbprod.cache import files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Buffer = bytes | bytearray | memoryview
ALIGNED = 64  # bytes; what arrays are read fastest from
MAGIC = b"nbprod1\n"
POPULATE_READ = 22  # Linux 5.14: bring all pages in at once; older systems refuse, and bring them in one by one


class DamagedError(Exception):
    """A blob isn't there, or isn't what was written."""


@dataclass(frozen=True, slots=True)
class Blob:
    """The name of a blob, which is the digest of its content, and its size on disk."""

    digest: str
    size: int


def put(folder: Path, buffers: Sequence[Buffer]) -> Blob:
    """Write the buffers as one blob, unless there is one that holds the same; raises OSError."""
    parts = [*_framed(buffers)]
    digest = xxh3_128()
    for part in parts:
        digest.update(part)
    blob = Blob(digest.hexdigest(), sum(memoryview(part).nbytes for part in parts))
    path = path_of(folder, blob)
    try:
        if path.stat().st_size == blob.size:
            os.utime(path)  # as young as if it were written now: whoever tidies leaves it alone
            return blob
    except FileNotFoundError:
        pass
    files.write(path, parts)
    return blob


def mapped(folder: Path, blob: Blob) -> mmap.mmap:
    """Return the blob's file mapped into memory, not looked through yet; it stays even where the file goes away.

    Raises:
        DamagedError: it isn't there.
    """
    path = path_of(folder, blob)
    try:
        with path.open("rb") as stream:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path.name} can't be read") from error


def looked_through(folder: Path, blob: Blob, whole: mmap.mmap) -> list[memoryview]:
    """Return the buffers of a mapped blob: writing to them changes this process's copy only.

    Raises:
        DamagedError: it isn't what was written; the file was taken away, so that it will be written anew.
    """
    with suppress(OSError, ValueError):
        whole.madvise(POPULATE_READ)
    view = memoryview(whole)
    digest = xxh3_128()
    digest.update(view)
    if digest.hexdigest() != blob.digest:
        path = path_of(folder, blob)
        with suppress(OSError):
            path.unlink()
        raise DamagedError(f"{path.name} is damaged")
    return [*_unframed(view)]


def is_there(folder: Path, blob: Blob) -> bool:
    """Whether a file of that name and size is there; what it holds is looked at when it is read."""
    try:
        return path_of(folder, blob).stat().st_size == blob.size
    except OSError:
        return False


def path_of(folder: Path, blob: Blob) -> Path:
    """The blob's file."""
    return folder / "blobs" / blob.digest[:2] / blob.digest


def _framed(buffers: Sequence[Buffer]) -> Iterator[Buffer]:
    """What stands in the file: how many buffers, their lengths, and each of them at an aligned place."""
    lengths = [memoryview(each).nbytes for each in buffers]
    head = MAGIC + struct.pack(f"<Q{len(lengths)}Q", len(lengths), *lengths)
    yield head + _filling(len(head))
    for each, length in zip(buffers, lengths, strict=True):
        yield memoryview(each).cast("B") if length else b""
        yield _filling(length)


def _unframed(view: memoryview) -> Iterator[memoryview]:
    count = struct.unpack_from("<Q", view, len(MAGIC))[0]
    lengths = struct.unpack_from(f"<{count}Q", view, len(MAGIC) + 8)
    at = len(MAGIC) + 8 * (count + 1)
    at += len(_filling(at))
    for length in lengths:
        yield view[at : at + length]
        at += length + len(_filling(length))


def _filling(length: int) -> bytes:
    return bytes(-length % ALIGNED)
