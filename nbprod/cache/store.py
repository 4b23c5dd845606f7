"""The store as one process uses it: a miss is never an error, and what fails is said once."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

from nbprod.cache import blobs, entries, locks, pruning
from nbprod.cache.beyond import Beyond
from nbprod.cache.blobs import DamagedError
from nbprod.cache.survey import files
from nbprod.errors import StorageFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from mmap import mmap
    from pathlib import Path

    from nbprod.cache.blobs import Buffer
    from nbprod.cache.entries import Entry
    from nbprod.cache.locks import Lock

IGNORED = b"# Work that was done can be done again.\n*\n"
CLEARED = 0.9  # of the limit that is left after the store grew beyond it
LOOKED_AT = 0.02  # of the limit that is written before the size is looked at again


class Lost(Exception):
    """What was relied on is gone or damaged, and will be made anew: whoever went on without it must begin again."""


class Store:
    """A store on disk, and at the URL `beyond` if there is one: there other machines look, too.

    `notes` say what failed, each once; `broken`: this process has given it up.
    """

    def __init__(self, folder: Path, limit: int, beyond: str = "") -> None:
        self.folder = folder
        self.limit = limit
        self.beyond = Beyond(beyond, folder) if beyond else None
        self.notes: list[str] = []
        self.broken = False
        self._lease: Lock | None = None
        self._process = 0
        self._unseen: float | None = None  # bytes written since the size was looked at

    def find(self, key: str, *, far: bool = False) -> Iterator[Entry]:
        """Yield the entries under a key whose blobs are there; the others are taken away. `far`: look beyond, too."""
        if self.broken:
            return
        self._use()
        for entry in entries.of_key(self.folder, key):
            if self._is_whole(entry):
                yield entry
            else:
                entries.remove(entry.path)
                self._say("a value of the cache is gone, and is made again")
        if far and self.beyond is not None:
            yield from self._found_beyond(self.beyond, key)

    def _found_beyond(self, beyond: Beyond, key: str) -> Iterator[Entry]:
        try:
            self._prepare()
            for entry in beyond.bring_entries(key):
                if self._is_whole(entry):
                    self._bound(entry.size)
                    yield entry
                else:
                    entries.remove(entry.path)
        except StorageFailed as error:
            self._alone(error)
        except OSError as error:
            self._fails(error)

    def _is_whole(self, entry: Entry) -> bool:
        """Whether the entry's blobs are here, or could be brought."""
        missing = [each for each in entry.blobs if not blobs.is_there(self.folder, each)]
        try:
            return not missing or (self.beyond is not None and all(map(self.beyond.bring_blob, missing)))
        except StorageFailed as error:
            self._alone(error)
            return False

    def used(self, entry: Entry) -> None:
        """Note that an entry was used."""
        try:
            entries.used(entry)
        except OSError as error:
            self._fails(error)

    def mapped(self, entry: Entry) -> list[mmap]:
        """Return the entry's blobs, mapped into memory: they can be read from now on, whatever becomes of the store.

        Raises:
            Lost: one is gone; the entry is taken away.
        """
        try:
            return [blobs.mapped(self.folder, each) for each in entry.blobs]
        except DamagedError as error:
            raise self._lost(entry, error) from error

    def read(self, entry: Entry, at: int, whole: mmap) -> list[memoryview]:
        """Return the buffers of one of the entry's blobs, looked through.

        Raises:
            Lost: the blob is damaged; the entry is taken away.
        """
        try:
            return blobs.looked_through(self.folder, entry.blobs[at], whole)
        except DamagedError as error:
            raise self._lost(entry, error) from error

    def _lost(self, entry: Entry, error: DamagedError) -> Lost:
        entries.remove(entry.path)
        self._say("a value of the cache is damaged or gone, and is made again")
        return Lost(str(error))

    def keep(
        self, key: str, facts: Mapping[str, Any], values: Sequence[Sequence[Buffer]], *, far: bool = False
    ) -> Entry | None:
        """Keep the values, each as its buffers, and what there is to know of them; None if it can't be.

        `far`: other machines are to find them, too.
        """
        if self.broken:
            return None
        self._use()
        try:
            self._prepare()
            made = [blobs.put(self.folder, each) for each in values]
            entry = entries.put(self.folder, key, facts, made)
            self._bound(entry.size)
            if far and self.beyond is not None:
                self.beyond.put(entry)
        except StorageFailed as error:
            self._alone(error)
        except OSError as error:
            self._fails(error)
            return None
        return entry

    def drop(self, entry: Entry) -> None:
        """Take an entry away."""
        entries.remove(entry.path)

    def lock(self, key: str, *, wait: bool) -> Lock | None:
        """Return the lock of a key; None if another process has it and we are not to wait, or there are no locks."""
        if self.broken:
            return None
        try:
            return locks.acquire(self.folder / "locks" / key, wait=wait)
        except OSError as error:
            if error.errno not in {errno.ENOLCK, errno.ENOTSUP, errno.EINVAL}:
                self._fails(error)
            return None

    def _use(self) -> None:
        """Lease what is used: once a process, for what was leased before a fork is another's."""
        if self._process == os.getpid() or not self.folder.is_dir():
            return
        self._process = os.getpid()
        try:
            self._lease = locks.lease(self.folder)
        except OSError as error:
            if error.errno not in {errno.EROFS, errno.EACCES, errno.EPERM}:  # one that only is read needs none
                self._fails(error)

    def _prepare(self) -> None:
        ignoring = self.folder / ".gitignore"
        if not ignoring.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            ignoring.write_bytes(IGNORED)
            self._use()

    def _bound(self, written: int) -> None:
        """Make room when the store has grown beyond its limit."""
        if self._unseen is not None and self._unseen + written < self.limit * LOOKED_AT:
            self._unseen += written
            return
        self._unseen = 0.0
        if sum(size for _, size, _ in files(self.folder)) > self.limit:
            pruning.prune(self.folder, most=int(self.limit * CLEARED))

    def _fails(self, error: OSError) -> None:
        """Give the store up for this process."""
        self.broken = True
        self._say(f"{self.folder} can't be used as cache: {os.strerror(error.errno or 0).lower()}; nothing is kept")

    def _alone(self, error: StorageFailed) -> None:
        """Give up what lies beyond, for this process; what is here goes on."""
        beyond, self.beyond = self.beyond, None
        if beyond is not None:
            self._say(f"the cache is this machine's alone: {beyond.fault(error)}")

    def _say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)
