"""What is there already: a batch's folder says whose it is, and its journal which runs are complete."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.errors import UsageError
from nbprod.run.batches.journal import Journal
from nbprod.run.batches.performing import RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.model.batch import Entry
    from nbprod.run.batches.folder import Folder
    from nbprod.run.batches.runs import Run

OWNER = "batch.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Which runs are complete, which failed earlier, and which are to be performed, in the order of the batch."""

    todo: tuple[Run, ...]
    kept: tuple[Entry, ...] = ()
    failed: tuple[Entry, ...] = ()


def claim(folder: Folder, notebook: str) -> None:
    """Make the folder that of the notebook's runs.

    Raises:
        UsageError: It holds the runs of another notebook, or something else.
    """
    refuse_foreign(folder, notebook)
    if folder.read(OWNER) is None:
        owner = {"notebook": notebook, "version": VERSION}
        folder.write(OWNER, json.dumps(owner, indent=2).encode())


def refuse_foreign(folder: Folder, notebook: str) -> None:
    """Raise UsageError when the folder holds the runs of another notebook, or something else."""
    content = folder.read(OWNER)
    if content is None and folder.names():
        raise UsageError(f"{folder.url} holds other files than a batch's", hint="Give another folder: --out DIR.")
    owner = _owner(content) if content is not None else notebook
    if owner != notebook:
        raise UsageError(
            f"{folder.url} holds the runs of {owner}, not of {notebook}",
            hint="Give another folder (--out DIR), or delete that one if nobody needs it.",
        )


def _owner(content: bytes) -> str:
    try:
        return str(json.loads(content)["notebook"])
    except (ValueError, KeyError, TypeError):
        return "a notebook that its batch.json no longer names"


def standing(runs: Sequence[Run], folder: Folder) -> Standing:
    """Return which of the runs are complete and unchanged: those whose notebook, parameters and files are the same."""
    there = set(folder.names(RUNS))
    planned = {run.name for run in runs}
    earlier = {each.id: each for each in Journal(folder).entries().values() if each.name in there}
    known = {
        run.id: entry
        for run in runs
        if (entry := earlier.get(run.id)) and (entry.name == run.name or entry.name not in planned)
    }
    kept = tuple(entry for entry in known.values() if entry.is_complete)
    todo = tuple(run for run in runs if run.id not in known or not known[run.id].is_complete)
    return Standing(todo, kept, tuple(entry for entry in known.values() if not entry.is_complete))
