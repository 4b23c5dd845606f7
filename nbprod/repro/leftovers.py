"""What a run that was killed has left: outputs moved aside, which are put back before anything else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.repro.repository import Repository


def aside_folder(root: str) -> str:
    """Return where outputs wait while their stage runs."""
    return os.path.join(root, ".dvc", "tmp", "nbprod", "aside")


def recovered(repository: Repository) -> list[str]:
    """Put back what a run that was killed had moved aside, and return the paths."""
    folder = aside_folder(repository.root)
    if not os.path.isdir(folder):
        return []
    from nbprod.repro import aside

    makers = {out.full: (stage, out) for stage in repository.graph.stages for out in stage.outs}

    def complete(path: str) -> bool:
        if path not in makers:
            return False
        stage, out = makers[path]
        known = {each["path"]: each.get("md5") for each in (repository.entry(stage) or {}).get("outs", ())}
        content = repository.digests.of(path)
        return content is not None and content.md5 == known.get(out.path)

    return aside.recover(folder, complete)
