"""The folder of a batch: a local one or an fsspec URL. What is written in it is written whole or not at all."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from nbprod.adapters import fsspec
from nbprod.values import whole_folder, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        with fsspec.translated(self.at(path)):
            fs.pipe_file(place, content)

    @contextmanager
    def filling(self, path: str) -> Iterator[Path]:
        """Yield an empty local folder whose content takes the place of the folder `path` when the block ends well."""
        if self.local:
            with whole_folder(self.local / path) as draft:
                yield draft
            return
        with TemporaryDirectory(prefix="nbprod-run-") as scratch:
            yield Path(scratch)
            self._put(Path(scratch), path)

    def _put(self, scratch: Path, path: str) -> None:
        fs, place = fsspec.filesystem(self.at(path))
        with fsspec.translated(self.at(path)):
            fs.invalidate_cache()
            if fs.exists(place):
                fs.rm(place, recursive=True)
            files = [each for each in sorted(scratch.rglob("*")) if each.is_file()]
            fs.put([str(each) for each in files], [f"{place}/{each.relative_to(scratch).as_posix()}" for each in files])

    def names(self, path: str = "") -> list[str]:
        """Return the names of what lies in a folder of it, sorted; none where there is no such folder."""
        fs, place = fsspec.filesystem(self.at(path).rstrip("/"))
        try:
            with fsspec.translated(self.at(path)):
                fs.invalidate_cache()
                return sorted(each.rstrip("/").rpartition("/")[2] for each in fs.ls(place, detail=False))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def remove(self, path: str) -> None:
        """Remove a file or folder, if it is there."""
        if self.local:
            target = self.local / path
            shutil.rmtree(target, ignore_errors=True) if target.is_dir() else target.unlink(missing_ok=True)
            return
        fs, place = fsspec.filesystem(self.at(path))
        with fsspec.translated(self.at(path)):
            fs.invalidate_cache()
            if fs.exists(place):
                fs.rm(place, recursive=True)

    def read_all(self, paths: list[str]) -> dict[str, bytes]:
        """Return the contents of several files at once."""
        if not paths:
            return {}
        fs, _ = fsspec.filesystem(self.url)
        places = {fsspec.filesystem(self.at(path))[1]: path for path in paths}
        with fsspec.translated(self.url):
            found: Any = fs.cat(list(places))
        return {places[place]: content for place, content in found.items()}
