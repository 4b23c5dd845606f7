"""The verbs on a pipeline: what is stale and why, and running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
