"""Columns of a pandas frame, looked at all at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbprod.model.record import ColumnSeen, FrameSeen
from nbprod.values.columns import rules

if TYPE_CHECKING:
    import pandas as pd


def frame_seen(frame: pd.DataFrame) -> FrameSeen:
    """What generalises of the frame's columns, and of its index unless that is a plain numbering."""
    import pandas as pd

    columns = tuple(_labelled(name, column) for name, column in frame.items())
    index: tuple[ColumnSeen, ...] = ()
    if isinstance(frame.index, pd.MultiIndex):
        levels = range(frame.index.nlevels)
        index = tuple(_level_seen(frame.index.names[at], frame.index.get_level_values(at)) for at in levels)
    elif not isinstance(frame.index, pd.RangeIndex):
        index = (_level_seen(frame.index.name, frame.index, alone=True),)
    return FrameSeen("pandas", len(frame), columns, index)


def _labelled(label: Any, column: pd.Series) -> ColumnSeen:
    seen = column_seen(str(label), column)
    return seen if isinstance(label, str) else replace(seen, label=repr(label))


def _level_seen(name: Any, index: pd.Index, *, alone: bool = False) -> ColumnSeen:
    label = "" if name is None else str(name)
    return column_seen(label, index.to_series().reset_index(drop=True), is_index=alone)


def column_seen(name: str, column: pd.Series, *, is_index: bool = False) -> ColumnSeen:
    """What generalises of one column."""
    kind = kind_of(column)
    present = column.dropna()
    low, high = _range(kind, present)
    return ColumnSeen(
        name=name,
        dtype=_dtype_name(column.dtype),
        kind=kind,
        nullable=len(present) < len(column),
        unique=_is_key(name, kind, column, is_index=is_index),
        values=_values(kind, present),
        sign=rules.sign_of(name, low, high, len(present)) if kind in {"int", "float"} else "",
        calendar=rules.calendar_of(name, low, high) if kind in {"int", "float"} and len(present) else None,
    )


def _dtype_name(dtype: Any) -> str:
    """The dtype's own name, and of texts that aren't stored as usual, how they are."""
    import pandas as pd

    unusual = isinstance(dtype, pd.StringDtype) and str(dtype) == "string" and dtype != pd.StringDtype()
    return f"string({dtype.storage})" if unusual else str(dtype)


def kind_of(column: pd.Series) -> str:
    """One of bool, int, float, str, datetime, timedelta, category, other; texts are "str" in pandas 2 as in 3."""
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    types = pd.api.types
    tests = (
        ("bool", types.is_bool_dtype),
        ("int", types.is_integer_dtype),
        ("float", types.is_float_dtype),
        ("datetime", types.is_datetime64_any_dtype),
        ("timedelta", types.is_timedelta64_dtype),
    )
    for kind, test in tests:
        if test(dtype):
            return kind
    if types.is_object_dtype(dtype):
        inferred = types.infer_dtype(column, skipna=True)
        return {"string": "str", "boolean": "bool"}.get(inferred, "other")
    return "str" if types.is_string_dtype(dtype) else "other"


def _range(kind: str, present: pd.Series) -> tuple[float, float]:
    if kind not in {"int", "float"} or not len(present):
        return 0, 0
    return present.min(), present.max()


def _is_key(name: str, kind: str, column: pd.Series, *, is_index: bool) -> bool:
    if kind not in {"int", "str"} or len(column) < rules.ROWS_FOR_UNIQUE:
        return False
    return (is_index or rules.names_a_key(name)) and bool(column.is_unique)


def _values(kind: str, present: pd.Series) -> tuple[str | int | bool, ...] | None:
    """The closed set of categories: all declared ones, or those seen where that is probably all."""
    if kind == "category":
        return _categories(present)
    if kind == "int" and _range(kind, present) == (0, 1) and rules.looks_closed(2, len(present)):
        return 0, 1
    if kind != "str":
        return None
    # A few rows that already differ much spare the count of all.
    head = present.iloc[:: max(1, len(present) // 1000)]
    if head.nunique() > rules.MOST_VALUES:
        return None
    found = present.unique()
    return tuple(sorted(map(str, found))) if rules.looks_closed(len(found), len(present)) else None


def _categories(present: pd.Series) -> tuple[str | int | bool, ...] | None:
    declared = present.cat.categories.tolist()
    fits = all(isinstance(each, str | int) for each in declared)
    return tuple(declared) if fits and rules.looks_closed(len(declared), len(present)) else None
