"""How each run of a batch ended: a file in the run's own folder, which takes its place together with all that is there.

So whatever happens to whom, the folder of a run and what is said of it are of one piece, and nobody needs a lock.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from nbprod.model.batch import Entry, Status

if TYPE_CHECKING:
    from nbprod.run.batches.folder import Folder

RUNS = "runs"
FILE = "run.json"


def as_json(entry: Entry) -> str:
    """Return the entry as the run's file has it."""
    return json.dumps(asdict(entry), indent=1, ensure_ascii=False, default=str)


def from_json(text: str | bytes) -> Entry | None:
    """Return the entry; None for a file that is damaged or that another version wrote."""
    try:
        found = json.loads(text)
        return Entry(**{**found, "status": Status(found["status"]), "notes": tuple(found.get("notes", ()))})
    except (ValueError, TypeError, KeyError):
        return None


def place(name: str) -> str:
    """Return where in the batch's folder it stands how the run of that name ended."""
    return f"{RUNS}/{name}/{FILE}"


def ending(folder: Folder, name: str) -> Entry | None:
    """Return how the run of that name ended; None if it didn't."""
    content = folder.read(place(name))
    return from_json(content) if content is not None else None


def endings(folder: Folder) -> dict[str, Entry]:
    """Return how the runs that have a folder ended, by their names."""
    names = [name for name in folder.names(RUNS) if not name.startswith(".")]
    found = {
        name: from_json(text) for name, text in zip(names, folder.read_all(map(place, names)), strict=True) if text
    }
    return {name: entry for name, entry in found.items() if entry is not None}
