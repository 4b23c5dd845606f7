"""Locks between processes; the system takes them back from a process that ends, however it ends."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # no such locks on this system: two processes may do the same work twice
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Lock:
    """One lock that this process holds."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle

    def release(self) -> None:
        """Let others have it; whoever waits for the file that goes away takes a new one."""
        if self._handle >= 0:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1


def acquire(path: Path, *, wait: bool) -> Lock | None:
    """Return the lock of that path, None if another process has it and we are not to wait.

    Raises OSError where the file can't be made, or its system knows no locks.
    """
    if fcntl is None:
        return Lock(path, -1)
    while True:
        handle = _opened(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_current(handle, path):
                return Lock(path, handle)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # it was removed while we waited: those that came later have another file


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o666)


def _is_current(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def lease(folder: Path) -> Lock | None:
    """Say that this process uses the store from now on, until it ends: what it uses is not to be taken away."""
    return acquire(folder / "leases" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}", wait=False)


def leased_since(folder: Path) -> float:
    """When the longest living of the processes that use the store began to; infinite if there are none."""
    return min(_living(folder), default=float("inf"))


def _living(folder: Path) -> Iterator[float]:
    for path in [*(folder / "leases").glob("*")]:
        with suppress(OSError):
            began = path.stat().st_mtime
            lock = acquire(path, wait=False)
            if lock is None:
                yield began
                continue
            lock.release()  # its process ended
