"""The peak of the process's memory while a step runs."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

PERIOD = 0.05
STATM = Path("/proc/self/statm")


class Peak:
    """Between `resume` and `pause` a thread looks at the resident memory; `bytes` is the most that it saw."""

    def __init__(self) -> None:
        self.bytes = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._high = 0

    def resume(self) -> None:
        """Start to look."""
        self._high = high_water()
        self._look()
        if STATM.exists():
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._watch, args=(self._stop,), daemon=True, name="nbprod-memory")
            self._thread.start()

    def pause(self) -> None:
        """Stop; where the process's own high-water mark rose meanwhile, that is the exact peak."""
        self._stop.set()
        self._look()
        if high_water() > self._high:
            self.bytes = max(self.bytes, high_water())

    def _watch(self, stop: threading.Event) -> None:
        while not stop.wait(PERIOD):
            self._look()

    def _look(self) -> None:
        self.bytes = max(self.bytes, resident())


def resident() -> int:
    """The process's resident memory now, in bytes; its high-water mark where there is no /proc."""
    if not STATM.exists():
        return high_water()
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def high_water() -> int:
    """The most resident memory that the process ever had, in bytes."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
