"""The first difference between two values, and the rules by which numbers are equal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two values first differ and how.

    `path` leads from the value to the part: "['late'][17]" is row 17 of column late. `kind` is one of type, dtype,
    shape, length, columns, index, order, keys, value, pixels, attributes, content. `detail` may say how many differ.
    """

    path: str
    left: str
    right: str
    kind: str
    detail: str = ""

    def __str__(self) -> str:
        """One line: where, what on each side, and how many."""
        where = f"{self.path or 'the value'} ({self.kind})"
        return f"{where}: {self.left} against {self.right}" + (f"; {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Rules:
    """When two parts count as equal, and `first`, which compares any two parts."""

    rtol: float
    atol: float
    exact_types: bool
    first: Callable[[Any, Any, str], Difference | None]

    @property
    def exact(self) -> bool:
        """Whether numbers have to be equal to the last bit."""
        return not self.rtol and not self.atol

    def same_number(self, left: complex, right: complex) -> bool:
        """Whether two numbers are equal, NaN to NaN too, or within the tolerance."""
        if left == right or (left != left and right != right):  # noqa: PLR0124 - only NaN differs from itself
            return True
        if self.exact or isinstance(left, complex) or isinstance(right, complex):
            return False
        return math.isfinite(left) and math.isfinite(right) and abs(left - right) <= self.atol + self.rtol * abs(right)


def brief(value: object, limit: int = 60) -> str:
    """Return a repr of bounded length on one line.

    >>> brief([1] * 100, 12)
    '[1, 1, 1, 1…'
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a repr is anybody's code, and must not hide the difference
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def counted(wrong: int, total: int) -> str:
    """How many of how many differ; "" where there is only one.

    >>> counted(2, 1000)
    '2 of 1,000 values differ'
    """
    return f"{wrong:,} of {total:,} values differ" if total > 1 else ""
