"""What is suggested for a notebook without marks: steps, settings, and what stays outside of them, each with why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph


@dataclass(frozen=True, slots=True)
class Setting:
    """A plain constant that looks like a setting: `first` and `last` are the lines, from 1, that it stands on."""

    name: str
    value: str
    cell: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Cells that are to be one step, in order; `title` is the heading that they stand under, `why` what made them one.

    `outs` are results that nothing below reads, kept as the step's outputs; `name` is "" until it gets one. `figures`:
    what the cells display becomes plots of the step.
    """

    cells: tuple[int, ...]
    title: str = ""
    why: tuple[str, ...] = ()
    outs: tuple[str, ...] = ()
    name: str = ""
    figures: bool = True


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A code cell that belongs to no step, and why."""

    cell: int
    why: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Marks for a notebook. `graph` is what analysis says of the notebook with these marks."""

    segments: tuple[Segment, ...]
    left_out: tuple[LeftOut, ...]
    graph: Graph
    settings: tuple[Setting, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What still stands in the way of export."""
        return tuple(each for each in self.graph.diagnostics if each.severity == "error")
