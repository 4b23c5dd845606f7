"""Whose turn it is: the stages whose needs have ended, in the plan's order."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.repro.graph import Graph
    from nbprod.repro.stages import Stage


class Turns:
    """Gives out each stage once, when all that it needs has ended; `above` has the keys of what each needs."""

    def __init__(self, graph: Graph, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self.place = {stage.key: at for at, stage in enumerate(stages)}
        self.above = {stage.key: self.place.keys() & {each.key for each in graph.needed(stage)} for stage in stages}
        self.below: dict[str, list[str]] = {}
        for key, needed in self.above.items():
            for each in needed:
                self.below.setdefault(each, []).append(key)
        self.left = {key: len(needed) for key, needed in self.above.items()}
        self.ready = [at for at, stage in enumerate(stages) if not self.left[stage.key]]

    def next(self) -> Stage | None:
        """Return the first stage that can begin, or None while all others wait."""
        return self.stages[heapq.heappop(self.ready)] if self.ready else None

    def ended(self, stage: Stage) -> None:
        """Say that a stage has ended, well or not."""
        for key in self.below.get(stage.key, ()):
            self.left[key] -= 1
            if not self.left[key]:
                heapq.heappush(self.ready, self.place[key])
