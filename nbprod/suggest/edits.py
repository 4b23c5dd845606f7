"""What a person changes about suggested steps: their names, where they begin and end, and which cells they hold."""

from __future__ import annotations

import keyword
from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.errors import UsageError
from nbprod.suggest.repairs import absorbed
from nbprod.suggest.segments import Segments, one

if TYPE_CHECKING:
    from nbprod.suggest.flow import Flow

BY_HAND = "chosen by hand"


def step_with(segments: Segments, cell: int) -> int | None:
    """Return the place of the segment that holds the cell; None if it stays outside."""
    return next((at for at, each in enumerate(segments) if cell in each.cells), None)


def renamed(segments: Segments, cell: int, name: str) -> Segments:
    """Return the segments, the one that holds the cell by another name.

    Raises:
        UsageError: the name is no name, or another step's.
    """
    at = _inside(segments, cell)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"{name!r} is no name for a step", hint="Write letters, digits and _, as in clean_flights.")
    if any(each.name == name for place, each in enumerate(segments) if place != at):
        raise UsageError(f"another step is called {name!r}", hint="Join the two, or choose another name.")
    return (*segments[:at], replace(segments[at], name=name), *segments[at + 1 :])


def begun(segments: Segments, cell: int) -> Segments:
    """Return the segments, a new one beginning at the cell; it has no name yet.

    Raises:
        UsageError: the cell is in no step, or the first of one.
    """
    at = _inside(segments, cell)
    whole = segments[at]
    place = whole.cells.index(cell)
    if not place:
        raise UsageError(f"step {whole.name!r} begins at cell {cell} already", hint="Begin one at a later cell.")
    first = replace(whole, cells=whole.cells[:place])
    second = replace(whole, cells=whole.cells[place:], name="", title="", why=(BY_HAND,))
    return (*segments[:at], first, second, *segments[at + 1 :])


def joined_with_next(segments: Segments, cell: int) -> Segments:
    """Return the segments, the one that holds the cell and the one below it made one.

    Raises:
        UsageError: the cell is in no step, or in the last.
    """
    at = _inside(segments, cell)
    if at + 1 == len(segments):
        raise UsageError(f"{segments[at].name!r} is the last step", hint="Join the one above it.")
    both = replace(one(segments[at : at + 2], BY_HAND), name=segments[at].name)
    return (*segments[:at], both, *segments[at + 2 :])


def moved(segments: Segments, flow: Flow, cell: int) -> Segments:
    """Return the segments without the cell, or, if none holds it, with it in the one that it stands in or next to.

    Raises:
        UsageError: no step can hold the cell.
    """
    at = step_with(segments, cell)
    if at is not None:
        rest = tuple(each for each in segments[at].cells if each != cell)
        kept = (replace(segments[at], cells=rest),) if rest else ()
        return (*segments[:at], *kept, *segments[at + 1 :])
    grown = absorbed(segments, flow, cell, BY_HAND)
    if grown == segments:
        raise UsageError(f"no step can hold cell {cell}", hint="It may raise, can't be read, or holds the parameters.")
    return grown


def _inside(segments: Segments, cell: int) -> int:
    at = step_with(segments, cell)
    if at is None:
        raise UsageError(f"cell {cell} is in no step", hint="Take it in first.")
    return at
