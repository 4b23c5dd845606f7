"""The nearest name to a mistyped one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known word, or "" when none is near.

    >>> did_you_mean("flights.claen", ["flights.load", "flights.clean"])
    'Did you mean flights.clean?'
    >>> did_you_mean("x", ["flights.load"])
    ''
    """
    near = get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
