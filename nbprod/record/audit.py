"""Which files and sockets a step used, as Python's audit events tell.

An audit hook can never be taken away again, so there is one for the process; it does nothing while nobody listens.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRITING_FLAGS = os.O_WRONLY | os.O_RDWR
FRESH_FLAGS = os.O_TRUNC
IMPORTERS = ("importlib._bootstrap", os.path.join("importlib", "metadata"), "importlib_metadata", "pkg_resources")  # noqa: PTH118


Signature = tuple[int, int, int] | None


def signature(path: str) -> Signature:
    """What changes when a file is written: its time, size and inode; None where no file is."""
    try:
        found = os.stat(path)  # noqa: PTH116  (in a hook each µs counts)
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def files_clock() -> int:
    """Return the time, in nanoseconds, that a file written now gets: Linux takes it from a clock of a few ms."""
    coarse = getattr(time, "CLOCK_REALTIME_COARSE", None)
    return time.time_ns() if coarse is None else time.clock_gettime_ns(coarse)


@dataclass(slots=True)
class Accesses:
    """What a step touched, in order of the first touch; paths are absolute.

    `read` are files whose content from before mattered: a file that was written first and read then isn't among them.
    `listed` are folders that it looked into, `commands` the words, as paths, of the programs that it started. Both
    `read` and `commands` say how the file was then (see `signature`). What programs write, nobody tells: see `files`.
    """

    read: dict[str, Signature] = field(default_factory=dict)
    written: dict[str, None] = field(default_factory=dict)
    listed: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    commands: dict[str, Signature] = field(default_factory=dict)
    programs: bool = False  # whether it started any since `since`, the time on the clock of files
    since: int = field(default_factory=files_clock)

    def reads(self, path: object) -> None:
        """Note that the file at `path` was read."""
        name = absolute(path)
        if name and name not in self.written:
            self.read.setdefault(name, signature(name))

    def writes(self, path: object) -> None:
        """Note that the file at `path` was written."""
        if name := absolute(path):
            self.written[name] = None

    def removes(self, path: object) -> None:
        """Note that what is at `path` is gone: no file of the step's."""
        name = absolute(path)
        below = (name or "") + os.sep
        for gone in [each for each in self.written if each == name or each.startswith(below)]:
            del self.written[gone]

    def sockets(self) -> tuple[str, ...]:
        """The hosts with their ports, by name where the step asked for a name."""
        ports = {each.rpartition(":")[2] for each in self.hosts}
        unnamed = [each for each in self.addresses if each.rpartition(":")[2] not in ports]
        return tuple(sorted({*self.hosts, *unnamed}))


class _Ear:
    """Who listens now: at most one step, and at most one of each other name."""

    listeners: dict[str, Callable[[str, tuple[Any, ...]], None]] = {}  # noqa: RUF012  (there is one for the process)
    hooked = False


def listen(accesses: Accesses | None) -> None:
    """Put what a step does from now on into `accesses`; None: nobody listens for steps."""
    hear("step", None if accesses is None else partial(_note, accesses))


def hear(who: str, listener: Callable[[str, tuple[Any, ...]], None] | None) -> None:
    """Tell the listener of that name of each event, by its name and details, from now on; None: nobody of that name."""
    if listener is None:
        _Ear.listeners = {name: each for name, each in _Ear.listeners.items() if name != who}
        return
    if not _Ear.hooked:
        sys.addaudithook(_hook)
        _Ear.hooked = True
    _Ear.listeners = {**_Ear.listeners, who: listener}


@contextmanager
def unheard() -> Iterator[None]:
    """What happens within the block is not the step's doing."""
    listeners, _Ear.listeners = _Ear.listeners, {}
    try:
        yield
    finally:
        _Ear.listeners = listeners


def _hook(event: str, details: tuple[Any, ...]) -> None:
    listeners = _Ear.listeners
    if not listeners:
        return
    _Ear.listeners = {}  # what noting itself opens is not the step's
    try:
        for listener in listeners.values():
            listener(event, details)
    except Exception:  # noqa: BLE001, S110  (an observer must never break what it observes)
        pass
    finally:
        _Ear.listeners = listeners


