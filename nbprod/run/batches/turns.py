"""Who may compute: as many runs at once as was asked for; one that waits for another's work lets the next begin."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 8  # runs that have begun, for each that may compute: the others wait
AGAIN = 0.5  # seconds until it is asked again whether there is room
MEMORY, LIMIT, USED = map(Path, ("/proc/meminfo", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"))


class Turns:
    """Gives out turns to compute, `jobs` at once, to `MOST` times as many runs if there is `room` for them.

    Those who had one and gave it away come before those who have not begun: they hold memory until they end.
    """

    def __init__(self, jobs: int, room: Callable[[], bool]) -> None:
        self.jobs = jobs
        self._room = room
        self._free, self._begun, self._returning = jobs, 0, 0
        self._closed = False
        self._changed = threading.Condition()

    def begin(self) -> Turn | None:
        """The turn of another run, when it may begin; None if none may any more."""
        with self._changed:
            while not self._closed and not self._may_begin():
                self._changed.wait(AGAIN)
            if self._closed:
                return None
            self._free -= 1
            self._begun += 1
            return Turn(self)

    def give(self) -> None:
        """One who computes waits from now on."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()

    def take(self) -> None:
        """Wait until one may go on who gave his turn away."""
        with self._changed:
            self._returning += 1
            while not self._closed and not self._may_go_on():
                self._changed.wait(AGAIN)
            self._returning -= 1
            self._free -= 1

    def end(self, *, held: bool) -> None:
        """A run has ended."""
        with self._changed:
            self._begun -= 1
            self._free += held
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody begins any more, and nobody is held up."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _may_begin(self) -> bool:
        if self._free <= 0 or self._returning:
            return False
        return self._begun < self.jobs or (self._begun < MOST * self.jobs and self._room())

    def _may_go_on(self) -> bool:
        """Whether there is a turn; where memory is short, only as many compute as need be, so that some end."""
        return self._free == self.jobs or (self._free > 0 and (self._begun <= self.jobs or self._room()))


class Turn:
    """One run's turn to compute, which ends with the block."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._held = True

    def give(self) -> None:
        """Let another one compute; does nothing if it was given already."""
        if self._held:
            self._held = False
            self._turns.give()

    def take(self) -> None:
        """Go on when there is a turn again; does nothing if it was not given."""
        if not self._held:
            self._turns.take()
            self._held = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._turns.end(held=self._held)


def half_of_memory_is_free() -> bool:
    """Whether another process is welcome: half of what this machine, or this container, has is free.

    Where nobody tells, it is not.
    """
    with suppress(OSError, ValueError, KeyError):
        facts = dict(line.split(":", 1) for line in MEMORY.read_text().splitlines())
        total, free = (int(facts[each].split()[0]) * 1024 for each in ("MemTotal", "MemAvailable"))
        return 2 * free >= total and _half_of_container_is_free()
    return False


def _half_of_container_is_free() -> bool:
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        return 2 * int(USED.read_text()) <= int(LIMIT.read_text())
    return True
