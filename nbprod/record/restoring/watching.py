"""What a cell does besides computing, as far as it can be seen: files, programs, the network, threads."""

from __future__ import annotations

import functools
import os
import sys
import threading
from pathlib import Path
from typing import Any

from nbprod.record import audit
from nbprod.record.relevance import PRIVATE, SYSTEM, is_installed
from nbprod.record.restoring import surroundings
from nbprod.record.restoring.modules import content_of, listing_of

EAR = "cache"
UNFOLLOWED = "reads what can't be followed"
SLACK = 64_000_000  # bytes that a cell may read without our seeing where: compiled code reads fonts and the like
QUIET_CALLERS = ("joblib", "threadpoolctl", "matplotlib", "platform.py", "numba")  # they ask programs about the machine
PROGRAMS = {"subprocess.Popen", "os.system", "os.forkpty", "os.posix_spawn", "os.exec", "os.startfile"}
NETWORK = {"socket.connect", "socket.getaddrinfo", "socket.bind", "socket.gethostbyname", "urllib.Request"}
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"}
CHANGES |= {"os.chown", "os.utime", "shutil.rmtree", "shutil.move"}
BY_FOLDER = {"os.remove", "os.rmdir"}
IO = Path("/proc/self/io")
# Functions that open the file they are given by themselves, where Python sees nothing of it.
READERS = {
    "pandas": ("read_parquet", "read_feather", "read_orc"),
    "polars": ("read_csv", "read_parquet", "read_ipc", "read_json", "read_ndjson", "read_avro"),
}


