"""Where the kernel's messages and streams go: into one connection, from one thread.

Sending in a thread of its own is ipykernel's way too: an interrupt of the cell then never cuts a message in two.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import heapq
import itertools
import os
import select
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from ipykernel.iostream import BackgroundSocket, IOPubThread, OutStream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

IOPUB, SHELL = "iopub", "shell"
PIPE_SIZE = 1 << 20  # what C code may write while it holds the interpreter, which our thread needs to read it
CHUNK = 1 << 16
LOOK = 1.0  # seconds
KEPT = 100_000_000  # characters of one cell


class Outlet(IOPubThread):
    """What ipykernel takes for its publishing thread: it sends through a connection, and reads what others print.

    It is a loop of its own (`call_later`), for the streams flush themselves at intervals.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.socket: Any = self  # it is open as long as this is not None
        self.io_loop: Any = self
        self.background_socket = BackgroundSocket(self)
        self.lock = threading.RLock()  # for whoever moves text from pipes and buffers to the queue
        self.kept: list[list[bytes]] | None = None  # a copy of what is sent, for who wants to look at it
        self._owner = os.getpid()
        self._queue: deque[Any] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_out, False)
        self._called = False
        self._pipes: dict[int, Callable[[], object]] = {}
        self._stopping = False
        self._sent = threading.Condition()
        self._sending = False
        self.thread = threading.Thread(target=self._run, name="IOPub", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self.thread.start()

    def stop(self) -> None:
        """Send what is left, and end."""
        self._stopping = True
        self._wake()
        self.thread.join(10)

    def watch(self, pipe: int, read: Callable[[], object]) -> None:
        """Call `read` whenever there is something in the pipe."""
        self._pipes[pipe] = read

    def schedule(self, f: Callable[[], object]) -> None:
        """Call `f`, now: there is nothing here that only one thread may do."""
        with self.lock:
            f()

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        """Call back from the sending thread after `delay` seconds."""
        heapq.heappush(self._timers, (time.monotonic() + delay, next(self._count), callback))
        self._wake()

    def send_multipart(self, msg: Sequence[Any], *_: object, **__: object) -> None:
        """Queue a message for the iopub channel."""
        self.post(IOPUB, msg)
        if self.kept is not None:
            self.kept.append([bytes(part) for part in msg])

    def post(self, channel: str, parts: Sequence[Any]) -> None:
        """Queue a message; a process that the cell has forked has no part in the conversation."""
        if os.getpid() == self._owner:
            self._queue.append((channel, [bytes(part) for part in parts]))
            self._wake()

    def _wake(self) -> None:
        if not self._called:  # each call hands the interpreter over to the other thread, and waits to have it back
            self._called = True
            os.write(self._wake_in, b"x")

    def _run(self) -> None:
        while not (self._stopping and not self._queue):
            try:
                while self._queue:
                    self.connection.send(self._queue.popleft())
            except OSError:  # nobody listens any more: this process is about to be ended
                return
            ready, _, _ = select.select([self._wake_out, *self._pipes], [], [], self._call_timers())
            for descriptor in ready:
                self._pipes.get(descriptor, self._awake)()

    def _awake(self) -> None:
        os.read(self._wake_out, 4096)
        self._called = False  # before the queue is looked at: what is queued from here on calls again

    def _call_timers(self) -> float:
        """Call those that are due; seconds until the next, or until we look by ourselves."""
        while self._timers and self._timers[0][0] <= time.monotonic():
            _, _, callback = heapq.heappop(self._timers)
            with self.lock:
                callback()
        if self._queue:
            return 0
        # An interrupt may have come between the mark that we are called and the call.
        return max(min([LOOK, *(each[0] - time.monotonic() for each in self._timers[:1])]), 0)


class Shell:
    """What ipykernel takes for the shell channel's stream."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet

    def send_multipart(self, msg: Sequence[Any], *_: object, **__: object) -> None:
        """Queue a reply."""
        self.outlet.post(SHELL, msg)

    def flush(self, *_: object) -> None:
        """Nothing is ever left behind: ipykernel before 7 asks for it."""


class Stream(OutStream):
    """sys.stdout or sys.stderr, and the descriptor below it: what C code and subprocesses write comes in its place."""

    pub_thread: Any

    def __init__(self, session: Any, outlet: Outlet, name: Literal["stdout", "stderr"], limit: Limit) -> None:
        super().__init__(session, outlet, name, watchfd=False)
        self._limit = limit
        self._descriptor = 1 if name == "stdout" else 2
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pipe, end = os.pipe()
        os.set_blocking(self._pipe, False)
        with contextlib.suppress(AttributeError, OSError):  # Linux has it, within the user's bounds
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        os.dup2(end, self._descriptor)
        os.close(end)
        outlet.watch(self._pipe, self._read)

    def fileno(self) -> int:
        """The descriptor, whose bytes come out here too."""
        return self._descriptor

    def write(self, string: str) -> int:
        """Take the text, after what was written below."""
        if not self._is_master_process():
            return self._write_below(string)
        with self.pub_thread.lock:
            self._read()
            return self._take(string)

    def flush(self) -> None:
        """Send what was written here and below."""
        if not self._is_master_process():
            return
        with self.pub_thread.lock:
            self._read()
            self._flush()

    def _read(self) -> None:
        with self.pub_thread.lock, contextlib.suppress(BlockingIOError):
            while found := os.read(self._pipe, CHUNK):
                self._take(self._decoder.decode(found))

    def _take(self, text: str) -> int:
        super().write(self._limit.within(text) if isinstance(text, str) else text)
        return len(text)

    def _write_below(self, string: str) -> int:
        """A process that the cell has forked: what it prints goes the way of a subprocess's output."""
        os.write(self._descriptor, string.encode(errors="replace"))
        return len(string)


class Limit:
    r"""How much one cell may print: no notebook can be opened that holds a gigabyte of it.

    >>> limit = Limit(5)
    >>> limit.within("abc"), limit.within("defg"), limit.within("h")
    ('abc', 'de', '')
    >>> limit.note()
    "The cell printed 8 B: what came after the first 5 B isn't kept.\n"
    """

    def __init__(self, size: int = KEPT) -> None:
        self.size = size
        self.printed = 0

    def within(self, text: str) -> str:
        """The part of the text that is still within the limit."""
        left = max(self.size - self.printed, 0)
        self.printed += len(text)
        return text if len(text) <= left else text[:left]

    def note(self) -> str:
        """What to say at the cell's end, if something was cut; it is always kept itself."""
        printed = self.printed
        if printed <= self.size:
            return ""
        self.begin()
        return f"The cell printed {_size(printed)}: what came after the first {_size(self.size)} isn't kept.\n"

    def begin(self) -> None:
        """Count anew."""
        self.printed = 0


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
