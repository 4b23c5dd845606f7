"""What nbclient takes for a kernel's manager and client: a forked child, and the messages that come from it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import time
from collections import deque
from queue import Empty
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_client.session import Session

from nbprod.adapters.ipykernel import FAULT, OURS, REPLAY, TARGET, WAITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection

    from nbprod.adapters.forkserver import Child, ForkServer

LEAKING = {"JPY_SESSION_NAME", "JPY_PARENT_PID"}  # they name the notebook and the server of the kernel that we are in
GRACE = 5.0  # seconds for what is registered for the process's end, as jupyter_client gives them

Message = dict[str, Any]


class Turn(Protocol):
    """Who shares a machine with others gives his turn to compute away while he waits for what one of them computes."""

    def give(self) -> None:
        """Let another one compute; does nothing if it was given already."""

    def take(self) -> None:
        """Go on when there is a turn again; does nothing if it was not given."""


class Manager:
    """The kernel's process, from its start to its end."""

    ipykernel = False  # it needs no argument to keep its history in memory
    kernel_id = None

    def __init__(
        self,
        server: ForkServer,
        restorer: tuple[str, Sequence[Any]] | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        ahead: bool = False,
        turn: Turn | None = None,
    ) -> None:
        self.server = server
        self.ahead = ahead
        self.turn = turn
        self.environment = environment
        self.restorer = restorer
        self.child: Child | None = None
        self._client: Client | None = None

    def announce(self, cell: Any, index: int) -> None:
        """Say in the next request which cell it is, as JupyterLab does."""
        if self._client is not None:
            self._client.session.metadata = {
                "cellId": cell.get("id", ""),
                "tags": list(cell.metadata.get("tags", ())),
                OURS: {"cell": index},
            }

    @property
    def has_kernel(self) -> bool:
        """Whether it was started, and not yet cleaned away."""
        return self.child is not None

    def start_kernel(
        self,
        *,
        extra_arguments: Sequence[str] = (),
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        **_: object,
    ) -> None:
        """Fork the child."""
        environment = {
            name: value for name, value in (env or self.environment or os.environ).items() if name not in LEAKING
        }
        start = self.server.start_ahead if self.ahead else self.server.start
        self.child = start(TARGET, (tuple(extra_arguments),), folder=cwd or os.getcwd(), environment=environment)  # noqa: PTH109
        with contextlib.suppress(OSError):  # it died: whoever waits for its first word will say so
            self._connection().send(self.restorer)

    def client(self) -> Client:
        """The one who talks to it."""
        self._client = Client(self, self._connection())
        return self._client

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.child is not None and self.child.wait(0) is None

    def interrupt_kernel(self) -> None:
        """Ctrl-C, for the cell and what it started."""
        if self.child is not None:
            self.child.interrupt()

    def shutdown_kernel(self, *, now: bool = False) -> None:
        """Stop the cell that may run and let the process end by itself, or not."""
        assert self.child is not None
        if not now:
            self.child.interrupt()
            with contextlib.suppress(OSError):  # it has ended already
                self._connection().send(None)
            self.child.wait(GRACE)
        self.child.kill()
        self.child.wait()

    def _connection(self) -> Connection:
        assert self.child is not None
        assert self.child.connection is not None
        return self.child.connection

    async def cleanup_resources(self) -> None:
        """Give back what it held."""
        if self._client is not None:
            self._client.stop_channels()
            for _ in range(3):  # rounds of the loop, in which those who waited are woken and stop
                await asyncio.sleep(0)
        if self.child is not None:
            self.child.close()
        self.child = None


class Channel:
    """The messages of one channel; whoever waits on either of the two reads for both."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.messages: deque[Message] = deque()

    def send(self, message: Message) -> None:
        """Pass a request to the kernel."""
        self.client.send(message)

    async def get_msg(self, timeout: float | None = None) -> Message:
        """The next message.

        Raises:
            Empty: there was none in time, or there will be none.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.messages:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and (left <= 0 or self.client.ended):
                raise Empty
            await self.client.arrival(left)
        return self.messages.popleft()


