"""Servers that the callers in one process share, by what they have imported."""

from __future__ import annotations

import atexit
import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from nbprod.adapters.forkserver import ForkServer

KEPT = 3  # each holds in memory what it has imported


@dataclass(slots=True)
class _Shared:
    server: ForkServer
    users: int = 0


class Pool:
    """Gives out servers by key. Of those that nobody uses, the latest are kept; all are closed when Python ends."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self._lock = threading.Lock()
        self._shared: dict[Hashable, _Shared] = {}
        atexit.register(self.close)

    @contextlib.contextmanager
    def server(self, key: Hashable, make: Callable[[], ForkServer]) -> Iterator[ForkServer]:
        """The server for the key, made by `make` if there is none; it stays as long as the block runs."""
        with self._lock:
            shared = self._shared.pop(key, None) or _Shared(make())
            self._shared[key] = shared  # the latest is the last
            shared.users += 1
            surplus = self._surplus()
        for each in surplus:
            each.server.close()
        try:
            yield shared.server
        finally:
            with self._lock:
                shared.users -= 1

    def close(self) -> None:
        """Close all."""
        with self._lock:
            shared, self._shared = self._shared, {}
        for each in shared.values():
            each.server.close()

    def _surplus(self) -> list[_Shared]:
        unused = [key for key, each in self._shared.items() if not each.users]
        in_use = len(self._shared) - len(unused)
        return [self._shared.pop(key) for key in unused[: max(len(unused) + in_use - self.kept, 0)]]
