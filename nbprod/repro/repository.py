"""A repository of DVC as it is now: its stages, its locks, its settings, and what is known of its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.repro import finding, lockfile, pipelines, settings
from nbprod.repro.digests import Digests
from nbprod.repro.graph import Graph, graph
from nbprod.repro.ignoring import Ignores
from nbprod.repro.judging import Judge
from nbprod.repro.memory import Memory
from nbprod.repro.objects import Objects
from nbprod.repro.parameters import ParameterFiles
from nbprod.repro.stages import PIPELINE, Stage
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.repro.lockfile import Lock
    from nbprod.repro.settings import Settings


@dataclass(frozen=True, slots=True)
class Repository:
    """What planning and running need; `locks` by the path of their dvc.yaml, `sources` by the path of a .dvc file."""

    root: str
    folder: str
    settings: Settings
    memory: Memory
    graph: Graph
    locks: Mapping[str, Lock]
    sources: Mapping[str, dict[str, Any]]
    digests: Digests
    objects: Objects
    parameters: ParameterFiles

    @property
    def judge(self) -> Judge:
        """Who says whether a stage is fresh."""
        return Judge(self.digests, self.objects, self.parameters)

    def entry(self, stage: Stage) -> dict[str, Any] | None:
        """Return what was written down when the stage was last run, or None."""
        if stage.source:
            return self.sources[stage.file]
        found = self.locks[stage.file].stages.get(stage.name)
        return found or None

    def address(self, stage: Stage) -> str:
        """Return what DVC calls the stage from the folder that we are in."""
        return stage.address(self.folder)

    def wanted(self, targets: Sequence[str]) -> list[Stage]:
        """Return the stages that targets mean, from the folder that we are in; without any, all of its dvc.yaml.

        To DVC, targets that mean no stage at all (a dvc.yaml without any) mean the whole repository.
        """
        found: dict[str, Stage] = {}
        if not targets and not self._has(os.path.join(self.folder, PIPELINE)):
            raise LeftToDvc("folder", self.folder)
        for target in targets or (PIPELINE,):
            for stage in self._meant(target):
                found[stage.key] = stage
        return list(found.values() or self.graph.stages)

    def _has(self, path: str) -> bool:
        """Whether that dvc.yaml is there."""
        return path in self.locks or any(each.file == path for each in self.graph.stages)

    def _meant(self, target: str) -> list[Stage]:
        file, _, name = target.rpartition(":")
        if not file and not (target == PIPELINE or target.endswith(("/dvc.yaml", ".dvc"))):
            file, name = PIPELINE, target
        elif not file:
            file, name = target, ""
        path = os.path.abspath(os.path.join(self.folder, file))
        found = [
            each
            for each in self.graph.stages
            if each.file == path and (not name or each.name == name or each.name.startswith(f"{name}@"))
        ]
        exact = [each for each in found if name and each.name == name]
        if not found and not (path in self.locks and not name):
            raise LeftToDvc("target", target)
        return exact or found


def opened(folder: str, configured: Settings | None = None) -> Repository:
    """Return the repository that the folder lies in; its settings may have been read before.

    Raises:
        ProjectBroken: There is none, or a dvc.lock cannot be read.
        LeftToDvc: It holds something that nbprod doesn't do.
    """
    if os.name == "nt":
        raise LeftToDvc("windows")
    folder = os.path.abspath(folder)
    root = finding.root_of(folder)
    found = configured or settings.read(root)
    memory = Memory(os.path.join(root, finding.DVC))
    ignores, parameters = Ignores(root, memory), ParameterFiles(memory)
    stages: list[Stage] = []
    sources: dict[str, dict[str, Any]] = {}
    locks: dict[str, Lock] = {}
    for path in finding.described(root, ignores, memory, git=bool(found.git)):
        if os.path.basename(path) == PIPELINE:
            stages += pipelines.stages(path, root, parameters, memory)
            locks[path] = lockfile.read(lockfile.lock_path(path), memory)
        else:
            source, sources[path] = pipelines.tracked(path, root, memory)
            stages.append(source)
    _without_hidden(stages, ignores)
    digests = Digests(ignores, memory)
    objects = Objects(found.cache, digests)
    return Repository(root, folder, found, memory, graph(stages), locks, sources, digests, objects, parameters)


def _without_hidden(stages: Sequence[Stage], ignores: Ignores) -> None:
    """DVC reads no dvc.yaml of a repository in which .dvcignore names an output."""
    for stage in stages:
        for out in stage.outs:
            if not ignores.sees_path(out.full):
                raise LeftToDvc("ignored", f"{stage.file}: {out.path}")
