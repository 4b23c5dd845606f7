"""The MD5 of files and folders, as DVC names content; what has not changed on disk is not read again."""

from __future__ import annotations

import hashlib
import json
import os
import stat as modes
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.repro.ignoring import NAME as IGNORE_FILE
from nbprod.repro.memory import digest
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.repro.ignoring import Ignores
    from nbprod.repro.memory import Memory

DIR = ".dir"
TICK = 20_000_000  # nanoseconds within which a file system may give two writes the same time
LARGE = 1 << 20  # bytes above which a file is worth waiting for a tick, so that it need not be read again


@dataclass(frozen=True, slots=True)
class Content:
    """What stands at a path: its MD5 (with .dir for a folder), its size, for a folder how many files it holds."""

    md5: str
    size: int
    nfiles: int | None = None
    executable: bool = False

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.nfiles is not None


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder's files: (path in the folder, MD5), in the order in which DVC lists them."""

    entries: tuple[tuple[str, str], ...]

    @property
    def listing(self) -> bytes:
        """The bytes that DVC keeps of a folder in its cache."""
        return json.dumps([{"md5": md5, "relpath": path} for path, md5 in self.entries]).encode()


class Digests:
    """Finds the content of paths; each file is read once for every change on disk."""

    def __init__(self, ignores: Ignores, memory: Memory) -> None:
        self.ignores = ignores
        self.memory = memory
        self.trees: dict[str, Tree] = {}

    def of(self, path: str) -> Content | None:
        """Return what stands at the path, or None where nothing does."""
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if modes.S_ISDIR(found.st_mode):
            return self._folder(path)
        return Content(self.file(path, found), found.st_size, executable=bool(found.st_mode & 0o111))

    def tree(self, path: str) -> Tree:
        """Return the files of a folder that DVC sees, as they were when its content was last asked for."""
        if path not in self.trees:
            self._folder(path)
        return self.trees[path]

    def file(self, path: str, found: os.stat_result) -> str:
        """Return the MD5 of a file's bytes, which is known if nothing about the file on disk has changed."""
        seen = [found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns]
        known = self.memory.get("files", path)
        if known is not None and known[:4] == seen:
            return str(known[4])
        began = _after_tick(found)
        md5 = md5_of(path, found.st_size)
        if _settled(seen, began):
            self.memory.put("files", path, [*seen, md5])
        return md5

    def _folder(self, path: str) -> Content:
        known = self.memory.get("folders", path) or {}
        seen: dict[str, list[Any]] = {}
        began = time.time_ns()
        for name, file, found in self._files(path):
            signs = [found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns]
            before = known.get(name)
            if before is None or before[:4] != signs or not _settled(signs, began):
                before = [*signs, md5_of(file, found.st_size)]
            seen[name] = before
        self._remember(path, known, seen, began)
        entries = tuple((name, str(seen[name][4])) for name in sorted(seen))
        tree = self.trees[path] = Tree(entries)
        size = sum(each[1] for each in seen.values())
        return Content(digest(tree.listing) + DIR, size, len(entries))

    def _remember(self, path: str, known: dict[str, Any], seen: dict[str, list[Any]], began: int) -> None:
        settled = {name: each for name, each in seen.items() if _settled(each, began)}
        if settled != known:
            self.memory.put("folders", path, settled)

    def _files(self, top: str) -> Iterator[tuple[str, str, os.stat_result]]:
        """Yield (path in the folder, full path, what the disk says) of all files below the folder that DVC sees."""
        waiting = [(top, "")]
        while waiting:
            folder, below = waiting.pop()
            plain = self.ignores.plain(folder)
            with os.scandir(folder) as found:
                entries = list(found)
            if below and any(each.name == ".dvc" and each.is_dir() for each in entries):
                continue  # a repository of its own
            for each in entries:
                is_folder = each.is_dir()
                if (not plain or each.name[0] == ".") and not self.ignores.sees(folder, each.name, is_folder=is_folder):
                    continue
                if is_folder:
                    if not each.is_symlink():
                        waiting.append((each.path, f"{below}{each.name}/"))
                elif each.name == IGNORE_FILE:
                    raise LeftToDvc("ignore-file", each.path)
                else:
                    yield f"{below}{each.name}", each.path, _stat(each)


def _stat(entry: os.DirEntry[str]) -> os.stat_result:
    try:
        return entry.stat()
    except FileNotFoundError as error:
        raise LeftToDvc("broken-link", entry.path) from error


def _settled(signs: list[Any], moment: int) -> bool:
    """Whether the file could not have been written again, after it was read, within the tick that it shows."""
    return bool(max(signs[0], signs[3]) + TICK < moment)


def _after_tick(found: os.stat_result) -> int:
    now = time.time_ns()
    wait = max(found.st_mtime_ns, found.st_ctime_ns) + TICK - now
    if found.st_size > LARGE and 0 <= wait <= TICK:
        time.sleep((wait + 1_000_000) / 1e9)
        now = time.time_ns()
    return now


def md5_of(path: str, size: int) -> str:
    """Return the MD5 of a file of that size, read whatever is known of it."""
    with open(path, "rb", buffering=0) as file:
        if size < LARGE:
            return digest(file.read())
        return hashlib.file_digest(file, _md5).hexdigest()


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)
