"""What became of a cell, and what is known of one while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbprod.record.restoring.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.cache.locks import Lock
    from nbprod.record.restoring.keeping import Before
    from nbprod.record.restoring.plan import CellPlan


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one cell: restored, or run and why. `seconds` are what it took, or what restoring it saved."""

    cell: int
    restored: bool
    why: str
    key: str = ""
    seconds: float = 0.0
    kept: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)  # what else whoever kept it wanted to know


@dataclass(slots=True)
class Running:
    """A cell that runs and is watched: what was there before, and the lock of its key."""

    cell: CellPlan
    key: str
    why: str
    before: Before
    watch: Watch = field(default_factory=Watch)
    lock: Lock | None = None
    began: float = 0.0
    random: dict[str, str] = field(default_factory=dict)
