"""Which stages are stale, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nbprod.repro.verdicts import Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.repro.repository import Repository
    from nbprod.repro.stages import Dep, Stage
    from nbprod.repro.verdicts import State


def plan(repository: Repository, targets: Sequence[str] = (), *, force: bool = False) -> tuple[Verdict, ...]:
    """Return a verdict on each stage that the targets need, in the order in which they run.

    A stage is stale by what is on disk now: what DVC's own `dvc repro --dry` would name. One that is fresh now, but
    reads from a stale one, follows it.
    """
    verdicts: dict[str, Verdict] = {}
    for stage in repository.graph.ordered(repository.wanted(targets)):
        reasons = list(repository.judge.reasons(stage, repository.entry(stage)))
        if force and not reasons and not stage.source:
            reasons.append(Reason("forced"))
        makers = [each for each in repository.graph.needed(stage) if verdicts[each.key].state != "fresh"]
        upstream = [Reason("upstream", repository.address(each)) for each in makers]
        state: State = "stale" if reasons else ("follows" if upstream else "fresh")
        verdicts[stage.key] = Verdict(stage, state, (*reasons, *upstream))
    return tuple(verdicts.values())


def foreseen(stages: Sequence[Stage], repository: Repository) -> None:
    """Look at what the stages read and none of them makes: what is left to DVC is best left before anything has run.

    Raises:
        LeftToDvc: A folder or a file of parameters holds what nbprod doesn't do.
    """
    made = {out.full for stage in stages for out in stage.outs}
    for stage in stages:
        for dep in stage.deps:
            if dep.full not in made:
                looked_into(dep, repository)
        for params in stage.params:
            if params.full not in made:
                repository.parameters.values(params)


def looked_into(dep: Dep, repository: Repository) -> None:
    """Look at all that a folder holds.

    Raises:
        LeftToDvc: It holds what nbprod doesn't do.
    """
    if os.path.isdir(dep.full):
        repository.digests.of(dep.full)
