"""A stage's processes: its commands in a shell, or its step in a fork; what they print, use, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.repro import shell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbprod.adapters.forkserver import Child
    from nbprod.repro.guardian import Guardian
    from nbprod.repro.outcomes import Listener

STEP = "nbprod.cli.step:forked"
LOG_LINES = 40
PATIENCE = 1.0  # seconds for the last lines of a process that has ended


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stage's processes ended: exit code, peak of memory in bytes, the end of what they printed.

    `imported`: the modules that a step had to import by itself, because the process that it was forked from had not.
    """

    code: int
    peak: int = 0
    command: str = ""
    log: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()


@dataclass(slots=True)
class Running:
    """One stage's processes.

    `captured`: what they print goes to the listener line by line, else where ours goes. `grouped`: they are a group of
    their own, as they must not be where they may ask the terminal something.
    """

    name: str
    folder: str
    environment: Mapping[str, str]
    listener: Listener
    captured: bool
    guardian: Guardian
    grouped: bool = True
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    stopped: bool = False
    _stop: Callable[[int], None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def shell(self, commands: tuple[str, ...]) -> Ended:
        """Run the commands one after the other, as DVC does, until one fails."""
        peak = 0
        for command in commands:
            code, used = self._one(command)
            peak = max(peak, used)
            if code:
                return Ended(code, peak, command, tuple(self.log))
        return Ended(0, peak, log=tuple(self.log))

    def step(self, target: str, start: Callable[..., Child]) -> Ended:
        """Run `nbprod step` in a process that `start` forks from one that has the step's imports."""
        output = _Output(self)
        with output as descriptor:
            child = start(
                STEP, (target,), folder=self.folder, environment=self.environment, stdout=descriptor,
                stderr=descriptor,
            )  # fmt: skip
        with child:
            self._begun(child.pid, lambda number: _signal_child(child, number), [f"nbprod step {target}"])
            code = child.wait() or 0
            peak = child.usage.peak if child.usage else 0
            imported = _told(child)
        output.drain()
        return Ended(code, peak, f"nbprod step {target}", tuple(self.log), imported)

    def stop(self, number: int) -> None:
        """Send a signal to what runs, and let nothing else begin."""
        with self._lock:
            self.stopped = True
            if self._stop:
                self._stop(number)

    def _one(self, command: str) -> tuple[int, int]:
        with self._lock:
            if self.stopped:
                return -signal.SIGINT, 0
        output = _Output(self)
        with output as descriptor:
            process = subprocess.Popen(
                shell.arguments(command),
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL if self.captured else None,
                stdout=descriptor,
                stderr=descriptor,
                process_group=0 if self.grouped else None,
            )
        self.guardian.watch(process.pid, group=self.grouped)
        self._begun(process.pid, lambda number: _signal_process(process, number, group=self.grouped), [command])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        with self._lock:
            self._stop = None
        self.guardian.forget(process.pid, group=self.grouped)
        output.drain()
        return process.returncode, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)

    def _begun(self, pid: int, stop: Callable[[int], None], commands: list[str]) -> None:
        with self._lock:
            self._stop = stop
        self.listener.started(self.name, commands, pid)

    def heard(self, text: str) -> None:
        """Take in a line."""
        self.log.append(text)
        self.listener.line(self.name, text)


class _Output:
    """The descriptor that processes print to; None for ours. Read by a thread, until every process has closed it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.write: int | None = None
        self.reader: threading.Thread | None = None

    def __enter__(self) -> int | None:
        if self.running.captured:
            read, self.write = os.pipe()
            self.reader = threading.Thread(target=self._read, args=(read,), daemon=True)
            self.reader.start()
        return self.write

    def __exit__(self, *_: object) -> None:
        if self.write is not None:
            os.close(self.write)

    def drain(self) -> None:
        """Wait until all is read; what runs on in the background may hold the pipe for as long as it likes."""
        if self.reader:
            self.reader.join(PATIENCE)

    def _read(self, read: int) -> None:
        with open(read, encoding="utf-8", errors="backslashreplace", newline=None) as lines:
            for line in lines:
                self.running.heard(line.rstrip("\n"))


def _told(child: Child) -> tuple[str, ...]:
    with suppress(EOFError, OSError):
        if child.connection is not None and child.connection.poll():
            return tuple(child.connection.recv())
    return ()


def _signal_process(process: subprocess.Popen[bytes], number: int, *, group: bool) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(process.pid, number)
        elif process.returncode is None:
            os.kill(process.pid, number)


def _signal_child(child: Child, number: int) -> None:
    if number == signal.SIGINT:
        child.interrupt()
    else:
        child.kill()
