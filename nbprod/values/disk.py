"""Files and folders are written whole or not at all: a draft in the same folder, then a rename."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from nbprod.errors import WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CURES = {
    errno.ENOSPC: "Free some space, then run it again.",
    errno.EDQUOT: "Your quota is used up: free some space, then run it again.",
    errno.EACCES: "Give yourself write permission there, or choose another folder.",
    errno.EPERM: "Give yourself write permission there, or choose another folder.",
    errno.EROFS: "The disk is mounted read-only: choose another folder.",
    errno.ENOTDIR: "A file stands where a folder is needed: move it away.",
    errno.EEXIST: "A file stands where a folder is needed: move it away.",
    errno.EISDIR: "A folder stands where a file is needed: move it away.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}


def write_whole(path: Path, content: bytes) -> None:
    """Write the bytes so that a reader finds the old file or the new one, never a part.

    Raises:
        WriteFailed: the disk or its permissions refused; what stood there still stands.
    """
    with whole(path) as draft:
        draft.write_bytes(content)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield the path of a draft in the same folder, which replaces `path` when the block ends well.

    Raises:
        WriteFailed: the disk or its permissions refused; what stood there still stands.
    """
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        _settle(draft)
        draft.replace(path)
    except OSError as error:
        raise write_failed(path, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`, which replaces it, with all that it holds, when the block ends well.

    Raises:
        WriteFailed: the disk or its permissions refused; what stood there still stands.
    """
    draft, old = (path.with_name(f".{path.name}.{kind}") for kind in ("new", "old"))
    try:
        _clear(path, draft, old)
        draft.mkdir(parents=True)
        yield draft
        if path.exists():
            path.replace(old)
        draft.replace(path)
    except OSError as error:
        raise write_failed(path, error) from error
    finally:
        _clear(path, draft, old)


def _clear(path: Path, draft: Path, old: Path) -> None:
    """Remove the leftovers; a run that ended between two renames, this one or an earlier one, left the old folder."""
    if not path.exists():
        with suppress(OSError):
            old.replace(path)
    for leftover in (draft, old):
        shutil.rmtree(leftover, ignore_errors=True)


def write_failed(path: Path, error: OSError) -> WriteFailed:
    """The refusal as an error that names the file and what to do."""
    reason = os.strerror(error.errno).lower() if error.errno else str(error)
    cure = CURES.get(error.errno or 0, "Nothing was half-written: mend it, then run it again.")
    return WriteFailed(f"{path} can't be written: {reason}", hint=cure)


def _settle(draft: Path) -> None:
    """Ask the disk to really hold the draft before it takes the place of the old file."""
    handle = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
