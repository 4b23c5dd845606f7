"""How DVC draws a plot: which of a frame's columns lie along which axis, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.emit.plan import StepPlan
    from nbprod.model.record import ColumnSeen, FrameSeen

NUMBERS = ("int", "float")
NAMES = ("str", "category", "bool")


def drawn(name: str, step: StepPlan) -> dict[str, str]:
    """Return DVC's properties of a plot; {} where its columns don't say how to draw it.

    A frame of two columns is the second one over the first: a line, or bars where the first has names.
    """
    seen = step.seen.value(name) if step.seen else None
    columns = _columns(seen.frame) if seen and seen.frame else []
    if len(columns) != 2 or columns[1].kind not in NUMBERS or columns[0].kind not in (*NUMBERS, *NAMES):
        return {}  # DVC's own templates know no dates
    lined = columns[0].kind in NUMBERS
    axes = dict(zip(("x", "y") if lined else ("y", "x"), (each.name for each in columns), strict=True))
    labels = {f"{axis}_label": spoken(column) for axis, column in axes.items() if spoken(column) != column}
    template = "simple" if lined else "bar_horizontal"
    return {"template": template, **dict(sorted((axes | labels).items())), "title": spoken(name)}


def _columns(frame: FrameSeen) -> list[ColumnSeen]:
    """The columns of the file, in its order, if each is called by a text."""
    every = [*frame.index, *frame.columns]
    return every if all(each.name and not each.label for each in every) else []


def spoken(name: str) -> str:
    """A name as words.

    >>> spoken("false_alarms")
    'false alarms'
    """
    return name.replace("_", " ").strip() or name
