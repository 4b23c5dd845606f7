"""The server's side: import, then fork on every order, and tell how each child ended.

It is one thread that waits for orders, for its children's ends and for signals to pass on. It ends when the caller
hangs up or dies, and kills its children then. While it still imports, a deputy may serve: a process that was forked
when the first of the imports were done.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import math
import os
import selectors
import signal
import socket
import sys
import time
import warnings
from typing import TYPE_CHECKING

from nbprod.adapters import process
from nbprod.adapters.forkserver import forked
from nbprod.adapters.forkserver.wire import END, PID, close_on_exec, receive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HEARTBEAT = 2.0  # seconds; a copy of our socket in some other process would hide from us that the caller died


def serve(
    control: int, parent: int, preload: Sequence[str], idle: float | None, first: tuple[int, Sequence[str]] | None
) -> None:
    """Import, then fork what is ordered through the socket `control`, until the process `parent` hangs up.

    After `idle` seconds without an order and without a child, that is the end, too. `first` are another socket and the
    modules that are all that its children need: they can be ordered while the rest is imported.
    """
    close_on_exec(control)
    # The server never hears an interrupt, and a child that is too young to handle one hears it a moment later.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    gc.disable()
    deputy = _deputy(*first, control, parent, idle) if first else 0
    _import(preload)
    _fork_for(control, lambda: os.getppid() == parent, idle)
    if deputy > 0:
        os.waitpid(deputy, 0)
    forked.finish()
    os._exit(0)


def _deputy(early: int, modules: Sequence[str], control: int, parent: int, idle: float | None) -> int:
    """A process that has imported these modules and serves; it lives on if the rest of the imports kills us."""
    close_on_exec(early)
    _import(modules)
    pid = _forked()
    if pid == 0:
        try:
            os.close(control)
            _fork_for(early, lambda: process.lives(parent), idle)
        finally:
            os._exit(0)
    os.close(early)
    return pid


def _fork_for(control: int, wanted: Callable[[], bool], idle: float | None) -> None:
    gc.freeze()  # a collection in a child doesn't touch, and so copy, what was there before
    gc.enable()
    server = Server(socket.socket(fileno=control), wanted, idle)
    try:
        server.run()
    finally:
        server.end()


def _import(preload: Sequence[str]) -> None:
    with _silent():
        for name in preload:
            with contextlib.suppress(Exception, SystemExit):
                _import_one(*name.split(":"))


def _import_one(module: str, name: str = "") -> None:
    """As `import module`, or as `from module import name`; "name()" is called."""
    imported = importlib.import_module(module)
    if name.endswith("()"):
        getattr(imported, name.removesuffix("()"))()
    elif name and not hasattr(imported, name):
        importlib.import_module(f"{module}.{name}")


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What modules print when they are imported belongs to nobody here."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for place, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, place)
            os.close(descriptor)
        os.close(nothing)


class Server:
    """The children by their process, each with the socket on which its caller hears of it."""

    def __init__(self, control: socket.socket, wanted: Callable[[], bool], idle: float | None = None) -> None:
        self.control = control
        self.wanted = wanted
        self.idle = math.inf if idle is None else idle
        self.busy = time.monotonic()
        self.children: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.woken, self.waking = socket.socketpair()
        self.woken.settimeout(0)
        self.waking.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.waking.fileno(), warn_on_full_buffer=False)
        self.selector.register(self.control, selectors.EVENT_READ, self._order)
        self.selector.register(self.woken, selectors.EVENT_READ, self._drain)

    def run(self) -> None:
        """Serve until the caller is gone."""
        with contextlib.suppress(EOFError, ConnectionError):
            while self.wanted() and time.monotonic() < self.busy + self.idle:
                for key, _ in self.selector.select(min(HEARTBEAT, self.idle)):
                    if isinstance(key.data, int):
                        self._signal(key.data)
                    else:
                        key.data()
                self._reap()
                if self.children:
                    self.busy = time.monotonic()

    def end(self) -> None:
        """Kill the children that are left."""
        for pid in self.children:
            _kill(pid, signal.SIGKILL)

    def _order(self) -> None:
        received = receive(self.control)
        if received is None:
            raise EOFError
        self.busy = time.monotonic()
        pid = _forked()
        if pid == 0:
            forked.run(received, os.getppid(), self._release)
        received.close()
        with contextlib.suppress(OSError):
            received.status.sendall(PID.pack(pid))
        if pid < 0:
            received.status.close()
            return
        with contextlib.suppress(OSError):  # the child does the same: whoever comes first
            os.setpgid(pid, pid)
        self.children[pid] = received.status
        self.selector.register(received.status, selectors.EVENT_READ, pid)

    def _release(self) -> None:
        """In a child: give up what is the server's."""
        signal.set_wakeup_fd(-1)
        self.selector.close()
        for each in (self.control, self.woken, self.waking, *self.children.values()):
            each.close()

    def _signal(self, pid: int) -> None:
        status = self.children.get(pid)
        if status is None:  # it ended in this very round
            return
        try:
            numbers = status.recv(64)
        except OSError:
            numbers = b""
        for number in numbers:
            _kill(pid, number)
        if not numbers:  # the caller has forgotten it
            self.selector.unregister(status)
            _kill(pid, signal.SIGKILL)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self.woken.recv(4096):
                pass

    def _reap(self) -> None:
        for pid in tuple(self.children):
            ended, state, usage = os.wait4(pid, os.WNOHANG)
            if not ended:
                continue
            _kill(pid, signal.SIGKILL)  # what it started and left behind
            status = self.children.pop(pid)
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(status)
            peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            with contextlib.suppress(OSError):
                status.sendall(END.pack(os.waitstatus_to_exitcode(state), usage.ru_utime + usage.ru_stime, peak))
            status.close()


def _forked() -> int:
    """What `os.fork` returns, or minus the errno of why it can't."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that libraries have, which know of forks
        try:
            return os.fork()
        except OSError as error:
            return -(error.errno or 1)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
