"""What became of the runs of a batch, and the index of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Status(StrEnum):
    """How a run stands."""

    COMPLETE = "complete"
    FAILED = "failed"
    WAITING = "waiting"  # not run yet, or stopped while it ran


@dataclass(frozen=True, slots=True)
class Entry:
    """One run: its parameters as JSON has them, its metrics by the name of the output that holds them.

    `cell` and `step` say where it failed, and `error` why, in one line; `traceback` is bounded, for the terminal.
    `done` and `restored` count the steps that were executed and those whose work was there already.
    """

    name: str
    id: str
    status: Status
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float | None = None
    error: str = ""
    cell: int | None = None
    step: str = ""
    traceback: str = ""
    ended: str = ""  # ISO 8601, UTC
    attempts: int = 0
    done: int = 0
    restored: int = 0
    notes: tuple[str, ...] = ()  # what a person should know of it
    token: str = ""  # of the call that performed it

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to do."""
        return self.status is Status.COMPLETE


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a run is by now: the steps that were executed, and those whose work was there already."""

    run: str
    done: int
    restored: int


@dataclass(frozen=True, slots=True)
class Index:
    """All runs of a batch as a table: a row is a mapping of columns to plain values, None where there is none.

    `parameters` and `metrics` are the columns that hold them, `varied` those of `parameters` that differ.
    """

    notebook: str
    parameters: tuple[str, ...]
    varied: tuple[str, ...]
    metrics: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in order."""
        return ("run", "status", *self.parameters, *self.metrics, "seconds", "error", "cell", "step", "notebook")
