"""What is said of a value that does not fit."""

from __future__ import annotations

import typing
from typing import Any

from nbprod.run.parameters.text import Text


class Mismatch(ValueError):
    """The value is not what the annotation wants; the text says what it wants."""


class Unknown(Exception):
    """What a name stands for cannot be told; the text says why."""


def mismatch(value: Any, wanted: Any, near: str = "") -> Mismatch:
    """Return what is to be raised.

    >>> mismatch("30", int), mismatch(Text("x"), int | None)
    (Mismatch("is '30' (str), but int is wanted"), Mismatch("is 'x', but int | None is wanted"))
    """
    return Mismatch(f"is {_given(value)}, but {name_of(wanted)} is wanted{f' ({near})' if near else ''}")


def name_of(wanted: Any) -> str:
    """Return the type as people write it.

    >>> name_of(list[int]), name_of(typing.Literal["a"])
    ('list[int]', "Literal['a']")
    """
    plain = isinstance(wanted, type) and not typing.get_args(wanted)
    return str(wanted.__name__) if plain else str(wanted).replace("typing.", "").replace("NoneType", "None")


def _given(value: Any) -> str:
    if value is None:
        return "None"
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    return shown if isinstance(value, Text) else f"{shown} ({type(value).__name__})"
