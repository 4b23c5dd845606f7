"""DVC's run cache: what a command made of the same deps and params before, by whichever program it was run."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import NbprodError
from nbprod.repro import entries
from nbprod.repro.objects import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.repro.entries import Entry
    from nbprod.repro.memory import Memory
    from nbprod.repro.stages import Stage


def remembers(stage: Stage, params: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether DVC's run cache takes such a stage: it has deps, outs, and nothing that makes runs differ.

    `params` are the values by file: DVC takes a file that holds none for one that it can't compare.
    """
    if stage.always or stage.callback or not (stage.cmd and (stage.deps or stage.params) and stage.outs):
        return False
    return all(params.values()) and not any(each.persist for each in stage.outs)


def saves(stage: Stage) -> bool:
    """Whether a run is kept: not where an output other than a metric or a plot is not cached."""
    return all(each.cache or each.role != "out" for each in stage.outs)


class RunCache:
    """The runs below a cache's folder."""

    def __init__(self, cache: str, memory: Memory) -> None:
        self.cache = cache
        self.folder = os.path.join(cache, "runs")
        self.memory = memory

    def find(self, inputs: Entry) -> Entry | None:
        """Return the newest run with that command, deps, params and paths of outs."""
        folder = self._folder(entries.key_of(inputs))
        try:
            with os.scandir(folder) as found:
                newest = max(found, key=lambda each: each.stat().st_mtime_ns, default=None)
        except OSError:
            return None
        return self._read(newest.path) if newest else None

    def save(self, run: Entry) -> None:
        """Keep a run, unless it is there."""
        folder, value = self._folder(entries.key_of(run)), entries.value_of(run)
        place = os.path.join(folder, value)
        if os.path.exists(place):
            return
        draft = self._draft(value)
        drafts = os.path.dirname(draft)
        was_there = os.path.isdir(drafts)
        os.makedirs(folder, exist_ok=True)
        os.makedirs(drafts, exist_ok=True)
        with open(draft, "w", encoding="utf-8") as file:
            file.write(entries.text(run))
        os.replace(draft, place)
        if not was_there:
            with suppress(OSError):  # somebody has put an object there
                os.rmdir(drafts)

    def _draft(self, value: str) -> str:
        """Where a run is written first: not where DVC, or we, take what lies there for a run; `dvc gc` removes it."""
        return os.path.join(self.cache, *FILES, value[:2], f"{value[2:]}.{os.getpid()}.tmp")

    def _folder(self, key: str) -> str:
        return os.path.join(self.folder, key[:2], key)

    def _read(self, path: str) -> Entry | None:
        with suppress(OSError, UnicodeDecodeError, NbprodError):
            with open(path, encoding="utf-8") as file:
                found = yaml.parse(file.read(), path)
            if isinstance(found, dict) and found.get("cmd") and isinstance(found.get("outs"), list):
                return found
        return None
