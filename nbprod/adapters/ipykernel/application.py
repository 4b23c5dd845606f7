"""ipykernel's application and kernel, with a connection in place of their sockets.

All else is theirs: the user's profile and its startup files, extensions, events, displays, comms, tracebacks.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import pickle
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import zmq
from ipykernel import ipkernel
from ipykernel.displayhook import ZMQDisplayHook
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from tornado.ioloop import IOLoop
from traitlets import Any as AnyTrait
from traitlets.config import Config

from nbprod.adapters.ipykernel import INLINE, REPLAY, WAITS, standin
from nbprod.adapters.ipykernel.outlet import Limit, Outlet, Shell, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from nbprod.adapters.ipykernel.restoring import Restoring

CONFIG = Config(HistoryManager={"hist_file": ":memory:"}, IPKernelApp=standin.CONFIG.IPKernelApp)


class Kernel(IPythonKernel):
    """IPython's kernel, asked and answering through a connection."""

    shell_stream = AnyTrait()
    restoring: Restoring | None = None
    _execute_sleep = 0  # a reply can't overtake the output: both go the same way
    _supports_kernel_subshells = False

    def __init__(self, **traits: Any) -> None:
        with _no_modules():
            super().__init__(**traits)
        self.io_loop = IOLoop.current()
        self.limit = Limit()

    async def do_execute(self, code: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Run the cell, or have it replayed, and bring all that it printed on its way."""
        run = super().do_execute
        self.limit.begin()
        if self.restoring is None:
            return await self._whole(run(code, *arguments, **options))
        return await self.restoring.reply(code, lambda: self._whole(run(code, *arguments, **options)))

    def waits(self) -> None:
        """Say that what is asked now waits for what another process computes, until it is answered."""
        self.iopub_thread.post(WAITS, [])

    async def _whole(self, running: Any) -> dict[str, Any]:
        reply: dict[str, Any] = await running
        _flush_c()
        sys.stdout.flush()
        note = self.limit.note()
        if note:
            print(note, end="", file=sys.stderr)  # noqa: T201 - the cell's own stderr
        sys.stdout.flush()
        sys.stderr.flush()
        return reply

    def _abort_queues(self, *_: object) -> None:
        """Nobody asks for a cell before the last one has ended."""


@contextlib.contextmanager
def _no_modules() -> Iterator[None]:
    """Spare the kernel the list of all modules that it makes for a debugger, which nobody can attach here.

    Each module that is looked at is a page or two that a forked process copies: half of all that a kernel begins with.
    """
    theirs: Any = ipkernel
    theirs.sys = SimpleNamespace(**{**vars(sys), "modules": {}})
    try:
        yield
    finally:
        theirs.sys = sys


def _flush_c() -> None:
    """What C code wrote into its own buffer is this cell's, too."""
    ctypes.CDLL(None).fflush(None)


class Application(IPKernelApp):
    """A kernel's application without sockets, heartbeat and connection file."""

    name = "ipython-kernel"  # whose configuration is read

    def __init__(self, connection: Connection, **traits: Any) -> None:
        super().__init__(**traits)
        self.connection = connection

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Take the arguments, if there are any: to learn which there could be costs more than all the rest."""
        self.update_config(CONFIG)
        if argv:
            super().parse_command_line(argv)

    def init_crash_handler(self) -> None:
        """Python's own traceback will do."""

    def init_connection_file(self) -> None:
        """None is needed, nor are signatures: nobody else can reach the connection."""
        self.session.key = b""

    def init_poller(self) -> None:
        """The fork server sees to it that this process ends with its caller."""

    def init_sockets(self) -> None:
        """The connection, in their place."""
        self.outlet = Outlet(self.connection)
        self.iopub_thread, self.iopub_socket = self.outlet, self.outlet.background_socket
        self.outlet.start()

    def init_heartbeat(self) -> None:
        """A closed connection says that this process died."""

    def write_connection_file(self, **_: Any) -> None:
        """None is needed."""

    def log_connection_info(self) -> None:
        """Nobody could connect."""

    def init_io(self) -> None:
        """Streams that also catch what is written below them."""
        self.limit = Limit()
        sys.stdout = Stream(self.session, self.outlet, "stdout", self.limit)
        sys.stderr = Stream(self.session, self.outlet, "stderr", self.limit)
        self.displayhook = ZMQDisplayHook(self.session, self.iopub_socket)
        sys.displayhook = self.displayhook
        self.patch_io()

    def init_kernel(self) -> None:
        """The kernel, which is in the main thread alone."""
        self.kernel = Kernel.instance(
            parent=self,
            session=self.session,
            shell_stream=Shell(self.outlet),
            # Where an interrupt cancels what a cell awaits, ipykernel asks which thread is the main one.
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )
        self.kernel.limit = self.limit
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count

    def init_gui_pylab(self) -> None:
        """As theirs, also when matplotlib was there before the shell."""
        os.environ.setdefault("MPLBACKEND", INLINE)
        super().init_gui_pylab()
        backend = sys.modules.get("matplotlib_inline.backend_inline")
        if backend is not None:
            backend._enable_matplotlib_integration()  # noqa: SLF001 - what it does when it is imported into a shell
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.install_repl_displayhook()


class Loop:
    """Requests come in, one after the other are answered; None, or a closed connection, is the end."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.kernel = application.kernel
        self.connection = application.connection
        self.loop = asyncio.get_event_loop()
        self.requests: asyncio.Queue[list[bytes] | tuple[int, str]] = asyncio.Queue()

    def run(self) -> None:
        """Until the end."""
        self.loop.add_reader(self.connection.fileno(), self._receive)
        answering = self.loop.create_task(self._answer())
        answering.add_done_callback(lambda _: self.loop.stop())  # a fault of ours, which must not leave anybody waiting
        self.loop.run_forever()
        if answering.done():
            answering.result()
        answering.cancel()

    def _receive(self) -> None:
        try:
            asked = self.connection.recv()
        except (EOFError, OSError):
            asked = None
        if asked is None:
            self.loop.remove_reader(self.connection.fileno())
            self.loop.stop()
        else:
            self.requests.put_nowait(asked)

    async def _answer(self) -> None:
        while True:
            asked = await self.requests.get()
            if isinstance(asked, tuple):
                self._replay(*asked)
            else:
                await self.kernel.dispatch_shell([zmq.Frame(part) for part in asked])

    def _replay(self, cell: int, code: str) -> None:
        """Say at once what the cell displayed, if it need not run: no shell and no messages are needed for that."""
        restoring = self.kernel.restoring
        replayed = restoring.replayed(cell, code) if restoring is not None else None
        self.application.outlet.post(REPLAY, [pickle.dumps(replayed)])
