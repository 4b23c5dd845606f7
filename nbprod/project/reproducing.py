"""The verbs on a pipeline: what is stale and why, and running it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.model.graph import Graph
    from nbprod.repro.outcomes import Listener, Options, Outcome
    from nbprod.repro.repository import Repository
    from nbprod.repro.stages import Stage
    from nbprod.repro.verdicts import Reason, State, Verdict


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage by the name that DVC gives it, whether it is fresh, and why not.

    `target` is the "package.step" that it runs, if it is one of ours, and `behind` the cells that have changed since
    that was exported.
    """

    name: str
    state: State
    reasons: tuple[Reason, ...] = ()
    frozen: bool = False
    target: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """All stages that the targets need, in the order in which they run.

    `lacking` are the steps, as "package.step", that no stage runs yet, with the notebook and the cells that have them.
    """

    stages: tuple[StageState, ...]
    lacking: tuple[tuple[str, str], ...] = ()

    @property
    def stale(self) -> tuple[str, ...]:
        """The names of the stages that are stale by what is on disk now."""
        return tuple(each.name for each in self.stages if each.state == "stale")

    @property
    def by_step(self) -> dict[str, str]:
        """How the stage of each step of ours stands, in the words of a picture."""
        return {each.target.partition(".")[2]: _pictured(each) for each in self.stages if each.target}

    @property
    def fresh(self) -> bool:
        """Whether nothing is to be done."""
        return all(each.state == "fresh" for each in self.stages)


def _pictured(stage: StageState) -> str:
    if any(each.kind == "never" for each in stage.reasons):
        return "not run"
    return "stale" if stage.state != "fresh" or stage.behind else "fresh"


def of_notebook(notebook: str | Path, graph: Graph) -> Planned:
    """Return how the stages stand that run the notebook's steps; none before the first export.

    Raises:
        ProjectBroken: The notebook lies in no repository of DVC, or a dvc.lock cannot be read.
        LeftToDvc: The pipeline holds what nbprod leaves to DVC.
    """
    from nbprod.project import place_of

    place = place_of(notebook, graph)
    if not (place.root / "dvc.yaml").is_file():
        return Planned(())
    found = planned(place.root)
    stages = tuple(each for each in found.stages if each.target.partition(".")[0] == place.package)
    return Planned(stages, tuple(each for each in found.lacking if each[0].partition(".")[0] == place.package))


def planned(folder: str | Path = ".", targets: Sequence[str] = (), *, force: bool = False) -> Planned:
    """Return which stages are stale and why, as `dvc repro --dry` sees it from that folder.

    Raises:
        ProjectBroken: The folder lies in no repository of DVC, or a dvc.lock cannot be read.
        LeftToDvc: The pipeline holds what nbprod leaves to DVC.
    """
    from nbprod.project.behind import GONE, behind
    from nbprod.repro.planning import plan
    from nbprod.repro.repository import opened
    from nbprod.repro.shell import step_of

    repository = opened(str(folder))
    verdicts = plan(repository, targets, force=force)
    steps = {each.stage.key: step_of(each.stage) for each in verdicts}
    late = behind(Path(repository.root), filter(None, steps.values()), repository.memory)
    repository.memory.save()
    lacking = [(each, why) for each, why in late.items() if each not in steps.values() and not why.endswith(GONE)]
    return Planned(
        tuple(_state(each, repository, steps[each.stage.key], late) for each in verdicts),
        () if targets else tuple(lacking),
    )


def _state(verdict: Verdict, repository: Repository, target: str, late: Mapping[str, str]) -> StageState:
    stage = verdict.stage
    reasons = tuple(_told(reason, stage, repository, target) for reason in verdict.reasons)
    name = repository.address(stage)
    return StageState(name, verdict.state, reasons, stage.frozen, target, late.get(target, ""))


def _told(reason: Reason, stage: Stage, repository: Repository, target: str) -> Reason:
    """A dep that is a module of the step's package as people know it: by the step, and the cells that it came from."""
    if reason.kind != "dep" or not target or not reason.what.endswith(".py"):
        return reason
    path = Path(next(dep.full for dep in stage.deps if dep.path == reason.what))
    package = Path(repository.root) / target.partition(".")[0]
    if not path.is_relative_to(package):
        return reason
    from nbprod.run.failures import cell_of

    part = path.relative_to(package).with_suffix("").as_posix().removeprefix("steps/")
    cells = cell_of(path)
    where = f"{part}, notebook {cells.partition(' of ')[0]}" if cells else part
    return replace(reason, kind="code", what=where, path=reason.what)


def given_back(name: str, target: str) -> tuple[str, ...]:
    """Give back the outputs of a stage of this folder that DVC has deleted before it ran the step, which has failed.

    What comes back are the paths that could not be given back.
    """
    from nbprod.repro import returning

    return returning.given_back(str(Path.cwd()), name, target)


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
    """Return how to run: see nbprod.repro.outcomes.Options."""
    from nbprod.repro.outcomes import Options

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
