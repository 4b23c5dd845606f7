"""Do the frames that a step made now look as they did before?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.model.record import ColumnSeen, FrameSeen


@dataclass(frozen=True, slots=True)
class Verdict:
    """One frame held to what was known of it: `differing` says of each column how; `known` is False for a new frame."""

    name: str
    known: bool = False
    differing: tuple[str, ...] = ()


def compared(name: str, frame: FrameSeen, before: FrameSeen | None) -> Verdict:
    """Return how the frame's columns differ from those seen before: gone, new, of another type, newly with nulls."""
    if before is None:
        return Verdict(name)
    old, new = ({each.name: each for each in seen.columns} for seen in (before, frame))
    said = [_difference(old.get(each), new.get(each)) for each in dict.fromkeys([*old, *new])]
    return Verdict(name, known=True, differing=tuple(each for each in said if each))


def _difference(old: ColumnSeen | None, new: ColumnSeen | None) -> str:
    if old is None or new is None:
        return f"{new.name} is new" if new else f"{old.name} is gone" if old else ""
    if old.dtype != new.dtype:
        return f"{new.name} is {new.dtype}, was {old.dtype}"
    return f"{new.name} has missing values" if new.nullable and not old.nullable else ""


def told(verdicts: Iterable[Verdict], most: int = 3) -> tuple[str, ...]:
    """Return a sentence for each frame that differs, naming at most so many columns.

    >>> told([Verdict("flown", known=True, differing=("late is new",))])
    ('flown: late is new',)
    """
    return tuple(f"{each.name}: {_some(each.differing, most)}" for each in verdicts if each.differing)


def _some(parts: tuple[str, ...], most: int) -> str:
    rest = len(parts) - most
    return ", ".join(parts) if rest <= 0 else f"{', '.join(parts[:most])} and {rest} more"


def summed(verdicts: Iterable[Verdict]) -> str:
    """Return the verdict on all frames of a step in a word or two; "" when it made none.

    >>> summed([Verdict("flown", known=True, differing=("late is new", "tailnum is gone"))])
    '2 columns differ'
    """
    found = list(verdicts)
    count = sum(len(each.differing) for each in found)
    if count:
        return "1 column differs" if count == 1 else f"{count} columns differ"
    if not found:
        return ""
    return "holds" if all(each.known for each in found) else "new"
