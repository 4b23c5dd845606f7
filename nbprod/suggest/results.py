"""What steps keep though no later step reads it: the results that the notebook ends with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.suggest.flow import Flow, Link
    from nbprod.suggest.suggestion import Segment

MOST = 12  # results of one step


def with_results(segments: Iterable[Segment], flow: Flow) -> tuple[Segment, ...]:
    """Return the segments, each with those of its values that stand at the notebook's end and that nothing works on."""
    every = tuple(segments)
    work = {cell for segment in every for cell in segment.cells}
    links = [link for link in flow.links if link.reader in work]
    used = {(link.maker, link.name) for link in links}
    return tuple(replace(each, outs=_results(each, flow, used, hands_on=_hands_on(each, links))) for each in every)


def _results(segment: Segment, flow: Flow, used: set[tuple[int, str]], *, hands_on: bool) -> tuple[str, ...]:
    last = {name: cell for cell in segment.cells for name in flow.makes[cell]}
    found: dict[str, None] = {}
    spare: dict[str, None] = {}
    for cell in segment.cells:
        seen, reads = flow.looks[cell], flow.cells[cell].reads
        untouched, own = seen.stored - reads - seen.internal, seen.stored | reads
        for name in sorted(flow.makes[cell] - seen.passing - flow.unstorable[cell] - seen.halfway):
            final = last[name] == cell and (cell, name) not in used and not name.startswith("_")
            if final and name in untouched:
                found[name] = None
            elif final and name in own:  # else it is changed by another name of the same object
                spare[name] = None
    chosen = tuple(found) or (tuple(spare) if not hands_on else ())
    return chosen[-MOST:]


def _hands_on(segment: Segment, links: Iterable[Link]) -> bool:
    inside = set(segment.cells)
    return any(link.maker in inside and link.reader not in inside for link in links)
