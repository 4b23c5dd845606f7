"""DVC's own locks: one for the repository, and claims on the paths that a running stage reads and writes."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from nbprod.adapters import process
from nbprod.errors import RepositoryBusy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE = 3.0  # seconds that DVC waits
LONG_PATIENCE = 600.0  # seconds that we wait with a result in hand
PAUSE = 0.02


class Lock(Protocol):
    """What keeps others out."""

    def acquire(self, patience: float | None = None) -> None:
        """Wait for it; RepositoryBusy if another holds it for longer."""

    def release(self) -> None:
        """Let others in."""


class FileLock:
    """The lock that DVC takes through zc.lockfile: a file that is locked, not one that is there."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.file: int | None = None

    def acquire(self, patience: float | None = None) -> None:
        """Wait for it; RepositoryBusy if another holds it for longer."""
        if self.file is None:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        while True:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise _busy(self.path) from error
                time.sleep(PAUSE)
            else:
                return

    def release(self) -> None:
        """Let others in."""
        if self.file is not None:
            fcntl.flock(self.file, fcntl.LOCK_UN)


class HardlinkLock:
    """The lock that DVC takes where core.hardlink_lock is set: its own code."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock: Any = None

    def acquire(self, patience: float | None = None) -> None:
        """Wait for it; RepositoryBusy if another holds it for longer."""
        from dvc.lock import LockError, make_lock

        lock = make_lock(self.path, tmp_dir=os.path.dirname(self.path), hardlink_lock=True)
        deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        while True:
            try:
                lock.lock()
            except LockError as error:
                if time.monotonic() > deadline:
                    raise _busy(self.path) from error
            else:
                break
        self.lock = lock

    def release(self) -> None:
        """Let others in."""
        if self.lock is not None:
            self.lock.unlock()
            self.lock = None


def _busy(path: str) -> RepositoryBusy:
    return RepositoryBusy(
        f"another process of nbprod or DVC works in this repository: it holds {path}",
        hint="Wait until it has ended, then run the same command again.",
    )


class Locks:
    """The locks of one repository."""

    def __init__(self, root: str, *, hardlink: bool) -> None:
        self.folder = os.path.join(root, ".dvc", "tmp")
        self.kind = HardlinkLock if hardlink else FileLock
        self.repository: Lock = self.kind(os.path.join(self.folder, "lock"))
        self.guard: Lock = self.kind(os.path.join(self.folder, "rwlock.lock"))
        self.me = {"pid": os.getpid(), "cmd": " ".join(sys.argv)}

    def claim(self, reads: Iterable[str], writes: Iterable[str]) -> None:
        """Say that we read and write these paths; RepositoryBusy if another process does what contradicts it."""
        reads, writes = list(reads), list(writes)
        with self._claims() as claims:
            self._free(claims["write"], [*reads, *writes])
            self._free(claims["read"], writes)
            for path in reads:
                claims["read"].setdefault(path, []).append(self.me)
            for path in writes:
                claims["write"][path] = self.me

    def disclaim(self, reads: Iterable[str], writes: Iterable[str]) -> None:
        """Say that we are done with these paths."""
        with self._claims() as claims:
            for path in reads:
                left = claims["read"].get(path, [])
                with suppress(ValueError):
                    left.remove(self.me)
                if not left:
                    claims["read"].pop(path, None)
            for path in writes:
                if claims["write"].get(path) == self.me:
                    del claims["write"][path]

    def _free(self, claimed: dict[str, Any], wanted: list[str]) -> None:
        """Refuse what a living process claims, forget what a dead one did."""
        for path in [each for each in claimed if _overlaps(each, wanted)]:
            holders = claimed[path] if isinstance(claimed[path], list) else [claimed[path]]
            alive = [each for each in holders if each == self.me or process.lives(int(each["pid"]))]
            others = [each for each in alive if each != self.me]
            if others:
                who = ", ".join(f"{each['cmd']} (process {each['pid']})" for each in others)
                raise RepositoryBusy(f"{path} is in use by {who}", hint="Wait until it has ended, then run again.")
            if not alive:
                del claimed[path]

    @contextmanager
    def _claims(self) -> Iterator[dict[str, dict[str, Any]]]:
        self.guard.acquire()
        try:
            path = os.path.join(self.folder, "rwlock")
            claims = _read(path)
            yield claims
            _write(path, json.dumps({name: each for name, each in claims.items() if each}))
        finally:
            self.guard.release()


def _read(path: str) -> dict[str, dict[str, Any]]:
    found: Any = None
    with suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
        found = json.load(file)
    if not isinstance(found, dict):
        found = {}
    return {"read": dict(found.get("read") or {}), "write": dict(found.get("write") or {})}


def _write(path: str, text: str) -> None:
    """Write in place, in one call, over what was longer with blanks: a rename would wait for the disk each time."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        content = text.encode()
        os.pwrite(handle, content.ljust(os.fstat(handle).st_size), 0)
    finally:
        os.close(handle)


def _overlaps(path: str, wanted: list[str]) -> bool:
    return any(path == each or path.startswith(each + os.sep) or each.startswith(path + os.sep) for each in wanted)
