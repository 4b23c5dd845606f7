"""Where steps begin and end: at headings first, then wherever few and storable names cross."""

from __future__ import annotations

from itertools import groupby, pairwise
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
    crossing = {at: len(flow.between(cells[:at], cells[at:])) for at in places}
    best = min(places, key=lambda at: (crossing[at], abs(at - len(cells) // 2)))
    if crossing[best] > FEW:
        return (segment,)
    crosses = {0: "nothing crosses", 1: "1 name crosses"}.get(crossing[best], f"{crossing[best]} names cross")
    why = f"cut where {crosses}"
    first = Segment(cells[:best], "", (why,))
    second = Segment(cells[best:], "", (why,))
    return (*_split(first, flow), *_split(second, flow))


def joined_by_values(cut: Segments, flow: Flow) -> Segments:
    """Join what hands over a value that lives in one process only, or two names for one object."""
    for link in flow.links:
        if link.name in flow.looks[link.maker].unstorable:
            why = f"'{link.name}' can't be stored, so it must not cross"
            cut = joined(cut, (link.maker, link.reader), why)
    for index, seen in flow.looks.items():
        for pair in sorted(seen.aliases):
            changer = _changed_below(flow, index, pair)
            if changer is not None:
                why = f"'{pair[0]}' and '{pair[1]}' are one object, which is changed"
                cut = joined(cut, (index, changer), why)
    return cut


def _changed_below(flow: Flow, index: int, pair: tuple[str, str]) -> int | None:
    """The last cell below that changes the object by one of its two names, while both still stand for it."""
    last = None
    for at, facts in flow.cells.items():
        if at <= index:
            continue
        if flow.looks[at].stored & set(pair):
            break
        last = at if facts.writes & set(pair) else last
    return last


def joined(cut: Segments, cells: Iterable[int], why: str) -> Segments:
    """Return the segments with all from the first to the last of these cells made one."""
    wanted = sorted(cells)
    touched = [at for at, each in enumerate(cut) if each.cells[-1] >= wanted[0] and each.cells[0] <= wanted[-1]]
    if len(touched) < 2:
        return cut
    first, last = touched[0], touched[-1]
    return (*cut[:first], one(cut[first : last + 1], why), *cut[last + 1 :])


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
    while len(cut) > MOST:
        costs = [
            (len(one_side.cells) + len(other.cells) - 2 * len(flow.between(one_side.cells, other.cells)), at)
            for at, (one_side, other) in enumerate(pairwise(cut))
        ]
        at = min(costs)[1]
        cut = (*cut[:at], one(cut[at : at + 2], "small, and next to each other"), *cut[at + 2 :])
    return cut
