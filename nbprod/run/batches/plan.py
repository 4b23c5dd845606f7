"""A batch before it begins: its runs, what is there already, and how long the rest may take."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from nbprod.errors import UsageError
from nbprod.run.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nbprod.run.batches.resume import Claim, Standing
    from nbprod.run.batches.runs import Run
    from nbprod.run.batches.shared import Document, Shared


@dataclass(frozen=True, slots=True)
class Work:
    """The steps that are to be done: all of them, those whose work differs, and the seconds of these by the record."""

    steps: int
    unique: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided before the first run; `parameters` are the names of those that some run sets.

    `content` is what the notebook's file held, `out` the folder as it was given, and `claimed` what that will know of
    the batch. `notes` are sentences that a person should read before.
    """

    out: str
    shared: Shared
    notebook: Path
    content: bytes
    document: Document
    runs: tuple[Run, ...]
    standing: Standing
    parameters: tuple[str, ...]
    varied: tuple[str, ...]
    claimed: Claim
    work: Work | None = None
    notes: tuple[str, ...] = ()


def only(runs: Sequence[Run], patterns: Sequence[str]) -> tuple[Run, ...]:
    """Return the runs that one of the patterns names; all of them where there is no pattern.

    Raises:
        UsageError: A pattern names none.
    """
    for pattern in patterns:
        if not any(_matches(run.name, pattern) for run in runs):
            near = did_you_mean(pattern, [run.name for run in runs])
            raise UsageError(f"--only {pattern}: no run of this batch has that name", hint=near or "See --dry-run.")
    return tuple(run for run in runs if not patterns or any(_matches(run.name, each) for each in patterns))


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)
