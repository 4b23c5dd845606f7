"""The modules that a notebook's values come from: installed ones by their version, the project's own by their text."""

from __future__ import annotations

import os
import sys
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

from xxhash import xxh3_128, xxh3_128_hexdigest

from nbprod.record.relevance import is_installed

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN = {"nbprod", "__main__", "__mp_main__", "builtins"}


_known: dict[str, tuple[object, str]] = {}  # modules that were looked at, and their files if they are the project's


def look_around() -> None:
    """Look at what is loaded: processes that are forked from this one need not."""
    Modules().files()


class Modules:
    """The project's own modules that this process has loaded."""

    def __init__(self) -> None:
        self._count = 0
        self._files: dict[str, str] = {}

    def files(self) -> dict[str, str]:
        """The files of the loaded modules of the project's own, by the module's name."""
        if len(sys.modules) != self._count:
            loaded = sys.modules.copy()
            self._count = len(loaded)
            found = {name: path for name, each in loaded.items() if (path := _looked_at(name, each))}
            self._files = dict(sorted(found.items()))
        return self._files

    def own(self, tops: Iterable[str]) -> bool:
        """Whether one of these top-level names is a module of the project's own."""
        return any(map(self._is_own, tops))

    def _is_own(self, top: str) -> bool:
        """Whether the module is: to go through all that are loaded would copy their pages into a forked process."""
        module = sys.modules.get(top)
        if str(getattr(module, "__file__", "")).endswith(".py") or not hasattr(module, "__path__"):
            return bool(_looked_at(top, module))
        return top in {name.partition(".")[0] for name in self.files()}  # a package that is a folder, or compiled

    def digest(self) -> str:
        """What all of them hold."""
        sink = xxh3_128()
        for name, path in self.files().items():
            sink.update(f"{name}={content_of(path)};".encode())
        return sink.hexdigest()


def _looked_at(name: str, module: object) -> str:
    known = _known.get(name)
    if known is None or known[0] is not module:
        known = _known[name] = module, _own_file(name, module)
    return known[1]


def _own_file(name: str, module: object) -> str:
    if name.partition(".")[0] in OWN or not isinstance(module, ModuleType):
        return ""
    path = getattr(module, "__file__", None)
    if not isinstance(path, str) or not path.endswith(".py"):
        return ""
    # A package is installed, or linked to, as a whole: to follow links for each of a thousand modules takes long.
    top = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None) or path
    return "" if _is_installed(os.path.dirname(top)) else path  # noqa: PTH120  (no objects: each µs counts)


@cache
def _is_installed(folder: str) -> bool:
    return is_installed(folder)


_contents: dict[str, tuple[tuple[int, int, int], str]] = {}


def content_of(path: str) -> str:
    """Return the digest of a file, "" if it can't be read; known again by its time, size and inode.

    A file so young that it may be written once more within the tick of the disk's clock is read each time.
    """
    try:
        stat = os.stat(path)  # noqa: PTH116  (no objects: each µs counts)
        sign = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = _contents.get(path)
        if known is not None and known[0] == sign:
            return known[1]
        with open(path, "rb") as stream:  # noqa: PTH123  (see above)
            sink = xxh3_128()
            while part := stream.read(16_000_000):
                sink.update(part)
    except OSError:
        return ""
    if _is_settled(stat.st_mtime_ns):
        _contents[path] = (sign, sink.hexdigest())
    return sink.hexdigest()


def _is_settled(written: int) -> bool:
    import time

    return time.time_ns() - written > 2_000_000_000


def listing_of(folder: str) -> str:
    """Return the digest of the names in a folder, "" if it can't be read."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  (see above)
    except OSError:
        return ""
    return xxh3_128_hexdigest("\0".join(names).encode("utf-8", "surrogatepass"))
