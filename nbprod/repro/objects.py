"""DVC's cache of contents: what is in it, whole or not."""

from __future__ import annotations

import json
import os
import stat as modes
from contextlib import suppress
from typing import TYPE_CHECKING

from nbprod.repro.digests import DIR, Tree, md5_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.repro.digests import Digests

MODE = 0o444
FILES = ("files", "md5")


class Objects:
    """The files of the cache, named by the MD5 of what they hold."""

    def __init__(self, cache: str, digests: Digests) -> None:
        self.folder = os.path.join(cache, *FILES)
        self.digests = digests

    def path(self, md5: str) -> str:
        """Return where that content lies in the cache, if it is there."""
        return f"{self.folder}/{md5[:2]}/{md5[2:]}"

    def has(self, md5: str) -> bool:
        """Whether the content is there, with all files if it is a folder's.

        What is not write-protected is read again, as DVC does, for somebody may have written into it.
        """
        return next(self.lacking(md5), None) is None

    def lacking(self, md5: str) -> Iterator[str]:
        """Yield which parts of the content are not there: for a folder its files, and then its listing."""
        tree = self._listing(md5)
        unreadable = tree is None and md5.endswith(DIR)
        yield from (each for each in _parts(md5, tree) if unreadable or not self._holds(each))

    def parts(self, md5: str) -> tuple[str, ...]:
        """Return what the content consists of: itself, and for a folder its files if they are known."""
        return _parts(md5, self._listing(md5))

    def discard_spoilt(self, md5: str) -> bool:
        """Read the content, and all files if it is a folder's; remove what is other than its name says, if anything."""
        paths = {path: each.removesuffix(DIR) for each in self.parts(md5) if os.path.isfile(path := self.path(each))}
        spoilt = [path for path, name in paths.items() if md5_of(path, os.path.getsize(path)) != name]
        for path in spoilt:
            os.unlink(path)
        return bool(spoilt)

    def tree(self, md5: str) -> Tree | None:
        """Return the files of a folder by its content, or None if the cache has no such listing."""
        try:
            with open(self.path(md5), "rb") as file:
                found = json.load(file)
            return Tree(tuple((str(each["relpath"]), str(each["md5"])) for each in found))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _listing(self, md5: str) -> Tree | None:
        return self.tree(md5) if md5.endswith(DIR) else None

    def _holds(self, md5: str) -> bool:
        path = self.path(md5)
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        if modes.S_IMODE(found.st_mode) == MODE:
            return True
        if self.digests.file(path, found) != md5.removesuffix(DIR):
            return False
        with suppress(OSError):
            os.chmod(path, MODE)
        return True


def _parts(md5: str, tree: Tree | None) -> tuple[str, ...]:
    return (*(each for _, each in tree.entries), md5) if tree else (md5,)
