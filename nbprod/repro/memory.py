"""What was found out in earlier runs and need not be found out again: one file of JSON below .dvc/tmp."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import Any

VERSION = 1
FOLDER = ("tmp", "nbprod")
SECTIONS = ("pipelines", "blocks", "params", "ignores", "files", "folders", "imports", "behind")
Section = dict[str, Any]


def digest(content: bytes) -> str:
    """Return the MD5 of the bytes, which is how DVC names content.

    >>> digest(b"")
    'd41d8cd98f00b204e9800998ecf8427e'
    """
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def as_json_keeps(value: Any) -> bool:
    """Whether JSON gives the value back as it is: no dates, no keys that are numbers.

    >>> as_json_keeps({"a": [1, 2.5, None]}), as_json_keeps({1: "a"})
    (True, False)
    """
    try:
        return repr(json.loads(json.dumps(value))) == repr(value)
    except (TypeError, ValueError):
        return False


class Memory:
    """Sections of what is known, read once and written back when something came new. Losing it costs time only."""

    def __init__(self, dvc_folder: str, name: str = "known.json") -> None:
        self.path = os.path.join(dvc_folder, *FOLDER, name)
        self.known = _read(self.path)
        self.changed = False
        self.used: dict[str, set[str]] = {each: set() for each in SECTIONS}

    def get(self, section: str, key: str) -> Any:
        """Return what is known, or None."""
        self.used[section].add(key)
        return self.known[section].get(key)

    def put(self, section: str, key: str, value: Any) -> None:
        """Remember a value that JSON can hold."""
        self.used[section].add(key)
        self.known[section][key] = value
        self.changed = True

    def save(self) -> None:
        """Write what is known, if something changed; a disk that refuses costs the next run time, nothing else."""
        if not self.changed:
            return
        for section in SECTIONS:
            self._forget(section)
        draft = f"{self.path}.{os.getpid()}.tmp"
        with suppress(OSError):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(draft, "w", encoding="ascii") as file:
                json.dump({"version": VERSION, **self.known}, file, separators=(",", ":"))
            os.replace(draft, self.path)
            self.changed = False

    def _forget(self, section: str) -> None:
        """Drop what this run didn't need, once it is most of what is kept."""
        known, used = self.known[section], self.used[section]
        if len(known) > 1000 + 3 * len(used):
            self.known[section] = {key: known[key] for key in used if key in known}


def _read(path: str) -> dict[str, Section]:
    found: Any = {}
    with suppress(OSError, ValueError), open(path, encoding="ascii") as file:
        found = json.load(file)
    usable = isinstance(found, dict) and found.get("version") == VERSION
    sections = {each: found.get(each) if usable else None for each in SECTIONS}
    return {each: value if isinstance(value, dict) else {} for each, value in sections.items()}