def _note(accesses: Accesses, event: str, details: tuple[Any, ...]) -> None:
    note = NOTES.get(event)
    if note is not None:
        note(accesses, details)


def absolute(path: object) -> str | None:
    """Return the path from the root of the disk; None for what is no path."""
    if isinstance(path, int) or path is None:
        return None
    text = os.fsdecode(path)  # type: ignore[arg-type]
    return os.path.normpath(os.path.join(os.getcwd(), text))  # noqa: PTH109, PTH118  (in a hook each µs counts)


def _open(accesses: Accesses, details: tuple[Any, ...]) -> None:
    path, mode, flags = details
    if isinstance(mode, str):
        writing = bool(set(mode) & set("wax+"))
        keeping = "r" in mode or "a" in mode
    else:
        writing = bool((flags or 0) & WRITING_FLAGS)
        keeping = not (flags or 0) & FRESH_FLAGS
    existed = os.path.exists(path)  # noqa: PTH110  (as above)
    if keeping and existed and not os.path.isdir(path):  # noqa: PTH112  (as above)
        accesses.reads(path)
    if writing:
        accesses.writes(path)


def _listdir(accesses: Accesses, details: tuple[Any, ...]) -> None:
    if not importing():
        name = absolute("." if details[0] is None else details[0])
        if name:
            accesses.listed[name] = None


def importing() -> bool:
    """Whether the import system asks, or who looks for installed packages: they look into all of sys.path."""
    frame = sys._getframe(1)  # noqa: SLF001  (the documented way to see one's caller in a hook)
    for _ in range(8):
        if frame is None:
            return False
        if any(each in frame.f_code.co_filename for each in IMPORTERS):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _rename(accesses: Accesses, details: tuple[Any, ...]) -> None:
    accesses.removes(details[0])
    accesses.writes(details[1])


def _sqlite(accesses: Accesses, details: tuple[Any, ...]) -> None:
    name = os.fsdecode(details[0])
    if name in {"", ":memory:"} or name.startswith("file:"):
        return
    if os.path.exists(name):  # noqa: PTH110  (as above)
        accesses.reads(name)
    else:
        accesses.writes(name)


def _connect(accesses: Accesses, details: tuple[Any, ...]) -> None:
    address = details[1]
    if isinstance(address, tuple) and len(address) >= 2:
        accesses.addresses[f"{address[0]}:{address[1]}"] = None


def _lookup(accesses: Accesses, details: tuple[Any, ...]) -> None:
    host, port = details[0], details[1]
    if host and port:
        name = host.decode() if isinstance(host, bytes) else host
        accesses.hosts[f"{name}:{port}"] = None


def _starts_program(accesses: Accesses, _: tuple[Any, ...]) -> None:
    accesses.programs = True


def _popen(accesses: Accesses, details: tuple[Any, ...]) -> None:
    accesses.programs = True
    arguments = details[1]
    words = [arguments] if isinstance(arguments, str | bytes) else list(arguments)
    for word in words:
        for part in os.fsdecode(word).split():
            name = absolute(part.strip("'\"<>;|&"))
            if name:
                accesses.commands.setdefault(name, signature(name))


NOTES: dict[str, Callable[[Accesses, tuple[Any, ...]], None]] = {
    "open": _open,
    "os.listdir": _listdir,
    "os.scandir": _listdir,
    "os.remove": lambda accesses, details: accesses.removes(details[0]),
    "os.rmdir": lambda accesses, details: accesses.removes(details[0]),
    "shutil.rmtree": lambda accesses, details: accesses.removes(details[0]),
    "os.rename": _rename,
    "sqlite3.connect": _sqlite,
    "socket.connect": _connect,
    "socket.getaddrinfo": _lookup,
    "subprocess.Popen": _popen,
    "os.system": _starts_program,
    "os.forkpty": _starts_program,
    "os.posix_spawn": _starts_program,
}
