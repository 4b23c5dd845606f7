"""One value that is no collection: numbers, texts, moments, paths, members of an enum, numpy's and pandas' scalars."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import math
import os
import pathlib
import types
import typing
import uuid
from typing import Any

from nbprod.run.nearest import did_you_mean
from nbprod.run.parameters import durations, numpys
from nbprod.run.parameters.mismatch import Mismatch, mismatch
from nbprod.run.parameters.text import Text

_NONES = {"null", "None"}
_BOOLS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_PANDAS = {"Timestamp", "Timedelta", "Period"}  # which is not imported to ask
_NUMBERS = (int, float, complex)
_EXACT = (decimal.Decimal, fractions.Fraction)
_RANKS = (types.NoneType, bool, enum.Enum, int, float, *_EXACT, dt.datetime, dt.date, dt.time, dt.timedelta, uuid.UUID)


def scalar(value: Any, kind: Any, wanted: Any) -> Any:
    """Return the value as one of `kind`; Mismatch names what was `wanted`."""
    if numpys.is_scalar(value) and not numpys.is_kind(kind):
        value = value.item()
    try:
        made = _of_text(value, kind) if isinstance(value, Text) else _of_typed(value, kind)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        raise mismatch(value, wanted, _members_near(value, kind)) from error
    return made


def _members_near(value: Any, kind: Any) -> str:
    if not _is(kind, enum.Enum):
        return ""
    names = list(kind.__members__)
    return did_you_mean(str(value), names) or f"one of {', '.join(names[:9])}{', …' if len(names) > 9 else ''}"


def _of_text(text: Text, kind: Any) -> Any:
    if kind is str:
        return str(text)
    bare = text.strip()
    if kind is bool:
        return _BOOLS[bare.lower()]
    if kind in _NUMBERS:
        return _finite(kind(bare), bare)
    if numpys.is_kind(kind):
        return numpys.of_text(str(text), kind)
    return _member_of_text(bare, kind) if _is(kind, enum.Enum) else _of_spelled(text, kind)


def _finite(number: Any, text: str) -> Any:
    """Return the number, which is endless only if the text says so: 1e999 is a slip."""
    if isinstance(number, float) and math.isinf(number) and "inf" not in text.lower():
        raise OverflowError(f"{text} is too large")
    return number


def _of_spelled(text: Text, kind: Any) -> Any:
    try:
        return _spelled(str(text) if _is(kind, pathlib.PurePath) else text.strip(), kind)
    except (ValueError, TypeError):
        return _held(guessed(text), kind)


def _of_typed(value: Any, kind: Any) -> Any:
    if isinstance(value, bool) and kind is not bool and not numpys.is_kind(kind) and not _is(kind, enum.Enum):
        raise TypeError("a bool is no number")
    if _is(kind, enum.Enum):
        return _member(value, kind)
    if _fits(value, kind):
        return value
    if numpys.is_kind(kind):
        return numpys.of_typed(value, kind)
    if isinstance(value, str):
        return _spelled(value, kind)
    return _from_other(value, kind)


def _fits(value: Any, kind: Any) -> bool:
    """Whether it may stay as it is: a datetime is no date, though Python counts it as one."""
    if kind is dt.date and isinstance(value, dt.datetime):
        return False
    return isinstance(value, kind) or (kind is float and type(value) is int) or (kind is complex and _is_real(value))


def _spelled(text: str, kind: Any) -> Any:
    """Return what has no way of its own into a file, and so is a text there."""
    if _is(kind, dt.date | dt.time) and kind.__name__ not in _PANDAS:
        return kind.fromisoformat(text)
    if _is(kind, dt.timedelta) and kind.__name__ not in _PANDAS:
        return durations.parsed(text)
    if kind is os.PathLike:
        return pathlib.Path(text)
    if kind is complex or _is(kind, (pathlib.PurePath, uuid.UUID, *_EXACT)):
        return kind(text)
    if kind.__name__ in _PANDAS:
        return _of_pandas(text, kind)
    raise TypeError(f"no text is a {kind}")


def _of_pandas(text: str, kind: Any) -> Any:
    """Return pandas' moment or duration; it would read "5" as a day of this month, and "" as none."""
    if kind.__name__ != "Timedelta" and not text[:4].isdecimal():
        raise ValueError(f"{text} begins with no year")
    return _held(kind(text), kind)


