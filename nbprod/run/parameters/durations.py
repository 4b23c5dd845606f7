"""How long something takes, as text."""

from __future__ import annotations

import datetime as dt
import re

_CLOCK = re.compile(
    r"(?:(?P<days>[+-]?\d+) days?,?\s*|(?P<sign>[+-]))?"
    r"(?P<hours>\d+):(?P<minutes>\d\d)(?::(?P<seconds>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?"
)
_UNITS = {
    "w": "weeks", "week": "weeks", "d": "days", "day": "days", "h": "hours", "hour": "hours", "m": "minutes",
    "min": "minutes", "minute": "minutes", "s": "seconds", "sec": "seconds", "second": "seconds",
    "ms": "milliseconds", "us": "microseconds", "µs": "microseconds",
}  # fmt: skip
_AMOUNT = re.compile(r"\s*(?P<number>-?\d+(?:\.\d+)?)\s*(?P<unit>[a-zµ]+)[\s,]*")
_ISO = re.compile(r"(?P<sign>-)?P(?P<date>(?:\d+[WD])*)(?:T(?P<time>(?:\d+(?:\.\d+)?[HMS])+))?")
_ISO_PART = re.compile(r"([\d.]+)([WDHMS])")


def parsed(text: str) -> dt.timedelta:
    """Return the duration that the text says: as Python prints it, with units, or as in ISO 8601; ValueError if none.

    >>> [str(parsed(each)) for each in ("1 day, 2:00:00", "90min", "1d 12h", "PT1H30M", "0:00:01.5")]
    ['1 day, 2:00:00', '1:30:00', '1 day, 12:00:00', '1:30:00', '0:00:01.500000']
    """
    text = text.strip()
    if found := _CLOCK.fullmatch(text):
        return _clock(found)
    if (found := _ISO.fullmatch(text)) and text[-1] not in "PT":
        whole = sum((_iso(*each) for each in _ISO_PART.findall(text)), dt.timedelta())
        return -whole if found["sign"] else whole
    return _amounts(text)


def _clock(found: re.Match[str]) -> dt.timedelta:
    time = dt.timedelta(
        hours=int(found["hours"]),
        minutes=int(found["minutes"]),
        seconds=int(found["seconds"] or 0),
        microseconds=int((found["fraction"] or "0").ljust(6, "0")),
    )
    return (-time if found["sign"] == "-" else time) + dt.timedelta(days=int(found["days"] or 0))


def _iso(number: str, unit: str) -> dt.timedelta:
    names = {"W": "weeks", "D": "days", "H": "hours", "M": "minutes", "S": "seconds"}
    return dt.timedelta(**{names[unit]: float(number)})


def _amounts(text: str) -> dt.timedelta:
    whole, place = dt.timedelta(), 0
    while found := _AMOUNT.match(text, place):
        unit = found["unit"] if found["unit"] in _UNITS else found["unit"].removesuffix("s")
        if unit not in _UNITS:
            raise ValueError(f"{found['unit']} is no unit of time")
        whole += dt.timedelta(**{_UNITS[unit]: float(found["number"])})
        place = found.end()
    if place != len(text) or not text:
        raise ValueError(f"{text} is no duration")
    return whole
