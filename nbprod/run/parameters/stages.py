"""Parameters of a stage: looked up where dvc.yaml says, and held to the annotations of the step's function."""

from __future__ import annotations

import inspect
import json
import tomllib
from typing import TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import ProjectBroken
from nbprod.run.parameters.converting import convert
from nbprod.run.parameters.mismatch import Mismatch
from nbprod.run.templates import MISSING, look_up

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Collection, Iterable, Mapping

    from nbprod.run.functions import Function
    from nbprod.run.wiring import ParameterKey, Stage


def arguments(stage: Stage, function: Function, root: pathlib.Path, *, fed: Collection[str] = ()) -> dict[str, Any]:
    """Return the keyword arguments that the stage's `params` give the function; files feed those in `fed`.

    Raises:
        ProjectBroken: All that is wrong at once: keys that are missing, values that are not what is annotated.
    """
    files = {each.file: _load(root / each.file, each.file) for each in stage.params}
    given: dict[str, Any] = {}
    faults: list[str] = []
    for key, name, value in _entries(stage.params, files, function.arguments.keys() - set(fed)):
        try:
            given[name] = _held(value, name, function)
        except Mismatch as mismatch:
            faults.append(f"{key.file}: {key.key or name}{mismatch.at} {mismatch}")
    if faults:
        many = f"{len(faults)} parameters of {function.target} are" if len(faults) > 1 else "a parameter is"
        raise ProjectBroken(f"{many} not what the step takes: " + "; ".join(faults), hint="Mend the value there")
    return given


def stored(stage: Stage, root: pathlib.Path) -> Iterable[tuple[ParameterKey, Any]]:
    """Yield the stage's single parameters with the values that their files hold, as YAML types."""
    files = {each.file: _load(root / each.file, each.file) for each in stage.params}
    for key in stage.params:
        value = look_up(files[key.file], key.key) if key.key else MISSING
        if value is not MISSING:
            yield key, value


def _entries(
    keys: Iterable[ParameterKey], files: Mapping[str, Any], wanted: Collection[str]
) -> Iterable[tuple[ParameterKey, str, Any]]:
    """Yield (key, argument, value); a key that holds a whole section gives each of its entries."""
    for key in keys:
        value = look_up(files[key.file], key.key) if key.key else files[key.file]
        if key.name in wanted:
            yield key, key.name, value
        elif isinstance(value, dict):
            yield from ((key, name, each) for name, each in value.items() if name in wanted)


def _held(value: Any, name: str, function: Function) -> Any:
    if value is MISSING:
        raise Mismatch("is missing")
    annotation = function.annotations.get(name, Any)
    if name not in function.annotations:
        default = function.arguments[name].default
        told = isinstance(value, str) and default not in (inspect.Parameter.empty, None)
        annotation = type(default) if told else Any
    return convert(value, annotation)


def _load(path: pathlib.Path, name: str) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            return tomllib.loads(text)
        return json.loads(text) if path.suffix == ".json" else _yaml(text, name)
    except FileNotFoundError as error:
        raise ProjectBroken(f"{name} is missing, from which dvc.yaml takes parameters", hint="Put it back") from error
    except (OSError, ValueError) as error:
        raise ProjectBroken(f"{name} cannot be read: {error}", hint="Mend it, then run again") from error


def _yaml(text: str, name: str) -> Any:
    if name.endswith(".py"):
        raise ProjectBroken(
            f"dvc.yaml takes parameters from {name}; a step reads YAML, JSON or TOML only",
            hint="Move them to params.yaml",
        )
    return yaml.parse(text, name) or {}