def _from_other(value: Any, kind: Any) -> Any:
    """Return what a number or a day stands for, where it stands for one thing only."""
    if kind in _EXACT and type(value) is int:
        return kind(value)
    if kind is dt.datetime and type(value) is dt.date:
        return dt.datetime.combine(value, dt.time())
    if kind.__name__ in _PANDAS and isinstance(value, dt.date | dt.timedelta):
        return kind(value)
    raise TypeError(f"{value} is no {kind}")


def _member(value: Any, kind: Any) -> Any:
    if isinstance(value, kind):
        return value
    if isinstance(value, str):
        name = value.removeprefix(f"{kind.__name__}.")
        if name in kind.__members__:
            return kind[name]
        if _is(kind, enum.Flag) and "|" in name:
            return _joined([_member(each.strip(), kind) for each in name.split("|")])
    if isinstance(value, bool) and not any(each.value is value for each in kind):
        raise ValueError(f"{value} is no {kind}")
    return kind(value)


def _member_of_text(text: str, kind: Any) -> Any:
    try:
        return _member(text, kind)
    except ValueError:  # the value may be no text
        return {str(each.value): each for each in kind}[text]


def _joined(flags: list[Any]) -> Any:
    joined = flags[0]
    for each in flags[1:]:
        joined |= each
    return joined


def _held(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value} is no {kind}")
    return value


def is_none(value: Any) -> bool:
    """Whether the text stands for None."""
    return isinstance(value, Text) and value.strip() in _NONES


def guessed(text: str) -> Any:
    """Return the number, bool, None or str that a text of unknown type can only be; Mismatch if it may be two things.

    >>> guessed("3"), guessed("0.5"), guessed("true"), guessed("EWR"), guessed("null")
    (3, 0.5, True, 'EWR', None)
    >>> guessed("001")
    Traceback (most recent call last):
    nbprod.run.parameters.mismatch.Mismatch: is '001', which may be a number or a text: its type must be annotated
    """
    if text in _NONES:
        return None
    if text in ("true", "false", "True", "False"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if spelled_so(number, text):
            return number
        if text[:1] in "+-.0123456789":
            raise Mismatch(f"is {str(text)!r}, which may be a number or a text: its type must be annotated")
    return str(text)


def spelled_so(value: Any, text: str) -> bool:
    """Whether the text is how Python itself writes the value: then nothing is lost if it is read as one.

    >>> spelled_so(1, "1"), spelled_so(1, "001"), spelled_so(True, "true")
    (True, False, True)
    """
    if value is None or isinstance(value, bool):
        return str(text) in (str(value), str(value).lower()) or is_none(text)
    if isinstance(value, enum.Enum):
        return True
    return (value.isoformat() if hasattr(value, "isoformat") else str(value)) == text


def rank(kind: Any) -> int:
    """Return where a choice stands among others that a text may spell: the more special, the earlier."""
    origin = typing.get_origin(kind) or kind
    if origin is typing.Literal:
        return 0
    if not isinstance(origin, type):
        return len(_RANKS) if kind is not None else 0
    if issubclass(origin, pathlib.PurePath):
        return len(_RANKS) + 2  # any text is a path
    if origin is str:
        return len(_RANKS) + 1
    if origin is dt.date:
        return _RANKS.index(dt.datetime) - 1  # a datetime may be written as a day
    return next((place for place, each in enumerate(_RANKS) if issubclass(origin, each)), len(_RANKS))


def _is(kind: Any, of: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, of)


def _is_real(value: Any) -> bool:
    return type(value) in (int, float)
