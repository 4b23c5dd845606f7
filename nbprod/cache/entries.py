"""Entries: small files, by key, that say what a piece of work saw and made, and which blobs hold it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_64_hexdigest

from nbprod.cache import files
from nbprod.cache.blobs import Blob

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENDING, HITS = ".json", ".hits"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was kept under a key: `facts` as they were given, its blobs, and its file."""

    key: str
    facts: Mapping[str, Any]
    blobs: tuple[Blob, ...]
    path: Path

    @property
    def size(self) -> int:
        """The bytes of its blobs."""
        return sum(each.size for each in self.blobs)


def put(folder: Path, key: str, facts: Mapping[str, Any], blobs: Sequence[Blob]) -> Entry:
    """Write an entry; one of the same facts takes the place of the one that stood there. Raises OSError."""
    content = {"key": key, "facts": facts, "blobs": [(each.digest, each.size) for each in blobs]}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    name = xxh3_64_hexdigest(json.dumps(facts.get("observed"), sort_keys=True).encode())
    path = folder_of(folder, key) / f"{name}{ENDING}"
    files.write(path, [files.signed(text)])
    return Entry(key, facts, tuple(blobs), path)


def of_key(folder: Path, key: str) -> Iterator[Entry]:
    """Yield the entries of a key; a damaged one is taken away."""
    place = f"{folder}/entries/{key[:2]}/{key}"
    try:
        names = os.listdir(place)  # noqa: PTH208  (no objects: each µs counts)
    except OSError:
        return
    for name in sorted(each for each in names if each.endswith(ENDING) and not each.startswith(".")):
        if (entry := read(Path(place, name))) is not None:
            yield entry


def read(path: Path) -> Entry | None:
    """Return the entry that the file holds; None, and the file is gone, if it is damaged."""
    try:
        text = path.read_bytes()
    except OSError:
        return None
    try:
        content = json.loads((files.unsigned(text) or b"").decode("utf-8", "surrogatepass"))
        return Entry(content["key"], content["facts"], tuple(Blob(*each) for each in content["blobs"]), path)
    except (ValueError, KeyError, TypeError):
        remove(path)
        return None


def used(entry: Entry) -> None:
    """Note that the entry was used: a byte more in the file beside it, whose time says when. Raises OSError."""
    handle = os.open(entry.path.with_suffix(HITS), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(handle, b".")
    finally:
        os.close(handle)


def hits(path: Path) -> tuple[int, float]:
    """How often the entry was used, and when last or when it was made."""
    made = path.stat().st_mtime
    try:
        found = path.with_suffix(HITS).stat()
    except FileNotFoundError:
        return 0, made
    return found.st_size, max(made, found.st_mtime)


def remove(path: Path) -> None:
    """Take an entry away; its blobs stay for whoever else has them."""
    for each in (path, path.with_suffix(HITS)):
        with suppress(OSError):
            each.unlink(missing_ok=True)


def paths(folder: Path) -> Iterator[Path]:
    """Yield the files of all entries."""
    yield from sorted((folder / "entries").glob(f"*/*/[!.]*{ENDING}"))


def folder_of(folder: Path, key: str) -> Path:
    """The folder of a key's entries."""
    return folder / "entries" / key[:2] / key
