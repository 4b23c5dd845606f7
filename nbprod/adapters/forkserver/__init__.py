"""Processes that begin with everything imported: children are forked from one that has only imported.

The server is a fresh Python of its own, not a copy of the caller: it has run no code but imports, so it has no threads
of ours, no locks held and no OpenMP pool, which a fork would break. The children's folder, environment and standard
streams are those of the call; their umask is the caller's of the time when the server began.

Nothing outlives the caller: a child's whole process group is killed when the child ends, when its `Child` is closed or
forgotten, when the server ends, and when the caller dies, however that happens.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import threading
import weakref
from collections import deque
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nbprod.adapters.forkserver.child import Child
from nbprod.adapters.forkserver.wire import CHANNEL, ERROR, OUTPUT, Order, read_pid
from nbprod.errors import NbprodError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Ends = tuple[socket.socket, Connection | None]
__all__ = ["Child", "ForkServer"]

# nbprod itself goes last: a project's own modules and packages come before it, as in any Python.
STARTUP = (
    "import sys; sys.path[:0] = {path!r}; {root!r} in sys.path or sys.path.append({root!r}); "
    "from nbprod.adapters.forkserver.server import serve; serve({control}, {parent}, {preload!r}, {idle!r}, {first!r})"
)


class ForkServer:
    """A process that has imported `preload`, from which children are forked within milliseconds.

    A name "module:name" is imported as `from module import name` would, "module:name()" is called: what each child
    would make for itself is made once. A module that can't be imported is left out: the child that wants it fails by
    itself, with the error that belongs there. `path` goes before the path that a fresh
    Python has, `environment` is added to the caller's while modules are imported. Several threads may start children at
    once. A server that has had nothing to do for `idle` seconds ends, and is started anew by the next call.

    What is in `first` is imported before the rest, and suffices for children that are started as `early`: these need
    not wait for it.
    """

    def __init__(
        self,
        preload: Sequence[str] = (),
        path: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
        idle: float | None = None,
        first: Sequence[str] = (),
    ) -> None:
        self.preload = tuple(preload)
        self.first = tuple(first)
        self.path = tuple(path)
        self.environment = dict(environment or {})
        self.idle = idle
        self._children: weakref.WeakSet[Child] = weakref.WeakSet()
        self._ahead: deque[tuple[Order, Ends]] = deque()
        self._sending = threading.Lock()
        self.interrupted = False
        self._closed = False
        self._served = False
        self._early: socket.socket | None = None
        self._begin(self.preload, self.first)

    def start(  # noqa: PLR0913  (what to run, where, and what it gets of ours)
        self,
        target: str,
        args: Sequence[Any] = (),
        *,
        folder: str | os.PathLike[str] | None = None,
        environment: Mapping[str, str] | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        channel: bool = True,
        early: bool = False,
    ) -> Child:
        """A child that runs `target` ("module:function") as `function(connection, *args)`, then ends.

        `folder` and `environment` are those of the caller, unless given; `stdout` and `stderr` are file descriptors,
        and the server's where None. What the function returns, if it is an int, is the exit code. Without `channel`
        the function gets None for its connection. A child that is `early` may find imported no more than `first`.

        Raises:
            NbprodError: the server was closed, or died and could not be started anew, or the machine refuses another
                process.
        """
        order = _order(target, args, folder, environment)
        streams = {ERROR: stderr, OUTPUT: stdout}
        if early and self._early is not None:
            with contextlib.suppress(OSError, EOFError):
                return self._send(order, streams, self._early, channel=channel)
        try:
            return self._send(order, streams, self._control, channel=channel)
        except (OSError, EOFError):
            self._begin_again()
        try:
            return self._send(order, streams, self._control, channel=channel)
        except (OSError, EOFError) as error:
            raise NbprodError(
                f"the process from which notebooks are forked died: {error or 'it ended without a word'}",
                hint="The machine may be out of memory or of processes.",
            ) from error

    def start_ahead(
        self, target: str, args: Sequence[Any] = (), *, folder: str, environment: Mapping[str, str]
    ) -> Child:
        """As `start`; the next one like it begins now, and makes itself ready while this one has work to do."""
        order = _order(target, args, folder, environment)
        child = self._begun(order) or self.start(target, args, folder=folder, environment=environment)
        if not self._ahead and not self.interrupted:
            with contextlib.suppress(OSError):  # who needs it will be told
                self._ahead.append((order, self._ordered(order, {}, self._control, channel=True)))
        return child

    def _begun(self, order: Order) -> Child | None:
        """The child that began ahead, if it is the one that is wanted, and lives."""
        with contextlib.suppress(IndexError, OSError, EOFError):
            wanted, ends = self._ahead.popleft()
            child = self._born(*ends)
            if wanted == order and child.wait(0) is None:
                return child
            child.close()
        return None

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def interrupt(self) -> None:
        """Ctrl-C, for all children; those that are about to begin something new ask whether we were `interrupted`."""
        self.interrupted = True
        for child in tuple(self._children):
            child.interrupt()

    def close(self) -> None:
        """End the server and every child that is left; it starts no more."""
        self._closed = True
        if not self._served:  # it has no children, and may long be busy with its imports
            self._process.kill()
        with self._sending:
            self._hang_up()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # a module that it preloads never comes back
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _begin(self, preload: tuple[str, ...], first: tuple[str, ...] = ()) -> None:
        root = str(Path(__file__).parents[3])
        early = None
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            self._control, control = _pair(ours, theirs)
            if first:
                self._early, early = _pair(ours, theirs)
            passed = tuple(each.fileno() for each in (control, early) if each)
            code = STARTUP.format(
                path=list(self.path),
                root=root,
                control=control.fileno(),
                parent=os.getpid(),
                preload=preload,
                idle=self.idle,
                first=(early.fileno(), first) if early else None,
            )
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                pass_fds=passed,
                start_new_session=True,  # Ctrl-C in the terminal is the caller's to hear
            )
            ours.pop_all()

    def _hang_up(self) -> None:
        for each in (self._control, self._early):
            if each:
                each.close()

    def _begin_again(self) -> None:
        """A new server; one that died before it served anything died of what it imported."""
        with self._sending:
            if self.alive:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(1)  # it hung up: its end is near
            if self.alive:
                return
            if self._closed:
                raise NbprodError("the process from which notebooks are forked was ended")
            self._control.close()  # what the deputy forks lives on
            self._begin(self.preload if self._served else ())

    def _send(self, order: Order, streams: Mapping[int, int | None], control: socket.socket, *, channel: bool) -> Child:
        child = self._born(*self._ordered(order, streams, control, channel=channel))
        self._served = self._served or control is self._control
        return child

    def _ordered(
        self, order: Order, streams: Mapping[int, int | None], control: socket.socket, *, channel: bool
    ) -> Ends:
        """Our ends of the status and of the connection of a child that was ordered."""
        given = {flag: fd for flag, fd in streams.items() if fd is not None}
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            status, their_status = _pair(ours, theirs)
            connection = None
            if channel:
                socket_of_ours, their_channel = _pair(ours, theirs)
                connection = ours.enter_context(Connection(socket_of_ours.detach()))
                given[CHANNEL] = their_channel.fileno()
            with self._sending:
                order.send(control, their_status.fileno(), given)
            ours.pop_all()  # the server's ends are the only others now: its death will be seen
        return status, connection

    def _born(self, status: socket.socket, connection: Connection | None) -> Child:
        with contextlib.ExitStack() as ours:
            ours.enter_context(status)
            if connection is not None:
                ours.enter_context(connection)
            pid = read_pid(status)
            ours.pop_all()
        child = Child(pid, status, connection)
        self._children.add(child)
        return child


def _order(
    target: str, args: Sequence[Any], folder: str | os.PathLike[str] | None, environment: Mapping[str, str] | None
) -> Order:
    return Order(
        target=target,
        args=pickle.dumps(tuple(args), protocol=pickle.HIGHEST_PROTOCOL),
        folder=os.fspath(folder) if folder is not None else str(Path.cwd()),
        environment=dict(os.environ if environment is None else environment),
    )


def _pair(ours: contextlib.ExitStack, theirs: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair()
    return ours.enter_context(one), theirs.enter_context(other)
