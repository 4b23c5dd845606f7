"""What hangs on draws that nothing seeds: the next run makes other values, of which only the types are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.model.graph import Step
    from nbprod.model.record import ColumnSeen, FrameSeen, StepSeen

_MAY_LACK = {"float", "str", "datetime", "timedelta", "category"}


def unseeded(steps: Iterable[Step], seen: Mapping[str, StepSeen]) -> frozenset[str]:
    """Return the steps, given in their order, that draw what nothing seeds, or read what such a step makes."""
    found: set[str] = set()
    for step in steps:
        draws = step.name in seen and seen[step.name].unseeded
        if draws or any(each.maker in found for each in step.inputs):
            found.add(step.name)
    return frozenset(found)


def of_any_draw(frame: FrameSeen) -> FrameSeen:
    """Return what holds of the frame whatever is drawn: its columns and their types."""
    return replace(frame, columns=tuple(map(_typed, frame.columns)), index=tuple(map(_typed, frame.index)))


def _typed(column: ColumnSeen) -> ColumnSeen:
    may_lack = column.nullable or column.kind in _MAY_LACK
    return replace(column, nullable=may_lack, unique=False, values=None, sign="", calendar=None)
