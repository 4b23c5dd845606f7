"""Numbers that are too long to be written."""

from __future__ import annotations

_LONGEST = 10_000  # bits; Python writes out 4,300 digits


def is_endless(value: object) -> bool:
    """Whether it is an integer that Python would not write out, as there are more digits than it converts.

    >>> is_endless(10**3000), is_endless(10**4400), is_endless("1")
    (False, True, False)
    """
    return isinstance(value, int) and value.bit_length() > _LONGEST
