"""What is to be done for a stage whose turn has come: nothing, an earlier run's outputs, or a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbprod.errors import ProjectBroken
from nbprod.repro import entries, runcache, working
from nbprod.repro.planning import looked_into
from nbprod.repro.verdicts import Reason

if TYPE_CHECKING:
    from nbprod.repro.entries import Entry
    from nbprod.repro.repository import Repository
    from nbprod.repro.runcache import RunCache
    from nbprod.repro.stages import Stage


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a stage must run (not at all without a reason), and an earlier run whose outputs can be taken.

    `lacking` is what the cache has lost of an earlier run's outputs, by MD5: with it there, the stage need not run.
    """

    reasons: tuple[Reason, ...]
    earlier: Entry | None = None
    lacking: frozenset[str] = frozenset()


def decided(stage: Stage, known: Entry | None, repository: Repository, runs: RunCache, *, force: bool) -> Decision:
    """Decide by what is on disk now.

    Raises:
        ProjectBroken: A dep or a parameter is missing.
        LeftToDvc: A dep holds what nbprod doesn't do.
    """
    if known is None:  # else the judge looks
        for dep in stage.deps:
            looked_into(dep, repository)
    reasons = tuple(repository.judge.reasons(stage, known))
    if force:
        return Decision(reasons or (Reason("forced"),))
    if not reasons or stage.source or stage.frozen:
        return Decision(reasons)
    if missing := next((dep for dep in stage.deps if not os.path.exists(dep.full)), None):
        raise ProjectBroken(
            f"the dep {missing.path} is missing", hint="Make it, or take it out of the stage in dvc.yaml"
        )
    remembered = runcache.remembers(stage, working.values(stage, repository))
    run = _earlier(stage, known, repository, runs if remembered else None)
    lacking = frozenset().union(*map(repository.objects.lacking, _made(stage, run))) if run else frozenset()
    return Decision(reasons, run if remembered and not lacking else None, lacking)


def _earlier(stage: Stage, known: Entry | None, repository: Repository, runs: RunCache | None) -> Entry | None:
    run = known if known and _complete(stage, known) and repository.judge.inputs_same(stage, known) else None
    if run is None and runs:
        run = runs.find(_inputs(stage, repository))
    return run if run and _complete(stage, run) else None


def _inputs(stage: Stage, repository: Repository) -> Entry:
    """The entry that the stage would have, but for what its outputs hold."""
    contents = {dep.full: content for dep in stage.deps if (content := repository.digests.of(dep.full))}
    found = entries.entry(replace(stage, outs=()), contents, working.values(stage, repository))
    return found | {"outs": [{"path": path} for path in sorted(out.path for out in stage.outs)]}


def _complete(stage: Stage, run: Entry) -> bool:
    known = {each.get("path"): each.get("md5") for each in run.get("outs", ())}
    return all(known.get(out.path) for out in stage.outs)


def _made(stage: Stage, run: Entry) -> list[str]:
    known = {each["path"]: each["md5"] for each in run.get("outs", ())}
    return [known[out.path] for out in stage.outs]
