"""How stages are to be run, how each ended, and who listens while they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.repro.verdicts import Reason

Ending = Literal["fresh", "ran", "cached", "checked", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: how many stages at once, fresh ones too, on after a failure; whether what is printed is captured."""

    jobs: int = 1
    force: bool = False
    keep_going: bool = False
    captured: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended.

    "fresh": nothing to do; "ran"; "cached": an earlier run's outputs were taken from the cache; "checked": a frozen
    stage or a source, whose outputs were taken in as they are; "failed"; "skipped": it needs one that failed.
    """

    name: str
    ending: Ending
    reasons: tuple[Reason, ...] = ()
    seconds: float = 0.0
    peak: int = 0
    message: str = ""
    log: tuple[str, ...] = ()


class Listener(Protocol):
    """Who hears how a run goes, from several threads."""

    def planned(self, names: Sequence[str]) -> None:
        """These stages are looked at, in this order."""

    def started(self, name: str, commands: Sequence[str], pid: int) -> None:
        """A stage runs its commands now."""

    def line(self, name: str, text: str) -> None:
        """A running stage has written a line."""

    def ended(self, outcome: Outcome) -> None:
        """A stage has ended."""


class Nobody:
    """Hears nothing."""

    def planned(self, names: Sequence[str]) -> None:
        """Nothing."""

    def started(self, name: str, commands: Sequence[str], pid: int) -> None:
        """Nothing."""

    def line(self, name: str, text: str) -> None:
        """Nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Nothing."""
