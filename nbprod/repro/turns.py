"""Whose turn it is: the stages whose needs have ended, in the plan's order."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbprod.repro.graph import Graph
    from nbprod.repro.stages import Stage


class Turns:
    """Gives out each stage once, when all that it waits for has ended; `above` has the keys of what each needs.

    A frozen stage needs nothing, and no failure reaches it; but before or after those that make what it reads it comes
    as in the plan, for it looks at what they make.
    """

    def __init__(self, graph: Graph, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)
        self.place = {stage.key: at for at, stage in enumerate(stages)}
        self.above = {stage.key: self.place.keys() & {each.key for each in graph.needed(stage)} for stage in stages}
        self.below: dict[str, set[str]] = {key: set() for key in self.place}
        for stage in stages:
            for each in self.place.keys() & {each.key for each in graph.above[stage.key]}:
                first, then = sorted((each, stage.key), key=self.place.__getitem__)
                self.below[first].add(then)
        self.left = dict.fromkeys(self.place, 0)
        for then in (each for below in self.below.values() for each in below):
            self.left[then] += 1
        self.ready = [at for at, stage in enumerate(stages) if not self.left[stage.key]]

    def stage(self, key: str) -> Stage:
        """Return the stage of that key."""
        return self.stages[self.place[key]]

    def next(self) -> Stage | None:
        """Return the first stage that can begin, or None while all others wait."""
        return self.stages[heapq.heappop(self.ready)] if self.ready else None

    def wait(self, stage: Stage, running: Iterable[str]) -> None:
        """Let the stage, whose turn it was, come again when these have ended; their failure does not reach it."""
        for key in running:
            self.below[key].add(stage.key)
            self.left[stage.key] += 1

    def ended(self, stage: Stage) -> None:
        """Say that a stage has ended, well or not."""
        for key in self.below[stage.key]:
            self.left[key] -= 1
            if not self.left[key]:
                heapq.heappush(self.ready, self.place[key])
