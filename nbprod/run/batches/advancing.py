"""A run while it runs: its steps are counted as their cells end, and whoever waits is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.model.batch import Advance
from nbprod.run.batches.shared import injected_at, original

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.run.batches.runs import Run
    from nbprod.run.batches.shared import Shared

    Told = Callable[[Advance], None]


class Advancing:
    """Takes each cell that has ended, by its index in the executed notebook, and tells when that changes a count.

    A step of which one cell ran is done, one of which all so far were restored is restored.
    """

    def __init__(self, shared: Shared, run: Run, tell: Told) -> None:
        self._steps = dict(shared.steps)
        self._shared = shared
        self._run = run
        self._injected = injected_at(shared) if run.source else None
        self._tell = tell
        self._done: set[str] = set()
        self._restored: set[str] = set()

    def __call__(self, at: int, cell: Any) -> None:
        """The cell has ended."""
        step = self._steps.get(original(at, self._shared, has_parameters=bool(self._run.source)))
        if step is None or at == self._injected:
            return
        before = len(self._done), len(self._restored)
        if cell.metadata.get("nbprod", {}).get("restored") and step not in self._done:
            self._restored.add(step)
        else:
            self._restored.discard(step)
            self._done.add(step)
        if (len(self._done), len(self._restored)) != before:
            self._tell(Advance(self._run.name, len(self._done), len(self._restored)))
