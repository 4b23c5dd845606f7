"""The graph of stages: who makes what another reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbprod.repro.stages import Stage


@dataclass(frozen=True, slots=True)
class Graph:
    """All stages in the order of their files, and for each, by key, the stages that it reads from."""

    stages: tuple[Stage, ...]
    above: Mapping[str, tuple[Stage, ...]]

    def needed(self, stage: Stage) -> tuple[Stage, ...]:
        """Return the stages that it reads from; a frozen one needs none: DVC cuts it off."""
        return () if stage.frozen else self.above[stage.key]

    def ordered(self, wanted: Sequence[Stage]) -> tuple[Stage, ...]:
        """Return the wanted stages and all that they need, each after those that it needs."""
        done: dict[str, Stage] = {}
        open_: set[str] = set()
        waiting = [(each, False) for each in reversed(wanted)]
        while waiting:
            stage, entered = waiting.pop()
            if entered:
                done[stage.key] = stage
            elif stage.key not in done:
                if stage.key in open_:
                    continue
                open_.add(stage.key)
                waiting.append((stage, True))
                waiting += [(each, False) for each in reversed(self.needed(stage)) if each.key not in done]
        return tuple(done.values())


def graph(stages: Iterable[Stage]) -> Graph:
    """Return the graph; LeftToDvc where DVC would refuse it: outputs that overlap, or a circle."""
    found = tuple(stages)
    makers = _makers(found)
    parents = _parents(makers)
    for stage in found:
        if _above(stage.file, makers):
            raise LeftToDvc("graph", f"{stage.file} lies in an output")
    above = {stage.key: tuple(_needed(stage, makers, parents)) for stage in found}
    _without_circle(found, above)
    return Graph(found, above)


def _makers(stages: tuple[Stage, ...]) -> dict[str, Stage]:
    makers: dict[str, Stage] = {}
    for stage in stages:
        for out in stage.outs:
            if out.full in makers:
                raise LeftToDvc("graph", f"{out.full} is an output twice")
            makers[out.full] = stage
    for path in makers:
        if _above(os.path.dirname(path), makers):
            raise LeftToDvc("graph", f"{path} lies in another output")
    return makers


def _parents(makers: Mapping[str, Stage]) -> dict[str, list[Stage]]:
    """For each folder above an output, who makes what lies in it."""
    parents: dict[str, list[Stage]] = {}
    for path, stage in makers.items():
        at = os.path.dirname(path)
        while len(at) > 1:
            parents.setdefault(at, []).append(stage)
            at = os.path.dirname(at)
    return parents


def _above(path: str, makers: Mapping[str, Stage]) -> Stage | None:
    """Return who makes the path, or a folder that it lies in."""
    while len(path) > 1:
        if path in makers:
            return makers[path]
        path = os.path.dirname(path)
    return None


def _needed(stage: Stage, makers: Mapping[str, Stage], parents: Mapping[str, list[Stage]]) -> list[Stage]:
    needed: dict[str, Stage] = {}
    for path in stage.reads:
        maker = _above(path, makers)
        for each in ([maker] if maker else []) + parents.get(path, []):
            needed[each.key] = each
    return list(needed.values())


def _without_circle(stages: tuple[Stage, ...], above: Mapping[str, tuple[Stage, ...]]) -> None:
    waits = {stage.key: len(above[stage.key]) for stage in stages}
    below: dict[str, list[str]] = {}
    for key, needed in above.items():
        for each in needed:
            below.setdefault(each.key, []).append(key)
    ready = [key for key, count in waits.items() if not count]
    done = 0
    while ready:
        done += 1
        for key in below.get(ready.pop(), ()):
            waits[key] -= 1
            if not waits[key]:
                ready.append(key)
    if done < len(stages):
        raise LeftToDvc("graph", ", ".join(sorted(key for key, count in waits.items() if count)[:5]))
