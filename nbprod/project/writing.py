"""Putting files on disk: a person's edits are kept, and either every file is written or none."""

from __future__ import annotations

import errno
import glob
import os
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from nbprod.errors import WriteFailed
from nbprod.model.files import File, Ownership
from nbprod.values.disk import write_failed, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


class Fate(StrEnum):
    """What becomes of one file."""

    WRITTEN = "written"  # new, or ours and changed
    MERGED = "merged"  # your edits and the new export, together
    KEPT = "kept"  # your edits; the new export changes nothing in it
    SAME = "same"
    CONFLICT = "conflict"  # yours stands; what export would have written differs in the same lines
    REMOVED = "removed"  # no step makes it any more
    ORPHANED = "orphaned"  # no step makes it any more, but you edited it


@dataclass(frozen=True, slots=True)
class Clash:
    """The first lines on which your edit and the export disagree; `line` counts in your file, from 1."""

    line: int
    yours: str
    export: str


@dataclass(frozen=True, slots=True)
class Change:
    """One file's fate: `content` is what shall stand there (None: nothing), `base` what export wrote of it."""

    path: str
    fate: Fate
    content: bytes | None
    base: bytes | None
    clash: Clash | None = None


def plan(
    files: Iterable[File],
    *,
    root: Path,
    base: Path,
    ours: Iterable[str],
    merge: Callable[[str, str, str], tuple[str, bool]],
) -> tuple[Change, ...]:
    """Return what shall become of each file; nothing is written.

    `ours` are paths that an earlier export wrote; those that are no longer among `files` go away, unless edited.
    """
    files = tuple(files)
    emitted = {file.path for file in files}
    changes = [_change(file, _bytes(root / file.path), _bytes(base / file.path), merge) for file in files]
    changes += [_farewell(path, _bytes(root / path), _bytes(base / path)) for path in sorted(set(ours) - emitted)]
    return tuple(changes)


def _change(
    file: File, standing: bytes | None, base: bytes | None, merge: Callable[[str, str, str], tuple[str, bool]]
) -> Change:
    new = file.content
    kept_base = None if file.ownership is Ownership.REPLACED else file.base or new
    if standing == new:
        return Change(file.path, Fate.SAME, new, kept_base)
    if standing is None or standing == base or file.ownership is not Ownership.MERGED:
        return Change(file.path, Fate.WRITTEN, new, kept_base)
    if base == new:
        return Change(file.path, Fate.KEPT, standing, base)
    return _merged(file, standing, base, merge)


def _merged(file: File, mine: bytes, base: bytes | None, merge: Callable[[str, str, str], tuple[str, bool]]) -> Change:
    """Your edits and the new export together, if they agree."""
    try:
        text, conflict = merge(mine.decode(), (base or b"").decode(), file.text) if base is not None else ("", True)
    except UnicodeDecodeError:
        text, conflict = "", True
    if conflict:
        return Change(file.path, Fate.CONFLICT, mine, base, _first_clash(text))
    return Change(file.path, Fate.MERGED, text.encode(), file.content)


def _first_clash(merged: str) -> Clash:
    before, _, rest = merged.partition("<<<<<<< ")
    yours, _, rest = rest.partition("\n=======\n")
    export, _, _ = rest.partition("\n>>>>>>> ")
    return Clash(before.count("\n") + 1, yours.partition("\n")[2], export)


def _farewell(path: str, standing: bytes | None, base: bytes | None) -> Change:
    if standing is not None and base is not None and standing != base:
        return Change(path, Fate.ORPHANED, standing, None)
    return Change(path, Fate.REMOVED, None, None)


def apply(changes: Iterable[Change], *, root: Path, base: Path) -> None:
    """Write what was planned: all new contents are staged beside their places first, then renamed in one go.

    Raises WriteFailed, with everything as it was, when the disk or its permissions refuse.
    """
    changes = tuple(changes)
    wanted = [(root / each.path, each.content) for each in changes]
    wanted += [(base / each.path, each.base) for each in changes]  # last: a base may be old, but never too new
    before = {path: _bytes(path) for path, _ in wanted}
    wanted = [(path, content) for path, content in wanted if before[path] != content]
    staged = _staged(wanted)
    with _uninterrupted():
        try:
            for path, content in wanted:
                _put(path, staged.get(path) if content is not None else None, root)
        except OSError as error:
            _discard(staged)
            _restore(before, wanted)
            raise _refused(path, error) from error


def _staged(wanted: list[tuple[Path, bytes | None]]) -> dict[Path, Path]:
    """Write each content beside its place; all of them, or none is left."""
    staged: dict[Path, Path] = {}
    try:
        for path, content in wanted:
            if content is not None:
                staged[path] = _temporary(path)
                _stage(path, staged[path], content)
    except BaseException as error:
        _discard(staged)
        if isinstance(error, OSError):
            raise _refused(path, error) from error
        raise
    return staged


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.nbprod")


def _stage(path: Path, temporary: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.nbprod"):  # of an export that was killed
        leftover.unlink(missing_ok=True)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put(path: Path, staged: Path | None, root: Path) -> None:
    if staged is not None:
        staged.replace(path)
    else:
        path.unlink(missing_ok=True)
        _drop_empty(path.parent, below=root)


def _discard(staged: dict[Path, Path]) -> None:
    for temporary in staged.values():
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _restore(before: dict[Path, bytes | None], wanted: list[tuple[Path, bytes | None]]) -> None:
    """Put back what was replaced before the disk refused."""
    for path, _ in wanted:
        content = before[path]
        if _bytes(path) == content:
            continue
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)


def _refused(path: Path, error: OSError) -> WriteFailed:
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        path = next((each for each in path.parents if each.exists() and not each.is_dir()), path)
    refused = write_failed(path, error)
    return WriteFailed(f"{refused.message}; nothing was changed", hint=refused.hint)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back while files are renamed: a few milliseconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    caught: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        raise KeyboardInterrupt


def _drop_empty(folder: Path, *, below: Path) -> None:
    while folder != below and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        raise WriteFailed(f"{path} is a folder where export writes a file", hint="Move the folder away.") from error
