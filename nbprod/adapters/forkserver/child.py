"""A forked child as its caller sees it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from nbprod.adapters.forkserver.wire import END, read_exactly

if TYPE_CHECKING:
    import socket
    from multiprocessing.connection import Connection


@dataclass(frozen=True, slots=True)
class Usage:
    """What a child used: `seconds` of processor time, with that of processes it waited for; `peak` bytes of memory."""

    seconds: float
    peak: int


class Child:
    """A running child: `pid`, and the `connection` to its target (None if it was started without a channel).

    Signals go through the server, which knows whether the process is still the one that was started.
    """

    def __init__(self, pid: int, status: socket.socket, connection: Connection | None) -> None:
        self.pid = pid
        self.connection = connection
        self.code: int | None = None
        self.usage: Usage | None = None
        self._status = status
        self._waiting = threading.Lock()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or minus the signal that ended it; None if it still runs after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if not self._waiting.acquire(timeout=-1 if timeout is None else max(timeout, 0)):
            return None
        try:
            if self.code is None and self._ended(deadline):
                self._read()
        finally:
            self._waiting.release()
        return self.code

    def interrupt(self) -> None:
        """Ctrl-C, for the child and for what it has started."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End the child and what it has started, at once."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End the child if it still runs, and give back what it holds of ours."""
        if self.code is None:
            self.kill()
            self.wait()
        self._status.close()
        if self.connection is not None:
            self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):  # it has ended already
            self._status.sendall(bytes([number]))

    def _ended(self, deadline: float | None) -> bool:
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        left = None if deadline is None else max(deadline - time.monotonic(), 0) * 1000
        return bool(poll.poll(left))

    def _read(self) -> None:
        try:
            code, seconds, peak = END.unpack(read_exactly(self._status, END.size))
        except (EOFError, OSError):  # the server was killed, and its children with it, but not what they started
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
            code, seconds, peak = -signal.SIGKILL, 0.0, 0
        self.usage = Usage(seconds, peak)
        self.code = code
