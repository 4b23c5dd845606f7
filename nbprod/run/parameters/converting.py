"""A value held to a type: unchanged if it fits, made of a text or of YAML's types where that loses nothing.

What is given as `Text` may become anything that its letters spell out; what has a type already keeps it: "30" in a file
is no int, True is no int, 3.0 is no int, and only where a float is wanted is an int as good.
"""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from typing import TYPE_CHECKING, Any

from nbprod.run.nearest import did_you_mean
from nbprod.run.parameters.mismatch import Mismatch, mismatch, within
from nbprod.run.parameters.scalars import guessed, is_none, rank, scalar, spelled_so
from nbprod.run.parameters.text import Text, is_bracketed, items

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANYTHING = (Any, object, inspect.Parameter.empty)
_COLLECTIONS = (list, tuple, set, frozenset, dict)  # what a file or a text can hold
_WRAPPED = (typing.Annotated, typing.Final, typing.Required, typing.NotRequired)


class _Unfit(Exception):
    """The value is no such collection."""


def convert(value: Any, wanted: Any) -> Any:
    """Return the value as the annotated type; Mismatch says what was wanted.

    >>> import datetime as dt
    >>> convert(3, float), convert("2026-11-23", dt.date), convert([1, 2], tuple[int, ...])
    (3, datetime.date(2026, 11, 23), (1, 2))
    >>> convert(Text("001"), int), convert(Text("001"), str), convert(Text("1, 2"), list[float])
    (1, '001', [1.0, 2.0])
    >>> convert("30", int)
    Traceback (most recent call last):
    nbprod.run.parameters.mismatch.Mismatch: is '30' (str), but int is wanted
    """
    wanted = _unwrapped(wanted)
    if wanted in _ANYTHING or isinstance(wanted, typing.TypeVar):
        return _anything(value)
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _one_of(value, inner, wanted)
    if origin is typing.Literal:
        return _literal(value, inner, wanted)
    if wanted is None or wanted is types.NoneType:
        return _none(value)
    return _of_kind(value, origin or wanted, inner, wanted)


def _unwrapped(wanted: Any) -> Any:
    if isinstance(wanted, typing.NewType):
        return _unwrapped(wanted.__supertype__)
    if type(wanted).__name__ == "TypeAliasType":  # since Python 3.12
        return _unwrapped(wanted.__value__)
    if typing.is_typeddict(wanted):
        return dict
    return _unwrapped(typing.get_args(wanted)[0]) if typing.get_origin(wanted) in _WRAPPED else wanted


def _anything(value: Any) -> Any:
    if not isinstance(value, Text):
        return value
    if is_bracketed(value):
        try:
            return _settled(items(value))
        except ValueError:
            return str(value)
    return guessed(value)


def _settled(value: Any) -> Any:
    """Return what was written in brackets, with its texts guessed."""
    if isinstance(value, dict):
        return {_settled(key): _settled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_settled(each) for each in value)
    return guessed(value) if isinstance(value, Text) else value


def _none(value: Any) -> None:
    if value is not None and not is_none(value):
        raise mismatch(value, types.NoneType)


def _one_of(value: Any, choices: tuple[Any, ...], wanted: Any) -> Any:
    made, faults = [], []
    for choice in sorted(choices, key=rank):
        try:
            made.append((choice, convert(value, choice)))
        except Mismatch as fault:
            faults.append(fault)
    if not made:
        within_one = [each for each in faults if each.at]
        raise within_one[0] if len(within_one) == 1 else mismatch(value, wanted)
    if isinstance(value, Text):
        return _spelled(value, made)
    return next((each for _, each in made if each is value), made[0][1])  # str | date given "2026-11-23" stays a str


def _spelled(text: Text, made: list[tuple[Any, Any]]) -> Any:
    """Return the most special of what the text spells; beside a str, a number must stand as Python writes it."""
    if all(kind is not str for kind, _ in made):
        return made[0][1]
    return next(each for kind, each in made if kind is str or is_bracketed(text) or spelled_so(each, text))


def _literal(value: Any, choices: tuple[Any, ...], wanted: Any) -> Any:
    if isinstance(value, str) and str(value) in choices:
        return str(value)
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return choice
        try:
            if not isinstance(choice, str) and convert(value, type(choice)) == choice and isinstance(value, str):
                return choice
        except Mismatch:
            continue
    near = did_you_mean(str(value), [str(each) for each in choices])
    raise mismatch(value, wanted, near)


def _of_kind(value: Any, kind: Any, inner: tuple[Any, ...], wanted: Any) -> Any:
    if not isinstance(kind, type):
        return _anything(value)  # a protocol or a form that a value cannot be held to
    if not _is_collection(kind):
        return scalar(value, kind, wanted)
    try:
        return _collection(_opened(value), kind, inner)
    except (TypeError, _Unfit) as error:  # a list in a set; no collection at all
        raise mismatch(value, wanted) from error


def _is_collection(kind: type) -> bool:
    """Whether lists or mappings are of that kind; a protocol says nothing of classes."""
    try:
        return issubclass(kind, collections.abc.Iterable) and any(issubclass(each, kind) for each in _COLLECTIONS)
    except TypeError:
        return False


def _collection(value: Any, kind: type, inner: tuple[Any, ...]) -> Any:
    if issubclass(kind, collections.abc.Mapping):
        return _mapping(value, inner)
    if issubclass(kind, tuple):
        return _tuple(value, inner)
    made = next((each for each in (set, frozenset) if issubclass(kind, each)), _made(kind))
    return made(_items(value, inner[:1], is_set=issubclass(kind, collections.abc.Set)))


def _made(kind: type) -> Any:
    """Return what a collection is made with: abstract sets are sets, other abstract collections lists."""
    return set if issubclass(kind, collections.abc.Set) else list


def _opened(value: Any) -> Any:
    try:
        return items(value) if isinstance(value, Text) else value
    except ValueError as error:
        raise _Unfit from error


def _mapping(value: Any, inner: tuple[Any, ...]) -> Any:
    if not isinstance(value, dict):
        raise _Unfit
    if len(inner) != 2:
        return _settled(value)
    return dict(_pair(key, each, inner) for key, each in value.items())


def _pair(key: Any, value: Any, inner: tuple[Any, ...]) -> tuple[Any, Any]:
    with within(key):
        return convert(key, inner[0]), convert(value, inner[1])


def _tuple(value: Any, inner: tuple[Any, ...]) -> Any:
    if not inner or inner[-1] is Ellipsis:
        return tuple(_items(value, inner[:1]))
    kinds = () if inner == ((),) else inner
    parts = _sequence(value)
    if len(parts) != len(kinds):
        raise _Unfit
    return tuple(_each(parts, kinds))


def _items(value: Any, inner: tuple[Any, ...], *, is_set: bool = False) -> list[Any]:
    parts = _sequence(value, is_set=is_set)
    return _each(parts, (inner[0] if inner else Any,) * len(parts))


def _each(parts: Sequence[Any], kinds: Sequence[Any]) -> list[Any]:
    made = []
    for number, (part, kind) in enumerate(zip(parts, kinds, strict=True)):
        with within(number):
            made.append(convert(part, kind))
    return made


def _sequence(value: Any, *, is_set: bool = False) -> list[Any]:
    """Return the items of a list, of a tuple, of a set where one is wanted, and of YAML's `{a, b}`."""
    if isinstance(value, list | tuple) or (is_set and isinstance(value, set | frozenset)):
        return list(value)
    if is_set and isinstance(value, dict) and not any(value.values()):
        return list(value)
    raise _Unfit
