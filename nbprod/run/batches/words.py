"""What is typed for a batch: `name=value` and `name=a,b,c`. All of it is text, whose type the notebook decides."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import TYPE_CHECKING

from nbprod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPENING, CLOSING, QUOTES = "([{", ")]}", "\"'"
WHOLE = re.compile(r"(-?\d+)\.\.(-?\d+)")
DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
MOST = 1_000_000


def single(words: Iterable[str], option: str) -> dict[str, str]:
    """Return the values of `name=value` words.

    >>> single(["day=2026-11-23", "query=a = 1"], "-p")
    {'day': '2026-11-23', 'query': 'a = 1'}
    """
    return dict(_pairs(words, option))


def several(words: Iterable[str], option: str) -> dict[str, tuple[str, ...]]:
    """Return the values of `name=a,b,c` words; commas within brackets or quotes part nothing.

    `1..5` and `2026-01-01..2026-12-31` are all numbers or days from the first to the last.

    >>> several(["city='New York, NY',Boston", "columns=[a, b],[c]", "seed=1..3"], "--grid")
    {'city': ('New York, NY', 'Boston'), 'columns': ('[a, b]', '[c]'), 'seed': ('1', '2', '3')}
    """
    pairs = _pairs(words, option)
    return {name: tuple(each for part in parted(text) for each in _spread(part)) for name, text in pairs}


def _pairs(words: Iterable[str], option: str) -> Iterator[tuple[str, str]]:
    seen = set()
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(f"{option} {word}: that is no NAME=VALUE", hint=f"Write {option} {_example(option)}.")
        if name.strip() in seen:
            raise UsageError(f"{option} gives {name.strip()} twice", hint="Leave one away.")
        seen.add(name.strip())
        yield name.strip(), text


def _example(option: str) -> str:
    return "strength=0.5" if option == "-p" else "strength=0.1,0.5,1"


def parted(text: str) -> list[str]:
    """Return what the commas part; what stands in quotes as a whole comes without them.

    >>> parted("a, b"), parted(""), parted("{x: 1, y: 2}")
    (['a', 'b'], [], ['{x: 1, y: 2}'])
    """
    if not text.strip():
        return []
    ends = [-1, *_commas(text), len(text)]
    return [_unquoted(text[start + 1 : end].strip()) for start, end in itertools.pairwise(ends)]


def _commas(text: str) -> Iterator[int]:
    depth, quote = 0, ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in QUOTES and _begins(text[:at]):
            quote = sign
        elif sign in OPENING:
            depth += 1
        elif sign in CLOSING:
            depth = max(depth - 1, 0)
        elif sign == "," and not depth:
            yield at


def _begins(before: str) -> bool:
    """Whether a value begins here: the apostrophe of "it's" opens nothing."""
    return not before.strip() or before.rstrip()[-1] in ",:" + OPENING


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] in QUOTES and text[-1] == text[0] else text


def _spread(text: str) -> Iterator[str]:
    if found := WHOLE.fullmatch(text):
        first, last = int(found[1]), int(found[2])
        _refuse_endless(text, last - first)
        yield from map(str, range(first, last + 1))
    elif found := DAYS.fullmatch(text):
        first, last = (_day(each).toordinal() for each in found.groups())
        yield from (dt.date.fromordinal(day).isoformat() for day in range(first, last + 1))
    else:
        yield text


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text} is no day: {error}", hint="Write it as 2026-12-31.") from error


def _refuse_endless(text: str, length: int) -> None:
    if length >= MOST:
        raise UsageError(f"{text} is more than a million values", hint="Make several batches of it.")
