"""What is worth knowing of a value at a step's border: type, shape, size, fingerprint, and a frame's columns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from nbprod.model.record import FrameSeen, ValueSeen
from nbprod.values.fingerprint import fingerprint
from nbprod.values.formats.format import PANDAS_FRAMES, PANDAS_SERIES, POLARS_FRAMES, is_a
from nbprod.values.types import public_name

if TYPE_CHECKING:
    from collections.abc import Iterable


def describe(name: str, value: object) -> ValueSeen:
    """Return what was seen of the value, its fingerprint included; how it is stored is not tried here.

    >>> describe("rows", [1, 2, 3]).summary
    '3 values'
    """
    seen = fingerprint(value, name)
    shape = shape_of(value)
    kind: type = type(value)
    return ValueSeen(
        name=name,
        type=public_name(kind),
        shape=shape,
        size=size_of(value),
        fingerprint=seen.digest,
        unfingerprinted=seen.why,
        frame=frame_seen(value),
        summary=summary(value, shape),
        items=items_of(value),
    )


def items_of(value: object) -> tuple[str, ...]:
    """What a list, set or tuple holds, or a dict's keys and values: their class, "" if they are of several or none.

    >>> items_of(["a", "b"]), items_of({"auc": 0.7, "n": 12}), items_of([1, "a"]), items_of(12)
    (('str',), ('str', 'float'), ('',), ())
    """
    if isinstance(value, dict):
        return _common(value.keys()), _common(value.values())
    return (_common(value),) if isinstance(value, list | tuple | set | frozenset) else ()


def _common(values: Iterable[object]) -> str:
    kinds = {*map(type, values)}
    if kinds == {int, float}:
        return "float"  # as type checkers have it: an int will do
    return public_name(kinds.pop()) if len(kinds) == 1 else ""


def shape_of(value: Any) -> tuple[int, ...]:
    """Rows and columns, or the length, or nothing.

    >>> shape_of("text"), shape_of([1, 2])
    ((), (2,))
    """
    shape = told(value, "shape")
    if isinstance(shape, tuple) and all(isinstance(each, int) for each in shape):
        return tuple(map(int, shape))
    return (len(value),) if isinstance(value, list | tuple | dict | set | frozenset | range) else ()


def told(value: Any, name: str) -> Any:
    """An attribute; None where the value has none, or can't tell: dask's frames have `nbytes` only to refuse it."""
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001  (a value's own code can raise anything)
        return None


def size_of(value: Any) -> int:
    """Bytes in memory; what a container or an object refers to is counted for frames and arrays only."""
    if is_a(value, *PANDAS_FRAMES):
        return int(value.memory_usage(index=True).sum())
    if is_a(value, *PANDAS_SERIES):
        return int(value.memory_usage(index=True))
    if is_a(value, *POLARS_FRAMES):
        return int(value.estimated_size())
    nbytes = told(value, "nbytes")
    return nbytes if isinstance(nbytes, int) else sys.getsizeof(value)


def summary(value: Any, shape: tuple[int, ...]) -> str:
    """A few words for people: "327,346 × 20", "6 values", "Pipeline", or a short value itself.

    >>> summary({"auc": 0.7}, (1,)), summary(0.25, ())
    ('1 value', '0.25')
    """
    if isinstance(value, dict | list | tuple | set | frozenset | range):
        return f"{len(value):,} value" + ("" if len(value) == 1 else "s")
    if len(shape) == 1 and not isinstance(value, type):
        return f"{shape[0]:,} values" if shape[0] != 1 else "1 value"
    if shape:
        return " × ".join(f"{each:,}" for each in shape)
    if value is None or isinstance(value, bool | int | float | str) or is_a(value, "numpy.generic"):
        return _short(str(value))
    return type(value).__name__


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def frame_seen(value: Any) -> FrameSeen | None:
    """The columns of a pandas or polars frame; None for anything else."""
    if is_a(value, *PANDAS_FRAMES):
        from nbprod.values.columns.pandas import frame_seen as pandas_frame_seen

        return pandas_frame_seen(value)
    if is_a(value, *POLARS_FRAMES):
        from nbprod.values.columns.polars import frame_seen as polars_frame_seen

        return polars_frame_seen(value)
    return None
