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
        self._high = 0

    def resume(self) -> None:
        """Start to look."""
        self._high = high_water()
        self.look()
        if STATM.exists():
            _Sampler.follow(self)

    def pause(self) -> None:
        """Stop; where the process's own high-water mark rose meanwhile, that is the exact peak."""
        _Sampler.follow(None)
        self.look()
        if high_water() > self._high:
            self.bytes = max(self.bytes, high_water())

    def look(self) -> None:
        """Take what is in memory now into account."""
        self.bytes = max(self.bytes, resident())


class _Sampler:
    """One thread for the process, as starting one takes a millisecond; it sleeps while nobody is followed."""

    followed: Peak | None = None
    wake = threading.Event()
    process = 0

    @classmethod
    def follow(cls, peak: Peak | None) -> None:
        cls.followed = peak
        if peak is None:
            cls.wake.clear()
            return
        if cls.process != os.getpid():  # none yet, or this is a fork, to which threads don't come along
            cls.process, cls.wake = os.getpid(), threading.Event()
            threading.Thread(target=cls._watch, daemon=True, name="nbprod-memory").start()
        cls.wake.set()

    @classmethod
    def _watch(cls) -> None:
        pause = threading.Event()
        while cls.wake.wait():
            pause.wait(PERIOD)
            peak = cls.followed
            if peak is not None:
                peak.look()


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