class Watch:
    """One cell that runs: `begin` before it and `end` after it; then `problem` and `observed` say what was seen."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.signs: dict[str, Any] = {}
        self.problem = ""
        self.soft = ""  # a problem that whoever trusts the cell does not mind
        self._explained = 0
        self._written: set[str] = set()
        self._wrapped: list[tuple[Any, str, Any]] = []

    def begin(self, *, opens: bool = False) -> None:
        """The cell is about to run; `opens`: by functions that Python sees nothing of."""
        self._opener = opens
        for module in READERS if opens else ():
            self._wrap(module)
        self._process = surroundings.process()
        self._threads = set(threading.enumerate())
        self._read = bytes_read()
        audit.hear(EAR, self._hears)

    def end(self) -> None:
        """The cell has run."""
        audit.hear(EAR, None)
        for module, name, original in self._wrapped:
            setattr(module, name, original)
        if self._opener and not self.signs:
            self._say(UNFOLLOWED)
        unseen = bytes_read() - self._read - 2 * self._explained
        if surroundings.process() != self._process:
            self._say("changes a setting of the process")
        if surroundings.open_figures():
            self._say("leaves a figure open")
        if any(not each.daemon and each.is_alive() for each in set(threading.enumerate()) - self._threads):
            self._say("leaves a thread running")
        if unseen > SLACK:
            self._say(UNFOLLOWED)
        left = [each for each in self._written if os.path.exists(each)]  # noqa: PTH110  (strings all the way)
        if left:
            self._say(f"writes {os.path.basename(min(left))}")  # noqa: PTH119  (as above)
        self._look_again()

    def observed(self) -> dict[str, Any]:
        """What has to be the same another time."""
        return {"files": dict(sorted(self.files.items())), "folders": dict(sorted(self.folders.items()))}

    def also(self, path: str) -> None:
        """Note a file that the cell depends on, whoever read it."""
        if path not in self.files:
            self.files[path] = content_of(path)

    def _wrap(self, module: str) -> None:
        """Have the module's functions say what they open."""
        loaded: Any = sys.modules.get(module)
        for name in READERS[module] if loaded is not None else ():
            if (original := getattr(loaded, name, None)) is not None:
                self._wrapped.append((loaded, name, original))
                setattr(loaded, name, self._saying(original))

    def _saying(self, original: Any) -> Any:
        @functools.wraps(original)
        def reader(*arguments: Any, **named: Any) -> Any:
            for given in (*arguments[:1], *(named[each] for each in ("path", "source") if each in named)):
                for path in given if isinstance(given, list | tuple) else [given]:
                    self._is_given(path)
            return original(*arguments, **named)

        return reader

    def _is_given(self, path: object) -> None:
        if isinstance(path, str | os.PathLike) and os.path.isfile(path):  # noqa: PTH113  (strings all the way)
            self._opens(path, "r", 0)
        elif isinstance(path, str | os.PathLike):
            self._say(UNFOLLOWED)  # a folder, a pattern, an address

    def _look_again(self) -> None:
        """A file that changed while the cell ran may have been read before or after."""
        for path, sign in self.signs.items():
            if audit.signature(path) != sign:
                self._say(f"reads {os.path.basename(path)}, which changed meanwhile")  # noqa: PTH119  (as above)
            self.files[path] = content_of(path)

    def _say(self, problem: str) -> None:
        self.problem = self.problem or problem

    def _hears(self, event: str, details: tuple[Any, ...]) -> None:
        if event == "open":
            self._opens(*details)
        elif event in {"os.listdir", "os.scandir"}:
            self._lists(details[0])
        elif event in PROGRAMS:
            if not _asked_by(QUIET_CALLERS):
                self.soft = self.soft or "starts a program"
        elif event in NETWORK:
            self.soft = self.soft or "reads the network"
        elif event in CHANGES:
            self._changes(event, details)
        elif event == "sqlite3.connect" and str(details[0]) not in {"", ":memory:"}:
            self._say("opens a database")

    def _opens(self, path: object, mode: object, flags: object) -> None:
        name = audit.absolute(path)
        if name is None:
            return
        if isinstance(mode, str):
            writing = bool(set(mode) & set("wax+"))
        else:
            writing = isinstance(flags, int) and bool(flags & audit.WRITING_FLAGS)
        if name.startswith("/dev/") and name.endswith("random"):
            self.soft = self.soft or "draws from the system's randomness"
        if is_system(name):
            self._explained += 0 if writing else _size(name)
        elif writing:
            self._written.add(name)
        elif name not in self._written and not os.path.isdir(name):  # noqa: PTH112  (strings all the way)
            self._explained += _size(name)
            self.signs.setdefault(name, audit.signature(name))

    def _lists(self, path: object) -> None:
        if not audit.importing():
            name = audit.absolute("." if path is None else path)
            if name and not is_system(name):
                self.folders.setdefault(name, listing_of(name))

    def _changes(self, event: str, details: tuple[Any, ...]) -> None:
        if any(isinstance(each, int) and each >= 0 for each in details[1:] if event in BY_FOLDER):
            return  # relative to a folder that is open: the call that goes through folders was heard
        name = audit.absolute(details[0])
        if name is None or is_system(name):
            return
        if event == "os.mkdir":
            self._written.add(name)
        elif not self._is_own(name):
            self._say("changes files")
        if event in {"os.rename", "shutil.move", "os.link", "os.symlink"}:
            self._written.add(audit.absolute(details[1]) or "")

    def _is_own(self, name: str) -> bool:
        """Whether the cell itself made what is at that path."""
        return any(name == each or name.startswith(each + os.sep) for each in self._written)


def is_system(path: str) -> bool:
    """Whether the path is Python's, an installed package's, the system's or a private cache: nobody's data."""
    home = os.path.expanduser("~")  # noqa: PTH111  (strings all the way)
    folders = (*SYSTEM, *(os.path.join(home, each) for each in PRIVATE), sys.base_prefix)  # noqa: PTH118  (as above)
    return any(path.startswith(each + os.sep) for each in folders) or is_installed(path)


def _asked_by(callers: tuple[str, ...]) -> bool:
    frame = sys._getframe(1)  # noqa: SLF001  (the documented way to see one's caller in a hook)
    while frame is not None:
        if any(each in frame.f_code.co_filename for each in callers):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  (in a hook each µs counts)
    except OSError:
        return 0


def bytes_read() -> int:
    """Return how many bytes this process has read in all, of whatever; 0 where the system doesn't say."""
    try:
        return int(IO.read_bytes().split(None, 2)[1])
    except (OSError, ValueError, IndexError):
        return 0
