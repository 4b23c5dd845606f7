"""A store behind the store, at a URL that machines share: what is kept goes there, what isn't here comes from there.

The folder in front of it is used as if it were alone. Nobody tidies what lies behind: that is the storage's own affair.
"""

from __future__ import annotations

import random
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xxhash import xxh3_128_hexdigest

from nbprod.adapters import fsspec
from nbprod.cache import blobs, entries, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.cache.blobs import Blob
    from nbprod.cache.entries import Entry
    from nbprod.errors import StorageFailed

_ADDRESS = re.compile(r':? "?https?://\S+')  # of a request: it names what was asked for


class Beyond:
    """What lies at `url`, brought into `folder` and put there from it. All raise StorageFailed, and OSError of here."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url.rstrip("/")
        self.folder = folder

    def bring_entries(self, key: str) -> Iterator[Entry]:
        """Bring the entries of a key that are not here, and yield them; their blobs are still to be brought."""
        here = {each.path.name for each in entries.of_key(self.folder, key)}
        place = entries.folder_of(self.folder, key)
        for name in self._names(self._at(place)):
            content = self._read(place / name) if name not in here and name.endswith(entries.ENDING) else None
            if content is not None:
                files.write(place / name, [content])
                if (entry := entries.read(place / name)) is not None:
                    yield entry

    def bring_blob(self, blob: Blob) -> bool:
        """Bring a blob; False where there is none, or a damaged one, which is taken away."""
        path = blobs.path_of(self.folder, blob)
        content = self._read(path)
        if content is None:
            return False
        if xxh3_128_hexdigest(content) != blob.digest:
            self._remove(path)
            return False
        files.write(path, [content])
        return True

    def put(self, entry: Entry) -> None:
        """Put an entry there, its blobs before it: where it stands, all stand."""
        for blob in entry.blobs:
            self._put(blobs.path_of(self.folder, blob), size=blob.size)
        self._put(entry.path)

    def fault(self, error: StorageFailed) -> str:
        """Return what is wrong with the storage, in the same words whatever was asked of it: many runs may say it.

        >>> from pathlib import Path
        >>> from nbprod.errors import StorageFailed
        >>> Beyond("s3://b/c", Path()).fault(StorageFailed('s3://b/c/entries/1 is gone: no "http://x/?prefix=1"'))
        's3://b/c is gone: no'
        """
        return _ADDRESS.sub("", re.sub(rf"{re.escape(self.url)}[^\s,:]*", lambda _: self.url, error.message))

    def _at(self, path: Path) -> str:
        return f"{self.url}/{path.relative_to(self.folder).as_posix()}"

    def _names(self, url: str) -> list[str]:
        fs, place = fsspec.filesystem(url)
        try:
            with _undisturbed(), fsspec.translated(url):
                return sorted(each.rpartition("/")[2] for each in fs.ls(place, detail=False, refresh=True))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _read(self, path: Path) -> bytes | None:
        try:
            with _undisturbed():
                return fsspec.read(self._at(path))
        except FileNotFoundError:
            return None

    def _put(self, path: Path, size: int = -1) -> None:
        """Put a file there, unless there is one of that size: its name says what it holds."""
        fs, place = fsspec.filesystem(self._at(path))
        with _undisturbed(), fsspec.translated(self._at(path), writing=True):
            if size < 0 or not fs.exists(place) or fs.size(place) != size:
                fs.pipe_file(place, path.read_bytes())

    def _remove(self, path: Path) -> None:
        fs, place = fsspec.filesystem(self._at(path))
        with _undisturbed(), fsspec.translated(self._at(path)):
            fs.rm_file(place)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What a client of the network draws for itself is not to move on the notebook's random numbers."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
