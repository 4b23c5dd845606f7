"""Where steps begin and end: at headings first, then wherever few and storable names cross."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from nbprod.suggest.headings import TAGGED
from nbprod.suggest.suggestion import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbprod.suggest.flow import Flow
    from nbprod.suggest.headings import Path

MOST = 14  # steps: more than a person takes in at once
FEW = 4
LONG = 8  # cells of a step without headings of its own
CROSSING = 6  # names from one step to the next
TITLED = ("heading", "tagged")  # how the reasons begin that a title gives
Segments = tuple[Segment, ...]


def segments(flow: Flow, work: Sequence[int], paths: Mapping[int, Path]) -> Segments:
    """Return the work cut into steps, in notebook order."""
    cut = _at_headings(work, paths)
    cut = tuple(part for segment in cut for part in _split(segment, flow))
    cut = joined_by_values(cut, flow)
    cut = _loosened(cut, flow)
    return _fewer(cut, flow)


def _at_headings(work: Sequence[int], paths: Mapping[int, Path]) -> Segments:
    """Cut at the finest headings that give at most 14 steps; at finer ones where that would leave hardly any."""
    by_level = {level: _grouped(work, paths, level) for level in range(7)}
    fitting = [level for level in by_level if len(by_level[level]) <= MOST]
    best = fitting[-1] if fitting else 0
    if len(by_level[best]) < FEW and best < 6:
        best += 1
    return by_level[best]


def _grouped(work: Sequence[int], paths: Mapping[int, Path], level: int) -> Segments:
    def key(cell: int) -> Path:
        return tuple(each for each in paths[cell] if each[0] <= level)

    groups = [(path, tuple(cells)) for path, cells in groupby(work, key)]
    if len(groups) == 1:  # the notebook's title says nothing of a step
        return (Segment(tuple(work)),)
    return tuple(
        Segment(cells, path[-1][1], (_titled(*path[-1]),)) if path else Segment(cells) for path, cells in groups
    )


def _titled(level: int, title: str) -> str:
    return f"tagged '{title}' for Kale" if level == TAGGED else f"heading '{title}'"


def _split(segment: Segment, flow: Flow) -> Segments:
    """Cut long work at the place that the fewest names cross."""
    cells = segment.cells
    if len(cells) <= LONG:
        return (segment,)
    places = range(3, len(cells) - 2)
    crossing = _crossing(cells, flow)
    best = min(places, key=lambda at: (crossing[at], abs(at - len(cells) // 2)))
    if crossing[best] > FEW:
        return (segment,)
    crosses = {0: "nothing crosses", 1: "1 name crosses"}.get(crossing[best], f"{crossing[best]} names cross")
    why = f"cut where {crosses}"
    first = Segment(cells[:best], "", (why,))
    second = Segment(cells[best:], "", (why,))
    return (*_split(first, flow), *_split(second, flow))


def _crossing(cells: Sequence[int], flow: Flow) -> list[int]:
    """Count the names that cross each place between these cells: those that are made before it and needed behind."""
    place = {cell: at for at, cell in enumerate(cells)}
    spans: dict[str, list[tuple[int, int]]] = {}
    for cell in cells:
        for link in flow.taken.get(cell, ()):
            if link.maker in place:
                spans.setdefault(link.name, []).append((place[link.maker], place[cell]))
    changes = [0] * (len(cells) + 1)
    for each in spans.values():
        covered = 0  # places up to which this name is counted
        for maker, reader in each:  # the makers of one name follow each other as its readers do
            first = max(maker, covered) + 1
            if first <= reader:
                changes[first] += 1
                changes[reader + 1] -= 1
                covered = reader
    return list(accumulate(changes))


def joined_by_values(cut: Segments, flow: Flow) -> Segments:
    """Join what hands over a value that lives in one process only, or two names for one object."""
    for link in flow.links:
        if link.name in flow.unstorable[link.maker]:
            why = f"'{link.name}' can't be stored, so it must not cross"
            cut = joined(cut, (link.maker, link.reader), why)
    stored, written = _places(flow)
    for index, seen in flow.looks.items():
        for pair in sorted(seen.aliases):
            changer = _changed_below(index, pair, stored, written)
            if changer is not None:
                why = f"'{pair[0]}' and '{pair[1]}' are one object, which is changed"
                cut = joined(cut, (index, changer), why)
    return cut


def _places(flow: Flow) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """The cells that bind each name, and those that bind or change it, in order."""
    stored: dict[str, list[int]] = {}
    written: dict[str, list[int]] = {}
    for index, facts in flow.cells.items():
        for name in flow.looks[index].stored:
            stored.setdefault(name, []).append(index)
        for name in facts.writes:
            written.setdefault(name, []).append(index)
    return stored, written


def _changed_below(
    index: int, pair: tuple[str, str], stored: Mapping[str, list[int]], written: Mapping[str, list[int]]
) -> int | None:
    """The last cell below that changes the object by one of its two names, while both still stand for it."""
    until = min(_next(stored.get(name, ()), index) for name in pair)
    last = max(_last_before(written.get(name, ()), until) for name in pair)
    return last if last > index else None


def _next(cells: Sequence[int], cell: int) -> float:
    at = bisect_right(cells, cell)
    return cells[at] if at < len(cells) else math.inf


def _last_before(cells: Sequence[int], cell: float) -> int:
    at = bisect_left(cells, cell)
    return cells[at - 1] if at else -1


def joined(cut: Segments, cells: Iterable[int], why: str) -> Segments:
    """Return the segments with all from the first to the last of these cells made one."""
    wanted = sorted(cells)
    first = bisect_left(cut, wanted[0], key=lambda each: each.cells[-1])
    end = bisect_right(cut, wanted[-1], key=lambda each: each.cells[0])
    return (*cut[:first], one(cut[first:end], why), *cut[end:]) if end - first > 1 else cut


def one(parts: Sequence[Segment], why: str) -> Segment:
    """Return the parts as one segment, which keeps the title of the longest."""
    titled = [each for each in parts if each.title]
    longest = max(titled, key=lambda each: len(each.cells)) if titled else parts[0]
    others = (reason for each in parts for reason in each.why if not reason.startswith(TITLED))
    reasons = dict.fromkeys((*longest.why, *others, why))
    return Segment(
        cells=tuple(cell for each in parts for cell in each.cells),
        title=longest.title,
        why=tuple(reasons),
        outs=tuple(dict.fromkeys(name for each in parts for name in each.outs)),
        figures=all(each.figures for each in parts),
    )


def _loosened(cut: Segments, flow: Flow) -> Segments:
    """Join neighbours of which one hands the other more than a few names."""
    at = 0
    while at + 1 < len(cut):
        names = flow.between(cut[at].cells, cut[at + 1].cells)
        if len(names) > CROSSING:
            pair = one(cut[at : at + 2], f"{len(names)} names would cross")
            cut = (*cut[:at], pair, *cut[at + 2 :])
        else:
            at += 1
    return cut


def _fewer(cut: Segments, flow: Flow) -> Segments:
    """Join neighbours, those that share most and are smallest first, until there are at most 14."""
    parts = dict(enumerate(cut))
    before, after = {at: at - 1 for at in parts}, {at: at + 1 for at in parts}
    waiting: list[tuple[int, int, int, int, int]] = []

    def weigh(at: int, follower: int) -> None:
        if at in parts and follower in parts:
            left, right = parts[at].cells, parts[follower].cells
            cost = len(left) + len(right) - 2 * len(flow.between(left, right))
            heapq.heappush(waiting, (cost, at, follower, len(left), len(right)))

    for at in parts if len(parts) > MOST else ():
        weigh(at, at + 1)
    while len(parts) > MOST:
        _, at, follower, *sizes = heapq.heappop(waiting)
        if sizes != [len(parts[each].cells) if each in parts else 0 for each in (at, follower)]:
            continue  # one of them has been joined since
        parts[at] = one((parts[at], parts.pop(follower)), "small, and next to each other")
        after[at] = after[follower]
        before[after[at]] = at
        weigh(before[at], at)
        weigh(at, after[at])
    return tuple(parts.values())
