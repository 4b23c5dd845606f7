"""What is said of a value that does not fit."""

from __future__ import annotations

import types
import typing
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nbprod.run.parameters.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mismatch(ValueError):
    """The value is not what the annotation wants; the text says what it wants, `at` which part of the value is not."""

    at = ""


@contextmanager
def within(part: object) -> Iterator[None]:
    """Say of a mismatch in the block that it is one of that item, or of what stands at that key."""
    try:
        yield
    except Mismatch as fault:
        fault.at = f"[{part!r}]{fault.at}"
        raise


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

    >>> name_of(list[int]), name_of(typing.Literal["a"]), name_of(typing.Optional[typing.Any])
    ('list[int]', "Literal['a']", 'Any | None')
    """
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(name_of, inner))
    if origin is not None and inner:
        return f"{name_of(origin)}[{', '.join(map(name_of, inner))}]"
    if wanted in (None, types.NoneType, ...):
        return "..." if wanted is ... else "None"
    return str(getattr(wanted, "__name__", wanted)).replace("typing.", "")


def _given(value: Any) -> str:
    if value is None:
        return "None"
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
    return shown if isinstance(value, Text) else f"{shown} ({type(value).__name__})"
