"""Writing down what ran: into dvc.lock, at once, so that whoever reads it finds the truth at any moment."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbprod.repro import entries, lockfile
from nbprod.repro.memory import as_json_keeps, digest
from nbprod.values.disk import write_failed

if TYPE_CHECKING:
    from nbprod.repro.entries import Entry
    from nbprod.repro.lockfile import Lock
    from nbprod.repro.repository import Repository
    from nbprod.repro.stages import Stage


class Ledger:
    """The locks of a repository while its stages run."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.locks = dict(repository.locks)
        self.added: dict[str, dict[str, Entry]] = {}
        self.unwritten: set[str] = set()
        self.marks = {file: _mark(lock.path) for file, lock in self.locks.items()}

    def entry(self, stage: Stage) -> Entry | None:
        """Return what is known of the stage's last run."""
        if stage.source:
            return self.repository.entry(stage)
        return self.locks[stage.file].stages.get(stage.name) or None

    def made(self, stage: Stage) -> set[str]:
        """Return what the stage's last run made, by MD5: files, and folders with their files."""
        outs = (self.entry(stage) or {}).get("outs", ())
        return {part for out in outs if out.get("md5") for part in self.repository.objects.parts(str(out["md5"]))}

    def add(self, stage: Stage, entry: Entry) -> None:
        """Take in a run; `flush` writes it."""
        self.added.setdefault(stage.file, {})[stage.name] = entry
        self.unwritten.add(stage.file)
        self._put(stage.file, stage.name, entry)

    def flush(self) -> list[str]:
        """Write the locks that have changed, and return their paths.

        Raises:
            WriteFailed: the disk or its permissions refused; the old lock still stands.
        """
        written = []
        for file in sorted(self.unwritten):
            self._follow(file)
            lock = self.locks[file]
            text = lock.joined() if lock.blocks or not lock.text else _rewritten(lock, self.added[file])
            if text != lock.text:
                _write(lock.path, text)
                written.append(lock.path)
                self.locks[file] = replace(lock, text=text)
            self.marks[file] = _mark(lock.path)
        self.unwritten.clear()
        return written

    def _put(self, file: str, name: str, entry: Entry) -> None:
        lock = self.locks[file]
        if lock.stages and not lock.blocks:
            lock = self._laid_out(lock)
        if lock.stages and not lock.blocks:
            self.locks[file] = replace(lock, stages=lock.stages | {name: entry})
            return
        block = entries.block(name, entry)
        key = digest(block.encode())
        if as_json_keeps([name, entry]):
            self.repository.memory.put("blocks", key, [name, entry])
        self.locks[file] = lock.saying(name, entry, block)

    def _laid_out(self, lock: Lock) -> Lock:
        """The lock as DVC would have written it: somebody has edited it, and DVC would do the same."""
        found = lockfile.by_blocks(lock.path, entries.canonical(lock.text), self.repository.memory)
        return replace(lock, blocks=found.blocks) if found else lock

    def _follow(self, file: str) -> None:
        """Take in what another process has written since; what ran here stays ours."""
        lock = self.locks[file]
        if _mark(lock.path) == self.marks[file]:
            return
        self.locks[file] = lockfile.read(lock.path, self.repository.memory)
        for name, entry in self.added[file].items():
            self._put(file, name, entry)


def _rewritten(lock: Lock, added: dict[str, Entry]) -> str:
    """The text with the entries put in by ruamel.yaml: it holds more than stages, such as datasets."""
    from ruamel.yaml import YAML

    tree = YAML().load(lock.text)
    stages: dict[str, Any] = tree.setdefault("stages", {})
    stages.update(added)
    return entries.dumped(tree)


def _mark(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _write(path: str, text: str) -> None:
    """Write whole: a rename. Whether the disk holds it is settled once, at the end of the run."""
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        with open(draft, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError as error:
        raise write_failed(_as_path(path), error) from error


def _as_path(path: str) -> Any:
    from pathlib import Path

    return Path(path)
