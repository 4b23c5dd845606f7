"""The order in which steps can run, and the cycles that forbid one."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def topological(names: Sequence[str], needs: Mapping[str, set[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names in an order in which each comes after those it needs, and a cycle, if one forbids that.

    Ties are broken by the given order; what is on a cycle, or behind one, follows in the given order.

    >>> topological(["b", "a"], {"b": {"a"}, "a": set()})
    (('a', 'b'), ())
    >>> topological(["a", "b"], {"b": {"a"}, "a": {"b"}})
    (('a', 'b'), ('a', 'b', 'a'))
    """
    rank = {name: at for at, name in enumerate(names)}
    waiting = {name: len(needs.get(name, ())) for name in names}
    followers: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        for before in needs.get(name, ()):
            followers[before].append(name)
    ready = [rank[name] for name in names if not waiting[name]]
    ordered: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        ordered.append(name)
        for follower in followers[name]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heapq.heappush(ready, rank[follower])
    left = [name for name in names if waiting[name]]
    return (*ordered, *left), _cycle(left, needs) if left else ()


def _cycle(left: Sequence[str], needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return one cycle among steps of which each waits for another of them, in the direction of the data."""
    remaining = set(left)
    path = [left[0]]
    while True:
        before = min((each for each in needs[path[-1]] if each in remaining), key=left.index)
        if before in path:
            ring = path[path.index(before) :][::-1]
            start = ring.index(min(ring, key=left.index))
            ring = ring[start:] + ring[:start]
            return (*ring, ring[0])
        path.append(before)
