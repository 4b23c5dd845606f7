"""What is there already: a batch's folder says whose it is, and its runs' folders how they ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import UsageError
from nbprod.run.batches.endings import endings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.model.batch import Entry
    from nbprod.run.batches.folder import Folder
    from nbprod.run.batches.runs import Run

FILE = "batch.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Which runs are complete, which failed earlier, and which are to be performed, in the order of the batch."""

    todo: tuple[Run, ...]
    kept: tuple[Entry, ...] = ()
    failed: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What the folder knows of its batch: how often it began afresh, and the runs that it had the last time.

    `each` is the parameter that held the file of `--each` then, "" if none did.
    """

    notebook: str
    afresh: int = 0
    varied: tuple[str, ...] = ()
    runs: tuple[Mapping[str, Any], ...] = ()  # name, parameters
    each: str = ""


def claim_of(folder: Folder, notebook: str) -> Claim:
    """Return what the folder knows of its batch, which is to be the notebook's.

    Raises:
        UsageError: It holds the runs of another notebook, or something else.
    """
    content = folder.read(FILE)
    if content is None:
        if folder.names():
            raise UsageError(f"{folder.url} holds other files than a batch's", hint="Give another folder: --out DIR.")
        return Claim(notebook)
    found = _read(content, folder)
    if found.notebook != notebook:
        raise UsageError(
            f"{folder.url} holds the runs of {found.notebook}, not of {notebook}",
            hint="Give another folder (--out DIR), or delete that one if nobody needs it.",
        )
    return found


def _read(content: bytes, folder: Folder) -> Claim:
    try:
        found = json.loads(content)
        return Claim(
            str(found["notebook"]),
            found.get("afresh", 0),
            tuple(found.get("varied", ())),
            tuple(found.get("runs", ())),
            str(found.get("each", "")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{folder.at(FILE)} can't be read as what a batch writes", hint="Give another folder: --out DIR."
        ) from error


def claim(folder: Folder, claimed: Claim) -> None:
    """Make the folder that batch's."""
    content = {
        "version": VERSION,
        "notebook": claimed.notebook,
        "afresh": claimed.afresh,
        "varied": claimed.varied,
        "each": claimed.each,
        "runs": claimed.runs,
    }
    folder.write(FILE, json.dumps(content, indent=1, ensure_ascii=False, default=str).encode())


def standing(runs: Sequence[Run], folder: Folder) -> Standing:
    """Return which of the runs are complete and unchanged: those whose notebook, parameters and files are the same."""
    planned = {run.name for run in runs}
    earlier = {entry.id: entry for entry in endings(folder).values()}
    known = {
        run.id: entry
        for run in runs
        if (entry := earlier.get(run.id)) and (entry.name == run.name or entry.name not in planned)
    }
    kept = tuple(entry for entry in known.values() if entry.is_complete)
    todo = tuple(run for run in runs if run.id not in known or not known[run.id].is_complete)
    return Standing(todo, kept, tuple(entry for entry in known.values() if not entry.is_complete))
