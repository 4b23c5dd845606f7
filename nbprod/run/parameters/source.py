"""A value as the Python that makes it."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import math
import pathlib
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

from nbprod.model.numbers import is_endless
from nbprod.run.parameters import numpys
from nbprod.run.parameters.layout import Bracketed, Code, quoted
from nbprod.run.parameters.mismatch import Mismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    Names = Callable[[type], str]

_DISPLAYS: dict[Any, tuple[str, str]] = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}")}


def code_of(value: Any, names: Names) -> Code:
    """Return the code that makes an equal value of the same type; `names` tells how the code there calls a class.

    Raises:
        Mismatch: it is nothing that can be written out.

    >>> print(code_of({"day": [dt.date(2026, 11, 23)]}, lambda kind: kind.__name__))
    {"day": [date(2026, 11, 23)]}
    """
    if value is None or type(value) in (bool, int, float, complex, str, bytes):
        return _constant(value)
    if isinstance(value, enum.Enum):
        return _member(value, names(type(value)))
    if type(value) in _DISPLAYS or type(value) in (dict, frozenset):
        return _collection(value, names)
    if numpys.is_kind(type(value)):
        return call(names(type(value)), numpys.written(value))
    return _object(value, names)


def call(name: str, *arguments: Code, **named: Code) -> Bracketed:
    """Return a call's code."""
    given = [("", each) for each in arguments] + [(f"{key}=", each) for key, each in named.items()]
    return Bracketed(f"{name}(", tuple(given), ")")


def _constant(value: Any) -> Code:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float) and not math.isfinite(value):
        return call("float", quoted(str(value)))
    if isinstance(value, complex):
        return call("complex", _constant(value.real), _constant(value.imag))
    if is_endless(value):
        return hex(value)
    return repr(value).replace("e+", "e")  # as formatters have it


def _member(value: Any, name: str) -> Code:
    if isinstance(value, enum.Flag) and value.name not in type(value).__members__:
        flags = [f"{name}.{each.name}" for each in value]
        return " | ".join(flags) if flags else call(name, repr(value.value))
    return f"{name}.{value.name}" if str(value.name).isidentifier() else f"{name}[{quoted(value.name)}]"


def _collection(value: Any, names: Names) -> Code:
    if isinstance(value, dict):
        pairs = [(f"{code_of(key, names)}: ", code_of(each, names)) for key, each in value.items()]
        return Bracketed("{", tuple(pairs), "}")
    items = [code_of(each, names) for each in _ordered(value)]
    if not value and not isinstance(value, list | tuple):
        return call(type(value).__name__)
    opening, closing = _DISPLAYS[set if isinstance(value, frozenset) else type(value)]
    display = Bracketed(opening, tuple(("", each) for each in items), closing)
    return call("frozenset", display) if isinstance(value, frozenset) else display


def _ordered(value: Any) -> list[Any]:
    """Return the items, those of a set in an order that is the same every time."""
    if not isinstance(value, set | frozenset):
        return list(value)
    try:
        return sorted(value)
    except TypeError:
        return sorted(value, key=lambda each: (type(each).__name__, str(each)))


def _object(value: Any, names: Names) -> Code:
    match value:
        case pathlib.PurePath():
            kind = pathlib.Path if isinstance(value, pathlib.Path) else type(value)
            return call(names(kind), quoted(str(value)))
        case decimal.Decimal() | uuid.UUID():
            return call(names(type(value)), quoted(str(value)))
        case fractions.Fraction():
            return call(names(type(value)), repr(value.numerator), repr(value.denominator))
        case dt.date() | dt.time() | dt.timedelta():
            return _moment(value, names)
    if type(value).__name__ == "Period":
        return call(names(type(value)), quoted(str(value)), freq=quoted(value.freqstr))
    raise Mismatch(f"is {_shown(value)}, which cannot be written into a cell")


def _moment(value: Any, names: Names) -> Code:
    name = names(type(value))
    if type(value).__name__ in ("Timestamp", "Timedelta"):  # pandas'
        zone = getattr(value, "tz", None)
        if isinstance(zone, zoneinfo.ZoneInfo):
            return call(name, quoted(str(value.tz_convert("UTC").tz_localize(None))), tz=quoted("UTC"))
        return call(name, quoted(str(value)))
    if isinstance(value, dt.timedelta):
        return call(name, **{unit: repr(amount) for unit, amount in _amounts(value) if amount})
    if isinstance(value, dt.datetime | dt.time) and value.tzinfo and not isinstance(value.tzinfo, zoneinfo.ZoneInfo):
        return call(f"{name}.fromisoformat", quoted(value.isoformat()))
    return _written_out(value, name, names)


def _written_out(value: dt.date | dt.time, name: str, names: Names) -> Code:
    parts = [getattr(value, each) for each in ("year", "month", "day") if hasattr(value, each)]
    named: dict[str, Code] = {}
    if isinstance(value, dt.datetime | dt.time):
        times = [value.hour, value.minute, value.second, value.microsecond]
        while len(times) > 2 and not times[-1]:
            times.pop()
        parts += times
        if value.tzinfo is not None:
            named["tzinfo"] = call(names(zoneinfo.ZoneInfo), quoted(str(value.tzinfo)))
        if value.fold:
            named["fold"] = "1"
    return call(name, *map(repr, parts), **named)


def _amounts(value: dt.timedelta) -> list[tuple[str, int]]:
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    named = {"days": value.days, "hours": hours, "minutes": minutes, "seconds": seconds}
    return [*named.items(), ("microseconds", value.microseconds)]


def _shown(value: Any) -> str:
    return f"a {type(value).__name__}"
