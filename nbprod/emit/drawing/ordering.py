"""The order of boxes within their layers, with few crossings."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SWEEPS = 12

Key = tuple[str, ...]
Link = tuple[Key, Key]


def ordered_layers(places: Mapping[Key, int], links: Sequence[Link]) -> list[list[Key]]:
    """Return the keys of each layer from left to right; ties keep the order in which they came.

    >>> ordered_layers({("a",): 0, ("b",): 0, ("c",): 1, ("d",): 1}, [(("a",), ("d",)), (("b",), ("c",))])
    [[('a',), ('b',)], [('d',), ('c',)]]
    """
    layers: list[list[Key]] = [[] for _ in range(max(places.values(), default=-1) + 1)]
    for key, place in places.items():
        layers[place].append(key)
    above, below = defaultdict(list), defaultdict(list)
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    best, fewest = layers, _crossings(layers, below)
    for sweep in range(SWEEPS):
        layers = _swept(layers, above, downward=True) if sweep % 2 == 0 else _swept(layers, below, downward=False)
        count = _crossings(layers, below)
        if count < fewest:
            best, fewest = layers, count
    return best


def _swept(layers: list[list[Key]], neighbours: Mapping[Key, list[Key]], *, downward: bool) -> list[list[Key]]:
    """Return the layers with each sorted by the mean place of its neighbours in the layer before it."""
    new = list(layers)
    numbers = range(1, len(layers)) if downward else range(len(layers) - 2, -1, -1)
    for number in numbers:
        fixed = new[number - 1 if downward else number + 1]
        place = {key: index / max(len(fixed) - 1, 1) for index, key in enumerate(fixed)}
        current = {key: index / max(len(new[number]) - 1, 1) for index, key in enumerate(new[number])}
        means = {key: _mean([place[each] for each in neighbours.get(key, ())], current[key]) for key in new[number]}
        new[number] = sorted(new[number], key=means.__getitem__)
    return new


def _mean(values: list[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(layers: list[list[Key]], below: Mapping[Key, list[Key]]) -> int:
    """Return how many pairs of lines cross, counted as inversions between neighbouring layers."""
    count = 0
    for upper, lower in pairwise(layers):
        place = {key: index for index, key in enumerate(lower)}
        seen: list[int] = []
        for key in upper:
            ends = sorted(place[each] for each in below.get(key, ()))
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count
