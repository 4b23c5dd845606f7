"""The journal of a batch: what became of each run, written the moment that it ends.

On a disk it is a file that only grows, so that a killed process loses at most the line that it was writing. A storage
that can't append gets an object for each run. What stands further down counts.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nbprod.model.batch import Entry, Status
from nbprod.values.disk import write_failed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbprod.run.batches.folder import Folder

FILE = "journal.jsonl"
OBJECTS = "journal"


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal in a batch's folder."""

    folder: Folder

    def add(self, entry: Entry) -> None:
        """Write down what became of a run.

        Raises:
            WriteFailed, StorageFailed: The disk or the storage refused.
        """
        if self.folder.local:
            _append(self.folder.local / FILE, as_line(entry))
        else:
            self.folder.write(f"{OBJECTS}/{entry.name}.json", as_line(entry).encode())

    def entries(self) -> dict[str, Entry]:
        """Return the last entry of each run by its name."""
        found = (from_line(line) for line in self._lines())
        return {entry.name: entry for entry in found if entry is not None}

    def forget(self) -> None:
        """Begin anew."""
        self.folder.remove(FILE if self.folder.local else OBJECTS)

    def _lines(self) -> Iterable[str]:
        if self.folder.local:
            content = self.folder.read(FILE) or b""
            return content.decode("utf-8", errors="replace").splitlines()
        paths = [f"{OBJECTS}/{name}" for name in self.folder.names(OBJECTS)]
        return [each.decode("utf-8", errors="replace") for each in self.folder.read_all(paths).values()]


def _append(path: Path, line: str) -> None:
    """Add a line; one that a killed process left half-written ends first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            start = file.seek(0, os.SEEK_END)
            if start:
                file.seek(start - 1)
                line = line if file.read(1) == b"\n" else f"\n{line}"
            file.write(f"{line}\n".encode())
    except OSError as error:
        raise write_failed(path, error) from error


def as_line(entry: Entry) -> str:
    """Return the entry as one line of JSON."""
    return json.dumps(asdict(entry), ensure_ascii=False, default=str)


def from_line(line: str) -> Entry | None:
    """Return the entry that a line holds; None for a line that was cut off or that another version wrote."""
    try:
        found = json.loads(line)
        return Entry(**{**found, "status": Status(found["status"])})
    except (ValueError, TypeError, KeyError):
        return None
