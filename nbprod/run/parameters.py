"""Parameters: looked up where dvc.yaml says, and held to the annotations of the step's function."""

from __future__ import annotations

import collections.abc
import datetime as dt
import decimal
import enum
import inspect
import json
import pathlib
import tomllib
import types
import typing
import uuid
from typing import TYPE_CHECKING, Any

from nbprod.adapters import yaml
from nbprod.errors import ProjectBroken
from nbprod.run.nearest import did_you_mean
from nbprod.run.templates import MISSING, look_up

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from nbprod.run.functions import Function
    from nbprod.run.wiring import ParameterKey, Stage

_NONE = type(None)
_FROM_TEXT = {"Timestamp", "Timedelta", "Period"}  # pandas' own, which is not imported to ask


class Mismatch(ValueError):
    """The value is not what the annotation wants; the text says what it wants."""


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
            faults.append(f"{key.file}: {key.key or name} {mismatch}")
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


def convert(value: Any, wanted: Any) -> Any:
    """Return the value of a YAML file as the annotated type; Mismatch says what was wanted.

    >>> convert(3, float), convert("2026-11-23", dt.date), convert([1, 2], tuple[int, ...])
    (3, datetime.date(2026, 11, 23), (1, 2))
    >>> convert("30", int)
    Traceback (most recent call last):
    nbprod.run.parameters.Mismatch: is '30' (str), but int is wanted
    """
    if wanted in (Any, object, inspect.Parameter.empty) or isinstance(wanted, typing.TypeVar):
        return value
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is typing.Annotated:
        return convert(value, inner[0])
    if origin in (typing.Union, types.UnionType):
        return _one_of(value, inner, wanted)
    if origin is typing.Literal:
        return _literal(value, inner, wanted)
    return _collection(value, origin or wanted, inner, wanted)


def _one_of(value: Any, choices: Iterable[Any], wanted: Any) -> Any:
    for exact in (True, False):  # str | date given "2026-11-23" stays a str
        for choice in choices:
            try:
                converted = convert(value, choice)
            except Mismatch:
                continue
            if not exact or converted is value:
                return converted
    raise _mismatch(value, wanted)


def _literal(value: Any, choices: tuple[Any, ...], wanted: Any) -> Any:
    if any(type(value) is type(each) and value == each for each in choices):
        return value
    near = did_you_mean(str(value), [str(each) for each in choices])
    raise _mismatch(value, wanted, near)


def _collection(value: Any, kind: Any, inner: tuple[Any, ...], wanted: Any) -> Any:
    if not isinstance(kind, type):
        return value  # a protocol or a form that a file cannot be held to
    if issubclass(kind, collections.abc.Mapping):
        return _mapping(value, inner, wanted)
    if issubclass(kind, tuple) and not hasattr(kind, "_fields"):
        return _tuple(value, inner, wanted)
    if kind is not str and issubclass(kind, collections.abc.Collection) and kind is not bytes:
        made = {list: list, set: set, frozenset: frozenset}.get(kind, list)
        return made(_items(value, inner[:1], wanted))
    return _scalar(value, kind, wanted)


def _mapping(value: Any, inner: tuple[Any, ...], wanted: Any) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(value, wanted)
    if len(inner) != 2:
        return value
    return {convert(key, inner[0]): convert(each, inner[1]) for key, each in value.items()}


def _tuple(value: Any, inner: tuple[Any, ...], wanted: Any) -> Any:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_items(value, inner[:1], wanted))
    items = _items(value, (), wanted)
    if inner and len(items) != len(inner):
        raise _mismatch(value, wanted)
    return tuple(convert(each, kind) for each, kind in zip(items, inner, strict=True)) if inner else tuple(items)


def _items(value: Any, inner: tuple[Any, ...], wanted: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _mismatch(value, wanted)
    return [convert(each, inner[0]) for each in value] if inner else list(value)


def _scalar(value: Any, kind: type, wanted: Any) -> Any:
    if isinstance(value, bool) and kind is not bool:
        raise _mismatch(value, wanted)
    if kind is dt.date and isinstance(value, dt.datetime):
        raise _mismatch(value, wanted)
    if isinstance(value, kind) or (kind is float and isinstance(value, int)):
        return value
    if value is None:
        raise _mismatch(value, wanted)
    return _made(value, kind, wanted)


def _made(value: Any, kind: Any, wanted: Any) -> Any:
    """Return what a text, or a number for numpy's scalars, stands for."""
    try:
        if issubclass(kind, enum.Enum):
            return kind[value] if value in kind.__members__ else kind(value)
        if isinstance(value, str) and issubclass(kind, dt.date | dt.time):
            return kind.fromisoformat(value)
        made_of_text = issubclass(kind, pathlib.PurePath | decimal.Decimal | uuid.UUID) or kind.__name__ in _FROM_TEXT
        if (isinstance(value, str | dt.date) and made_of_text) or _is_numpy(value, kind):
            return kind(value)
    except (ValueError, TypeError, KeyError, decimal.InvalidOperation) as error:
        raise _mismatch(value, wanted) from error
    raise _mismatch(value, wanted)


def _is_numpy(value: Any, kind: type) -> bool:
    number = isinstance(value, int | float) and any(each.__name__ == "number" for each in kind.__mro__)
    return kind.__module__ == "numpy" and number


def _mismatch(value: Any, wanted: Any, near: str = "") -> Mismatch:
    name = wanted.__name__ if isinstance(wanted, type) and not typing.get_args(wanted) else str(wanted)
    given = repr(value) if value is None else f"{value!r:.60} ({type(value).__name__})"
    return Mismatch(f"is {given}, but {name.replace('typing.', '')} is wanted{f' ({near})' if near else ''}")


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
