"""What a step is called with: values of the stage's dependencies, by the stems of their file names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from nbprod.errors import ProjectBroken
from nbprod.run.nearest import did_you_mean
from nbprod.run.wiring import names_of
from nbprod.values import load

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from nbprod.run.functions import Function
    from nbprod.run.wiring import Stage, Wiring


@dataclass(frozen=True, slots=True)
class Places:
    """Where files lie: `data`, if given, stands in for the folder of what the stages make, laid out by step."""

    root: Path
    wiring: Wiring
    data: Path | None = None

    def made(self, path: str, stage: Stage) -> Path:
        """Return where the stage puts the file that dvc.yaml calls `path`."""
        return self.root / path if self.data is None else self.data / stage.step / PurePosixPath(path).name

    def found(self, path: str) -> Path:
        """Return where the file is read from: in `data` if a stage has put it there, else in the project."""
        maker = self.wiring.maker(path)
        if self.data is not None and maker is not None and maker.step and self.made(path, maker).exists():
            return self.made(path, maker)
        return self.root / path


def wanted(stage: Stage, function: Function, wiring: Wiring) -> dict[str, str]:
    """Return the file that feeds each argument, by the argument's name.

    A file that a stage makes wins over one that merely has the same stem, such as a CSV that the step opens itself,
    and one in the folder of its step's values over one that the step wrote elsewhere; of two such, where one holds
    other values too, the one that was made last. A parameter is its own value, though a file has its name.

    Raises:
        ProjectBroken: Two files feed one argument, or nothing feeds one that has no default.
    """
    makers = {path: wiring.maker(path) for path in stage.deps}
    stored = [path for path, maker in makers.items() if maker and maker.stores(path)]
    made = [path for path, maker in makers.items() if maker and path not in stored]
    rest = [path for path, maker in makers.items() if not maker and not path.endswith(".py")]
    fed = _feeding(stored, function.arguments.keys(), stage, wiring)
    given = {each.name for each in stage.params}
    for paths in (made, rest):
        fed |= _feeding(paths, function.arguments.keys() - fed.keys() - given, stage, wiring)
    _refuse_unfed(stage, function, fed)
    return fed


def _feeding(paths: Iterable[str], arguments: Collection[str], stage: Stage, wiring: Wiring) -> dict[str, str]:
    candidates: dict[str, list[str]] = {}
    for path in paths:
        for name in names_of(path):
            if name in arguments:
                candidates.setdefault(name, []).append(path)
    return {name: _chosen(name, found, stage, wiring) for name, found in candidates.items()}


def _chosen(name: str, paths: list[str], stage: Stage, wiring: Wiring) -> str:
    """Return the file that feeds the argument: of several, one that holds more besides, the last one made."""
    together = any(len(names_of(path)) > 1 for path in paths)
    last = max(paths, key=wiring.position) if together else paths[0]
    rivals = [path for path in paths if path != last and wiring.position(path) == wiring.position(last)]
    if len(paths) > 1 and (rivals or not together):
        raise ProjectBroken(
            f"dvc.yaml: two dependencies of stage {stage.name!r} feed {name!r}: {paths[0]} and {paths[1]}",
            hint="Rename one of the files, or take one out",
        )
    return last


def _refuse_unfed(stage: Stage, function: Function, fed: Mapping[str, str]) -> None:
    given = {*fed, *(each.name for each in stage.params)}
    sections = any(each.name not in function.arguments for each in stage.params)
    for name in function.required:
        if name not in given and not sections:
            stems = [stem for path in stage.deps for stem in names_of(path)]
            raise ProjectBroken(
                f"nothing in stage {stage.name!r} of dvc.yaml feeds the argument {name!r} of {function.target}",
                hint=did_you_mean(name, stems) or f"Add the file {name}.* to its deps, or the parameter to its params",
            )


def values(fed: Mapping[str, str], places: Places) -> dict[str, Any]:
    """Return the arguments' values, each file loaded once, so that what it holds together stays together.

    Raises:
        ProjectBroken: A file is missing; the stage that makes it is named.
    """
    loaded = {path: _loaded(path, places) for path in dict.fromkeys(fed.values())}
    return {name: loaded[path][name] if len(names_of(path)) > 1 else loaded[path] for name, path in fed.items()}


def _loaded(path: str, places: Places) -> Any:
    file = places.found(path)
    if not file.exists():
        maker = places.wiring.maker(path)
        cure = f"Run `dvc repro {maker.name}` first" if maker else "Put it there, or get it with `dvc pull`"
        raise ProjectBroken(f"{path} is missing", hint=cure)
    return load(file)