class Client:
    """What nbclient asks of a kernel's client, through the child's connection."""

    allow_stdin = False

    def __init__(self, manager: Manager, connection: Connection) -> None:
        self.manager = manager
        self.connection = connection
        self.session = Session(key=b"-")
        self.session.key = b""  # nobody else can reach the connection; said at once, it would be warned of
        self.shell_channel = Channel(self)
        self.iopub_channel = Channel(self)
        self.ended = False  # the connection is closed on the other side
        self.fault = ""
        self._stopped = False
        self._channels = {"shell": self.shell_channel, "iopub": self.iopub_channel}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived = asyncio.Event()

    def start_channels(self) -> None:
        """Nothing: there is one connection, and it is open."""

    def stop_channels(self) -> None:
        """Read no more; nbclient may have left somebody waiting, who stops now."""
        self._unlisten()
        self._stopped = True
        self._arrived.set()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for the kernel's first word.

        Raises:
            RuntimeError: it said none in time, or died.
        """
        asked = self.kernel_info()
        try:
            while (await self.shell_channel.get_msg(timeout))["parent_header"].get("msg_id") != asked:
                pass
        except Empty:
            died = f"Kernel died before replying to kernel_info{self.fault}"  # jupyter_client's words, and our reason
            raise RuntimeError(died if self.ended else f"Kernel didn't respond in {timeout} seconds") from None

    def is_alive(self) -> bool:
        """Whether the process runs, and talks to us."""
        return not self.ended and self.manager.is_alive()

    def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True, **_: object) -> str:
        """Ask for a cell to be run; the request's id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": self.allow_stdin,
            "stop_on_error": stop_on_error,
        }
        return self._ask("execute_request", content)

    def replayed(self, cell: int, code: str, timeout: float | None) -> tuple[int, list[dict[str, Any]]] | None:
        """The number and the outputs of a cell that need not run; None: it must, or the process died.

        Raises:
            TimeoutError: there was no answer in time.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        turn = self.manager.turn
        try:
            self.connection.send((cell, code))
            while self.connection.poll(None if deadline is None else max(deadline - time.monotonic(), 0)):
                channel, parts = self.connection.recv()
                if channel == REPLAY:
                    if turn is not None:
                        turn.take()
                    return pickle.loads(parts[0])  # type: ignore[no-any-return]
                self._take(channel, parts)
                if channel == WAITS:  # that time is another's
                    deadline = None
        except (EOFError, OSError):
            self.ended = True
            return None
        raise TimeoutError

    def kernel_info(self) -> str:
        """Ask what kernel it is; the request's id."""
        return self._ask("kernel_info_request", {})

    def send(self, message: Message) -> None:
        """Pass a request to the kernel; one that died is noticed by who waits for the answer."""
        with contextlib.suppress(OSError):
            self.connection.send(self.session.serialize(message))

    def _ask(self, kind: str, content: dict[str, Any]) -> str:
        message = self.session.msg(kind, content)
        self.send(message)
        return str(message["header"]["msg_id"])

    async def arrival(self, timeout: float | None) -> None:
        """Wait until something has come, for either channel, or the time is up."""
        if self._stopped:
            raise asyncio.CancelledError
        if self._loop is None and not self.ended:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self.connection.fileno(), self._receive)
        self._arrived.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._arrived.wait()

    def _take(self, channel: str, parts: list[bytes]) -> None:
        if channel == FAULT:
            self.fault = f"\n{parts[0].decode()}"
            return
        if channel == WAITS:
            if self.manager.turn is not None:
                self.manager.turn.give()
            return
        _, frames = self.session.feed_identities(parts)
        self._channels[channel].messages.append(self.session.deserialize(frames))

    def _unlisten(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self.connection.fileno())
        self._loop = None

    def _receive(self) -> None:
        try:
            channel, parts = self.connection.recv()
        except (EOFError, OSError):
            self._unlisten()
            self.ended = True
        else:
            self._take(channel, parts)
        self._arrived.set()
