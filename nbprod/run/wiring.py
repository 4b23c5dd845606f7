"""dvc.yaml is the wiring: which files feed a step, which parameters it takes, and which files it makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from nbprod.adapters import yaml
from nbprod.errors import ProjectBroken
from nbprod.run import commands
from nbprod.run.nearest import did_you_mean
from nbprod.run.templates import Templates
from nbprod.values import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

WIRING = "dvc.yaml"
PARAMETERS = "params.yaml"
Role = Literal["out", "metric", "plot"]
_ROLES: tuple[tuple[str, Role], ...] = (("outs", "out"), ("metrics", "metric"), ("plots", "plot"))


def names_of(path: str) -> tuple[str, ...]:
    """Return the names that a file holds: its stem up to the first dot, where `+` joins several.

    >>> names_of("data/split/frames+train.joblib"), names_of("data/train/model.cloudpickle.pkl")
    (('frames', 'train'), ('model',))
    """
    return tuple(PurePosixPath(path).name.partition(".")[0].split("+"))


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that a stage makes, relative to the project's root, and what DVC takes it for."""

    path: str
    role: Role = "out"

    @property
    def names(self) -> tuple[str, ...]:
        """The outputs that the file holds."""
        return names_of(self.path)


@dataclass(frozen=True, slots=True)
class ParameterKey:
    """One entry of a stage's `params`: a file, and a dotted key in it ("" for the whole file)."""

    file: str
    key: str

    @property
    def name(self) -> str:
        """The argument that it feeds."""
        return self.key.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of dvc.yaml; `target` is the "package.step" that it runs, "" for a stage that is not nbprod's.

    `figures` is the folder among its plots that holds pictures of what it displays, "" if it keeps none.
    """

    name: str
    target: str
    deps: tuple[str, ...] = ()
    params: tuple[ParameterKey, ...] = ()
    outs: tuple[Stored, ...] = ()
    figures: str = ""

    @property
    def package(self) -> str:
        """The package that holds the step."""
        return self.target.partition(".")[0]

    @property
    def step(self) -> str:
        """The step that it runs."""
        return self.target.partition(".")[2]

    def stores(self, path: str) -> bool:
        """Return whether a file lies where the step's values are stored: in a folder of the step's name."""
        return PurePosixPath(path).parent.name == self.step and bool(PurePosixPath(path).suffix)


@dataclass(frozen=True, slots=True)
class Wiring:
    """All stages of a project's dvc.yaml, in the file's order."""

    stages: tuple[Stage, ...]

    def stage(self, target: str, *, preferred: str = "") -> Stage:
        """Return the stage that runs `target`: the one called `preferred`, else the one called like the step.

        Raises:
            ProjectBroken: No stage runs it, or several do and none has either name.
        """
        running = [each for each in self.stages if each.target == target]
        wanted = (preferred, target.partition(".")[2])
        named = sorted((each for each in running if each.name in wanted), key=lambda each: wanted.index(each.name))
        if not running:
            raise self._no_stage(target)
        if len(running) > 1 and not named:
            names = " and ".join(each.name for each in running)
            raise ProjectBroken(
                f"{WIRING}: the stages {names} all run {target}", hint=f"Call one of them {wanted[1]!r}"
            )
        return (named or running)[0]

    def maker(self, path: str) -> Stage | None:
        """Return the stage that makes the file, or the folder that it lies in."""
        above = {path, *(str(each) for each in PurePosixPath(path).parents)}
        return next((each for each in self.stages if {each.figures, *(out.path for out in each.outs)} & above), None)

    def position(self, path: str) -> int:
        """Return the place in the graph's order of the stage that makes the file; -1 if none does."""
        maker = self.maker(path)
        return -1 if maker is None else _ordered(self).index(maker)

    def of(self, package: str) -> tuple[Stage, ...]:
        """Return the package's stages, each after those that it depends on, ties in the file's order."""
        return tuple(each for each in _ordered(self) if each.package == package)

    def _no_stage(self, target: str) -> ProjectBroken:
        targets = [each.target for each in self.stages if each.target]
        hint = did_you_mean(target, targets) or "Export the notebook again: nbprod export NOTEBOOK"
        return ProjectBroken(f"no stage of {WIRING} runs `nbprod step {target}`", hint=hint)


