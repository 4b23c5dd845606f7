"""Where boxes stand from left to right: as near to their neighbours as their order and their widths allow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP, SWEEPS = 22.0, 24

Key = tuple[str, ...]
Link = tuple[Key, Key]


def centres(layers: Sequence[Sequence[Key]], links: Sequence[Link], widths: Mapping[Key, float]) -> dict[Key, float]:
    """Return the horizontal centre of each box.

    >>> found = centres([[("a",)], [("b",), ("c",)]], [(("a",), ("b",)), (("a",), ("c",))],
    ...                 {("a",): 10, ("b",): 10, ("c",): 10})
    >>> round(found["b",] + found["c",] - 2 * found["a",], 3)
    0.0
    """
    above, below = defaultdict(list), defaultdict(list)
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    found = {key: x for layer in layers for key, x in zip(layer, _packed(layer, widths), strict=True)}
    for sweep in range(SWEEPS):
        downward = sweep % 2 == 0
        for layer in layers if downward else reversed(layers):
            near = above if downward else below
            wished = [_mean([found[each] for each in near.get(key, ())], found[key]) for key in layer]
            weights = [_weight(key, near) for key in layer]
            found |= zip(layer, _separated(wished, weights, [widths[key] for key in layer]), strict=True)
    return found


def _packed(layer: Sequence[Key], widths: Mapping[Key, float]) -> list[float]:
    return _separated([0.0] * len(layer), [1.0] * len(layer), [widths[key] for key in layer])


def _weight(key: Key, near: Mapping[Key, list[Key]]) -> float:
    """Lines are kept straight before boxes are centred; what has no neighbour gives way."""
    if not near.get(key):
        return 0.1
    return 4.0 if len(key) > 1 else 1.0


def _mean(values: list[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _separated(wished: list[float], weights: list[float], widths: list[float]) -> list[float]:
    """Return the places nearest to those wished (least squares) at which neighbours keep their distance.

    Seen from the left, each box must lie at least a known offset behind the first one; less that offset, the
    places must not fall, which pooling adjacent violators solves exactly.
    """
    offsets, total = [], 0.0
    for number, width in enumerate(widths):
        total += (widths[number - 1] + width) / 2 + GAP if number else 0.0
        offsets.append(total)
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for wish, weight, offset in zip(wished, weights, offsets, strict=True):
        mean, heavy, members = wish - offset, weight, 1
        while pools and pools[-1][0] > mean:
            left, left_weight, left_members = pools.pop()
            mean = (left * left_weight + mean * heavy) / (left_weight + heavy)
            heavy, members = left_weight + heavy, left_members + members
        pools.append((mean, heavy, members))
    means = [mean for mean, _, members in pools for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
