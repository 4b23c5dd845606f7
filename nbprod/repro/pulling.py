"""Pulling what is missing: DVC does it, for only what a run would otherwise have to make again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.repro.planning import plan
from nbprod.repro.repository import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.repro.verdicts import Verdict

_ABSENT = frozenset({"missing", "not in cache"})


def pull(folder: str, targets: Sequence[str]) -> bool:
    """Let DVC fetch earlier runs and pull the outputs that are missing; whether anything was missing.

    A remote that fails stops nothing: what is missing is then made again, or said to be missing.
    """
    repository = opened(folder)
    wanting = [repository.address(each.stage) for each in plan(repository, targets) if _wants(each)]
    repository.memory.save()
    if not wanting:
        return False
    from nbprod.adapters import dvc

    dvc.run(["fetch", "--quiet", "--run-cache"], folder)
    dvc.run(["pull", "--quiet", "--allow-missing", *wanting], folder)
    return True


def _wants(verdict: Verdict) -> bool:
    """Whether a stage is stale, or a source has changed, only because something is not there."""
    return any(reason.kind in {"out", "dep"} and reason.how in _ABSENT for reason in verdict.reasons)
