"""The folder of a batch: a local one or an fsspec URL. What is written in it is written whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from nbprod.adapters import fsspec
from nbprod.values import whole_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Folder:
    """Where it is: `url` as it was given. Paths in it have forward slashes."""

    url: str

    @property
    def local(self) -> Path | None:
        """Its path, if it lies on this machine."""
        return Path(self.url.partition("://")[2] or self.url).absolute() if fsspec.is_local(self.url) else None

    @property
    def absolute(self) -> str:
        """Its URL, or its path as any process of this machine finds it."""
        return str(self.local) if self.local else self.url

    def at(self, path: str) -> str:
        """Return the URL or path of a file in it."""
        return f"{self.url.rstrip('/')}/{path}"

    def read(self, path: str) -> bytes | None:
        """Return a file's content, None where there is none."""
        try:
            return fsspec.read(self.at(path))
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Write a file whole.

        Raises:
            WriteFailed, StorageFailed: The disk or the storage refused; what stood there still stands.
        """
        if self.local:
            write_whole(self.local / path, content)
            return
        fs, place = fsspec.filesystem(self.at(path))
        with fsspec.translated(self.at(path), writing=True):
            fs.pipe_file(place, content)

    @contextmanager
    def filling(self, path: str, last: str) -> Iterator[Path]:
        """Yield an empty local folder whose content takes the place of the folder `path` when the block ends well.

        On a storage that can't rename a folder, the file `last` comes last: where it stands, all stand.
        """
        if self.local:
            with whole_folder(self.local / path) as draft:
                yield draft
            return
        with TemporaryDirectory(prefix="nbprod-run-") as scratch:
            yield Path(scratch)
            self._put(Path(scratch), path, last)

    def _put(self, scratch: Path, path: str, last: str) -> None:
        fs, place = fsspec.filesystem(self.at(path))
        with fsspec.translated(self.at(path), writing=True):
            fs.invalidate_cache()
            if fs.exists(place):
                fs.rm(place, recursive=True)
            files = sorted((each for each in scratch.rglob("*") if each.is_file()), key=lambda each: each.name == last)
            for each in files:  # one by one: the last one says that all are there
                fs.put_file(str(each), f"{place}/{each.relative_to(scratch).as_posix()}")

    def names(self, path: str = "") -> list[str]:
        """Return the names of what lies in a folder of it, sorted; none where there is no such folder."""
        fs, place = fsspec.filesystem(self.at(path).rstrip("/"))
        try:
            with fsspec.translated(self.at(path)):
                fs.invalidate_cache()
                return sorted(each.rstrip("/").rpartition("/")[2] for each in fs.ls(place, detail=False))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def read_all(self, paths: Iterable[str]) -> list[bytes | None]:
        """Return the contents of several files, side by side; None for one that is not there."""
        listed = list(paths)
        if self.local or not listed:
            return [self.read(path) for path in listed]
        places = [fsspec.filesystem(self.at(path))[1] for path in listed]
        fs, _ = fsspec.filesystem(self.url)
        with fsspec.translated(self.url):
            found = fs.cat(places, on_error="return")
        return [content if isinstance(content := found.get(place), bytes) else None for place in places]
