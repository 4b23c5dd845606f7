"""Stages as DVC knows them: what they need, what they make, and where their dvc.yaml stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

Role = Literal["out", "metric", "plot"]
PIPELINE = "dvc.yaml"
Command = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dep:
    """A file or folder that a stage reads: as dvc.yaml writes it, and its full path."""

    path: str
    full: str


@dataclass(frozen=True, slots=True)
class Out:
    """A file or folder that a stage makes: as dvc.yaml writes it, its full path, and how DVC keeps it."""

    path: str
    full: str
    role: Role = "out"
    cache: bool = True
    persist: bool = False


@dataclass(frozen=True, slots=True)
class Params:
    """A file of parameters, and the keys in it that a stage takes (none: the whole file)."""

    path: str
    full: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, resolved: no template is left in it.

    `file` is the dvc.yaml that it stands in, or the .dvc file of a source, which has no name and no command. `wdir` is
    the folder that it runs in.
    """

    file: str
    name: str
    wdir: str
    cmd: Command = ""
    deps: tuple[Dep, ...] = ()
    params: tuple[Params, ...] = ()
    outs: tuple[Out, ...] = ()
    frozen: bool = False
    always: bool = False

    @property
    def key(self) -> str:
        """What names it uniquely in the project."""
        return f"{self.file}:{self.name}"

    @property
    def source(self) -> bool:
        """Whether it is a file that `dvc add` tracks, and no command makes."""
        return not self.cmd

    @property
    def callback(self) -> bool:
        """Whether it has neither deps nor outs, and so runs always."""
        return bool(self.cmd) and not (self.deps or self.params or self.outs)

    @property
    def reads(self) -> tuple[str, ...]:
        """The full paths of all that it reads, parameters too."""
        return (*(each.full for each in self.deps), *(each.full for each in self.params))

    @property
    def commands(self) -> tuple[str, ...]:
        """The command's lines, each of which a shell runs."""
        return tuple(self.cmd.splitlines()) if isinstance(self.cmd, str) else self.cmd

    def address(self, folder: str) -> str:
        """Return what DVC calls it from that folder: its name, or the path of its file and its name."""
        file = os.path.relpath(self.file, folder)
        if not self.name:
            return file
        return self.name if file == PIPELINE else f"{file}:{self.name}"
