"""What watches over a run inside the process of its notebook: how long it may take, and what is kept at its end.

It stands between the engine, which asks of each cell whether it need run, and whoever knows (`inner`).
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nbprod.run.batches import keeping

if TYPE_CHECKING:
    from collections.abc import Mapping

Output = dict[str, Any]
HIDDEN = f"__import__({__name__!r}, fromlist=['keep']).keep()"  # the cell that ends a notebook
LOST = "lost"  # the file that says why a process ended itself
NOTES = "notes.json"
AGAIN = 0.1  # seconds until an alarm between two cells is tried again


class RunTimedOut(BaseException):
    """The run took longer than it may; no `except Exception` of a cell holds it up."""


class Lost(Exception):
    """What was restored turned out to be gone: the notebook must run again from its first cell."""


class Inner(Protocol):
    """Who restores cells."""

    @property
    def notes(self) -> list[str]:
        """What a person should know."""

    def restore(self, cell: int) -> list[Output] | None:
        """Outputs to replay in place of running the cell; raises Lost."""

    def ran(self, cell: int, outputs: list[Output], *, failed: bool) -> None:
        """The cell has run and displayed this."""

    def value(self, name: str) -> Any:
        """What a name stands for; KeyError if nothing has bound it."""

    def close(self) -> None:
        """Nothing more will be asked."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to be watched over: the cell `hidden` ends the notebook, and keeps what is `wanted` in `folder`."""

    folder: str
    wanted: tuple[tuple[str, str], ...]  # name, role
    hidden: int
    timeout: float | None = None


class Inside:
    """Answers the engine for a run."""

    def __init__(self, orders: Orders, inner: Inner) -> None:
        self.orders = orders
        self.inner = inner
        self.running = False
        self.left = 0.0  # of the run's seconds, while it waits
        if orders.timeout is not None:
            signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, orders.timeout)

    def restore(self, cell: int) -> list[Output] | None:
        """Outputs to replay in place of running the cell."""
        self.running = False
        self._goes_on()
        if cell == self.orders.hidden:
            return None
        try:
            found = self.inner.restore(cell)
        except Lost as lost:
            self._end(str(lost))
        self.running = found is None
        if self.running:
            self._goes_on()
        return found

    def waits(self) -> None:
        """What another run computes is waited for, until a next cell is asked about: that time is not the run's own."""
        self.left, _ = signal.setitimer(signal.ITIMER_REAL, 0)

    def ran(self, cell: int, outputs: list[Output], *, failed: bool) -> None:
        """The cell has run."""
        self.running = False
        if cell != self.orders.hidden:
            self.inner.ran(cell, outputs, failed=failed)
            if failed:
                self.inner.close()

    def keep(self) -> None:
        """Store what is wanted of the notebook, which has ended well."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        keeping.keep(self.inner.value, self.orders.folder, self.orders.wanted)
        keeping.note(self.orders.folder, self.inner.notes)
        self.inner.close()

    def _goes_on(self) -> None:
        if self.left:
            signal.setitimer(signal.ITIMER_REAL, self.left)
            self.left = 0.0

    def _ring(self, *_: object) -> None:
        """The time is up: the cell that runs hears of it, or else the next one."""
        if not self.running:
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
            return
        assert self.orders.timeout is not None
        raise RunTimedOut(f"the run took longer than {self.orders.timeout:g} s")

    def _end(self, why: str) -> None:
        """Leave a word for who waits, and end: this process has seen a value that is no more."""
        (Path(self.orders.folder) / LOST).write_text(why, encoding="utf-8")
        os._exit(1)


class Plain:
    """Restores nothing: every cell runs."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.notes: list[str] = []

    def restore(self, cell: int) -> None:
        """No cell is."""

    def ran(self, cell: int, outputs: list[Output], *, failed: bool) -> None:
        """It is no matter."""

    def value(self, name: str) -> Any:
        """What a name stands for."""
        return self.namespace[name]

    def close(self) -> None:
        """It is no matter."""


_current: list[Inside] = []


def begin(orders: Orders, inner: Inner) -> Inside:
    """Return who watches over this process's run."""
    _current[:] = [Inside(orders, inner)]
    return _current[0]


def waits() -> None:
    """The run of this process waits for another one."""
    _current[0].waits()


def keep() -> None:
    """Store what is wanted of the notebook that ran here: what the hidden cell calls."""
    _current[0].keep()
