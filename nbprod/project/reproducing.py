"""The verbs on a pipeline: what is stale and why, and running it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nbprod.repro.outcomes import Listener, Outcome
    from nbprod.repro.scheduling import Options
    from nbprod.repro.verdicts import Reason, State


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage by the name that DVC gives it, whether it is fresh, and why not."""

    name: str
    state: State
    reasons: tuple[Reason, ...] = ()
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """All stages that the targets need, in the order in which they run."""

    stages: tuple[StageState, ...]

    @property
    def stale(self) -> tuple[str, ...]:
        """The names of the stages that are stale by what is on disk now."""
        return tuple(each.name for each in self.stages if each.state == "stale")

    @property
    def fresh(self) -> bool:
        """Whether nothing is to be done."""
        return all(each.state == "fresh" for each in self.stages)


def planned(folder: str | Path = ".", targets: Sequence[str] = (), *, force: bool = False) -> Planned:
    """Return which stages are stale and why, as `dvc repro --dry` sees it from that folder.

    Raises:
        ProjectBroken: The folder lies in no repository of DVC, or a dvc.lock cannot be read.
        LeftToDvc: The pipeline holds what nbprod leaves to DVC.
    """
    from nbprod.repro.planning import plan
    from nbprod.repro.repository import opened

    repository = opened(str(folder))
    verdicts = plan(repository, targets, force=force)
    repository.memory.save()
    return Planned(
        tuple(
            StageState(repository.address(each.stage), each.state, each.reasons, frozen=each.stage.frozen)
            for each in verdicts
        )
    )


@dataclass(frozen=True, slots=True)
class Reproduced:
    """How each stage ended, in the order in which they did; `changed` are the files that git should know of."""

    outcomes: tuple[Outcome, ...]
    changed: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether no stage failed."""
        return all(each.ending != "failed" for each in self.outcomes)

    @property
    def ran(self) -> tuple[str, ...]:
        """The names of the stages that were run, or whose outputs were taken from the cache or as they were."""
        return tuple(each.name for each in self.outcomes if each.ending in {"ran", "cached", "checked"})


def options(jobs: int = 1, *, force: bool = False, keep_going: bool = False, captured: bool = True) -> Options:
    """Return how to run: see nbprod.repro.scheduling.Options."""
    from nbprod.repro.scheduling import Options

    return Options(jobs, force, keep_going, captured)


def reproduce(
    folder: str | Path = ".",
    targets: Sequence[str] = (),
    how: Options | None = None,
    *,
    pull: bool = False,
    listener: Listener | None = None,
) -> Reproduced:
    """Run what is stale of the stages that the targets need, as `dvc repro` does from that folder.

    Raises:
        ProjectBroken: The folder lies in no repository of DVC, or a dvc.lock cannot be read.
        LeftToDvc: The pipeline holds what nbprod leaves to DVC; nothing has run.
        RepositoryBusy: Another process works in the repository.
        WriteFailed: The disk or its permissions refused dvc.lock.
    """
    from nbprod.repro.running import run

    began = time.perf_counter()
    found = run(str(folder), targets, how, pull=pull, listener=listener)
    return Reproduced(found.outcomes, found.changed, found.recovered, time.perf_counter() - began)
