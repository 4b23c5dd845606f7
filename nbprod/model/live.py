"""A live session: the cells that a kernel ran, what was seen of its steps, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.model.record import StepSeen


@dataclass(frozen=True, slots=True)
class Execution:
    """One cell that a kernel ran: `key` is the cell's id, or one given to it; `at` in Unix seconds."""

    key: str
    source: str
    tags: tuple[str, ...] = ()
    at: float = 0.0
    ok: bool = True


@dataclass(frozen=True, slots=True)
class LiveCell:
    """One cell of the live notebook: as saved, or as last executed where that is newer."""

    key: str
    source: str
    tags: tuple[str, ...] = ()
    kind: str = "code"  # nbformat's cell_type


@dataclass(frozen=True, slots=True)
class LiveRun:
    """The last live run of a step: its code and what it used then, and the fingerprints of what it read and made.

    `cells` maps a cell's place within the step to its Python, `definitions` a name to its source, `parameters` a name
    to the repr of its value. `raised` names the exception that ended it; `whole` is what was seen of the last run in
    which all its cells ran.
    """

    step: str
    cells: Mapping[int, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    seen: StepSeen | None = None
    raised: str = ""
    whole: StepSeen | None = None


class Freshness(StrEnum):
    """How a step of the live notebook stands."""

    FRESH = "fresh"
    STALE = "stale"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class StepState:
    """How one step stands and why; `cells` are its indices, `makes` what its last run made, as short texts."""

    name: str
    state: Freshness
    why: str = ""
    cells: tuple[int, ...] = ()
    makes: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the quiet line under a step's cell says: `part` is "1 of 2" for a cell of a longer step."""

    step: str
    part: str = ""
    reads: tuple[str, ...] = ()
    makes: tuple[tuple[str, str], ...] = ()  # (name, summary)
    seconds: float = 0.0
    schema: str = ""
    warnings: tuple[str, ...] = ()
    restored: bool = False  # in place of running; `seconds` are what it took when it ran
