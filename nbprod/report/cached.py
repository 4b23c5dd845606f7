"""What `nbprod cache` prints. Nothing here prints."""

from __future__ import annotations

import json
import time
from itertools import groupby
from typing import TYPE_CHECKING

from nbprod.report import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbprod.cache import Kept, Pruned, Survey

UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
AGES = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def text(found: Survey) -> str:
    """Return what the store holds: a line a step, by notebook, and the sums."""
    kept = [each for each in found.kept if each.entry.facts.get("groups") is not None]
    if not kept:
        return f"{found.folder} holds nothing yet"
    ordered = sorted(kept, key=_place)
    lines: list[str] = []
    for notebook, members in groupby(ordered, key=lambda each: _place(each)[0]):
        lines.append(notebook)
        by_step = [[*each] for _, each in groupby(members, key=lambda each: _place(each)[1:])]
        lines += [f"  {line}" for line in _table([_row(each) for each in by_step])]
    sums = f"{plural(len(kept), 'entry').replace('entrys', 'entries')}, {size(found.size)}, {_hits(kept)}"
    return "\n".join([*lines, f"{found.folder}: {sums}"])


def _place(kept: Kept) -> tuple[str, str, int]:
    """The notebook, the step and, outside of steps, the cell."""
    facts = kept.entry.facts
    return facts["notebook"], facts["step"], -1 if facts["step"] else facts["cell"]


def _row(kept: Sequence[Kept]) -> tuple[str, ...]:
    _, step, cell = _place(kept[0])
    used = max(each.used for each in kept)
    entries = plural(len(kept), "entry").replace("entrys", "entries")
    return (
        step or f"cell {cell}",
        entries,
        size(sum(each.entry.size for each in kept)),
        _hits(kept),
        f"used {ago(used)}",
    )


def _hits(kept: Iterable[Kept]) -> str:
    return plural(sum(each.hits for each in kept), "hit")


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(each.ljust(width) for each, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def size(count: int) -> str:
    """Return a number of bytes for people.

    >>> size(1_250_000), size(12)
    ('1.2 MB', '12 bytes')
    """
    return next((f"{count / unit:.1f} {name}" for unit, name in UNITS if count >= unit), f"{count} bytes")


def ago(then: float) -> str:
    """Return how long ago that was.

    >>> ago(time.time() - 7_300), ago(time.time())
    ('2 hours ago', 'just now')
    """
    past = time.time() - then
    return next((f"{plural(int(past / unit), name)} ago" for unit, name in AGES if past >= unit), "just now")


def as_json(found: Survey) -> str:
    """Return every entry as JSON."""
    entries = [
        {
            **{name: each.entry.facts.get(name) for name in ("notebook", "step", "cell", "seconds", "made")},
            "key": each.entry.key,
            "size": each.entry.size,
            "hits": each.hits,
            "used": each.used,
        }
        for each in found.kept
        if each.entry.facts.get("groups") is not None
    ]
    return json.dumps({"folder": str(found.folder), "size": found.size, "entries": entries}, indent=2)


def pruned(done: Pruned) -> str:
    """Return what was taken away and what is left."""
    stay = f"; {done.in_use} in use had to stay" if done.in_use else ""
    gone = plural(done.entries, "entry").replace("entrys", "entries")
    left = plural(done.left, "entry").replace("entrys", "entries")
    return f"took away {gone}, {size(done.freed)}; {left} left, {size(done.size)}{stay}"


def pruned_json(done: Pruned) -> str:
    """Return the same as JSON."""
    names = ("entries", "freed", "left", "size", "in_use")
    return json.dumps({name: getattr(done, name) for name in names}, indent=2)