def read(root: Path) -> Wiring:
    """Return the wiring of the project in that folder.

    Raises:
        ProjectBroken: There is no dvc.yaml, or it is no mapping of stages; the line or stage is named.
    """
    try:
        text = (root / WIRING).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ProjectBroken(
            f"{root} has no {WIRING}", hint="Run this in the project's root, after `nbprod export NOTEBOOK`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectBroken(f"{root / WIRING} cannot be read: {error}") from error
    return parse(text, root)


def parse(text: str, root: Path) -> Wiring:
    """Return the wiring that the text of a dvc.yaml describes; `root` is where its `vars` are looked up."""
    tree = yaml.parse(text, WIRING)
    stages = tree.get("stages") if isinstance(tree, dict) else None
    if not isinstance(tree, dict) or not isinstance(stages, dict):
        raise ProjectBroken(f"{WIRING} has no mapping called 'stages'", hint="Write it with `nbprod export NOTEBOOK`")
    templates = Templates.of(tree, root)
    return Wiring(tuple(_stage(str(name), body, templates) for name, body in stages.items()))


def _stage(name: str, body: Any, templates: Templates) -> Stage:
    if not isinstance(body, dict):
        raise ProjectBroken(f"{WIRING}: stage {name!r} is no mapping", hint="Give it a cmd, or remove it")
    if "foreach" in body or "matrix" in body:
        return _repeated(name, body)
    target = commands.target(templates.fill(body.get("cmd", ""), name)) or ""
    try:
        return replace(_plain(name, templates.fill(body, name)), target=target)
    except ProjectBroken:
        if target:
            raise
        return Stage(name, "")  # not ours: DVC has more forms than a step needs


def _repeated(name: str, body: Mapping[str, Any]) -> Stage:
    once = body["do"] if isinstance(body.get("do"), dict) else body
    if commands.target(once.get("cmd", "")):
        raise ProjectBroken(
            f"{WIRING}: stage {name!r} repeats a step with foreach or matrix, and `nbprod step` could not tell which "
            "of them it runs for",
            hint="Write one stage for each, named after what differs",
        )
    return Stage(name, "")


def _plain(name: str, body: Mapping[str, Any]) -> Stage:
    folder = PurePosixPath(str(body.get("wdir", ".")))
    deps = tuple(_below(folder, path) for path, _ in _entries(name, body, "deps"))
    made = [Stored(_below(folder, path), role) for key, role in _ROLES for path, _ in _entries(name, body, key)]
    figures = next((each for each in made if each.role == "plot" and PurePosixPath(each.path).name == FIGURES), None)
    outs = tuple(each for each in made if each is not figures)
    return Stage(name, "", deps, tuple(_parameters(name, body, folder)), outs, figures.path if figures else "")


def _parameters(name: str, body: Mapping[str, Any], folder: PurePosixPath) -> Iterator[ParameterKey]:
    for entry, keys in _entries(name, body, "params"):
        file, colon, key = entry.rpartition(":")
        if isinstance(keys, list):
            yield from (ParameterKey(_below(folder, entry), str(each)) for each in keys)
        elif keys is not None or colon:
            yield ParameterKey(_below(folder, file), key)
        elif PurePosixPath(entry).suffix in {".yaml", ".yml", ".json", ".toml"}:
            yield ParameterKey(_below(folder, entry), "")
        else:
            yield ParameterKey(_below(folder, PARAMETERS), entry)


def _entries(stage: str, body: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, options) of a list whose entries are strings or one-entry mappings, as DVC writes them."""
    listed = body.get(key) or []
    if not isinstance(listed, list):
        raise ProjectBroken(
            f"{WIRING}: {key} of stage {stage!r} is no list", hint="Write one entry a line, behind `- `"
        )
    for entry in listed:
        if isinstance(entry, dict):
            yield from ((str(path), options) for path, options in entry.items())
        else:
            yield str(entry), None


def _below(folder: PurePosixPath, path: str) -> str:
    """Return the path from the root: without dots where it can do without."""
    parts: list[str] = []
    for part in (folder / path).parts:
        if part == ".." and parts and parts[-1] not in {"..", "/"}:
            parts.pop()
        else:
            parts.append(part)
    return str(PurePosixPath(*parts))


def _ordered(wiring: Wiring) -> tuple[Stage, ...]:
    before = {each.name: _makers(wiring, each) - {each.name} for each in wiring.stages}
    done: dict[str, Stage] = {}
    waiting = list(wiring.stages)
    while waiting:
        ready = next((each for each in waiting if before[each.name] <= done.keys()), None)
        if ready is None:
            names = ", ".join(each.name for each in waiting)
            raise ProjectBroken(f"{WIRING}: stages depend on each other in a circle, among {names}")
        done[ready.name] = ready
        waiting.remove(ready)
    return tuple(done.values())


def _makers(wiring: Wiring, stage: Stage) -> set[str]:
    return {maker.name for maker in _present(wiring.maker(path) for path in stage.deps)}


def _present(stages: Iterable[Stage | None]) -> Iterator[Stage]:
    return (each for each in stages if each is not None)
