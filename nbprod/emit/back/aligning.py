"""Which items of two texts are the same, and which became which."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbprod.emit.back.items import Item

ALIKE = 0.5  # from which on one text is thought to have become the other
MOST = 200  # items on both sides, beyond which they are taken in turn


def same(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of what both sequences have, in order.

    >>> list(same(["a", "b", "c"], ["b", "x", "c"]))
    [(1, 0), (2, 2)]
    """
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        yield from ((block.a + at, block.b + at) for at in range(block.size))


def aligned(before: Sequence[Item], after: Sequence[Item]) -> Iterator[tuple[int | None, int | None]]:
    """Yield all places of both, in order: (place, place) for what stayed or became another, None where one is alone."""
    left = right = 0
    ends = [*same([each.key for each in before], [each.key for each in after]), (len(before), len(after))]
    for at, to in ends:
        yield from _changed(before, after, range(left, at), range(right, to))
        if at < len(before):
            yield at, to
        left, right = at + 1, to + 1


def _changed(
    before: Sequence[Item], after: Sequence[Item], old: range, new: range
) -> Iterator[tuple[int | None, int | None]]:
    """Pair what most likely became what: in order, and as alike as can be."""
    left, right = old.start, new.start
    for at, to in [*_pairs(before, after, old, new), (old.stop, new.stop)]:
        yield from ((each, None) for each in range(left, at))
        yield from ((None, each) for each in range(right, to))
        if at < old.stop:
            yield at, to
        left, right = at + 1, to + 1


def _pairs(before: Sequence[Item], after: Sequence[Item], old: range, new: range) -> list[tuple[int, int]]:
    if len(old) == len(new) or len(old) * len(new) > MOST**2:
        return [pair for pair in zip(old, new, strict=False) if _same_kind(before[pair[0]], after[pair[1]])]
    best: dict[tuple[int, int], tuple[float, list[tuple[int, int]]]] = {}
    for at in reversed(range(old.start, old.stop + 1)):
        for to in reversed(range(new.start, new.stop + 1)):
            if at == old.stop or to == new.stop:
                best[at, to] = (0.0, [])
                continue
            best[at, to] = max(best[at + 1, to], best[at, to + 1], key=lambda each: each[0])
            score = _likeness(before[at], after[to])
            total, rest = best[at + 1, to + 1]
            if score > ALIKE and score + total > best[at, to][0]:
                best[at, to] = (score + total, [(at, to), *rest])
    return best[old.start, new.start][1]


def _likeness(one: Item, other: Item) -> float:
    return SequenceMatcher(None, one.text, other.text).ratio() if _same_kind(one, other) else 0.0


def _same_kind(one: Item, other: Item) -> bool:
    """A statement never becomes a comment."""
    return (one.node is None) == (other.node is None)
