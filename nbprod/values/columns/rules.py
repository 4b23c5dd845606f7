"""What makes a fact of a sample a fact of the column, for pandas and polars alike."""

from __future__ import annotations

import re

MOST_VALUES = 12  # a larger set of categories is probably open
ROWS_A_VALUE = 20  # fewer rows for each category prove little
ROWS_FOR_UNIQUE = 20
ROWS_FOR_SIGN = 20

CALENDAR = {
    "month": ((1, 12),),
    "day": ((1, 31),),
    "hour": ((0, 23), (0, 24)),
    "minute": ((0, 59),),
    "second": ((0, 59),),
    "weekday": ((0, 6), (1, 7)),
    "dayofweek": ((0, 6), (1, 7)),
    "quarter": ((1, 4),),
    "week": ((1, 52), (1, 53)),
    "dayofyear": ((1, 365), (1, 366)),
    "yday": ((1, 365), (1, 366)),
    "wday": ((0, 6), (1, 7)),
    "dow": ((0, 6), (1, 7)),
}
KEY_WORDS = {"id", "ids", "key", "code", "uuid", "guid", "pk", "hash", "sku", "isbn", "ean", "index", "number", "no"}
KEY_NAMES = {"faa", "iata", "icao", "tailnum", "ssn", "email", "url"}


def words_of(name: str) -> list[str]:
    """The words of a column's name, in lower case.

    >>> words_of("flightId"), words_of("day_of_week")
    (['flight', 'id'], ['day', 'of', 'week'])
    """
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def names_a_key(name: str) -> bool:
    """Whether a column's name says that it tells rows apart.

    >>> names_a_key("customer_id"), names_a_key("idle_minutes")
    (True, False)
    """
    words = words_of(name)
    return bool(words) and (words[-1] in KEY_WORDS or words[0] in {"id", "uuid"} or name.lower() in KEY_NAMES)


def calendar_of(name: str, low: float, high: float) -> tuple[int, int] | None:
    """The bounds that the name promises and the values fill exactly.

    >>> calendar_of("dep_month", 1, 12), calendar_of("month", 1, 6)
    ((1, 12), None)
    """
    return next((bounds for bounds in _promised(name) if bounds == (low, high)), None)


def _promised(name: str) -> tuple[tuple[int, int], ...]:
    """The bounds that a column of that name may have."""
    words = words_of(name)
    candidates = ("".join(words), "".join(words[-3:]), *words[-1:])
    return next((CALENDAR[known] for known in candidates if known in CALENDAR), ())


def looks_closed(distinct: int, rows: int) -> bool:
    """Whether so few values in so many rows are probably all that there are.

    >>> looks_closed(3, 60), looks_closed(3, 59)
    (True, False)
    """
    return 0 < distinct <= MOST_VALUES and rows >= ROWS_A_VALUE * distinct


def sign_of(name: str, low: float, high: float, rows: int) -> str:
    """The sign that all values have, if there are enough of them to believe it, and the name allows no other.

    >>> sign_of("age", 1, 9, 100), sign_of("hour", 1, 9, 100), sign_of("gain", -1, 9, 100)
    ('positive', 'nonnegative', '')
    """
    if rows < ROWS_FOR_SIGN or (low == high == 0):
        return ""
    if low >= 0:
        may_be_zero = any(bounds[0] == 0 for bounds in _promised(name))
        return "positive" if low > 0 and not may_be_zero else "nonnegative"
    if high <= 0:
        return "negative" if high < 0 else "nonpositive"
    return ""
