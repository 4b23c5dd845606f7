"""Columns of a polars frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.model.record import ColumnSeen, FrameSeen
from nbprod.values.columns import rules

if TYPE_CHECKING:
    import polars as pl


def frame_seen(frame: pl.DataFrame) -> FrameSeen:
    """What generalises of the frame's columns."""
    return FrameSeen("polars", frame.height, tuple(column_seen(each) for each in frame.iter_columns()))


def column_seen(series: pl.Series) -> ColumnSeen:
    """What generalises of one column; NaN counts as missing, as it does in pandas."""
    kind = kind_of(series)
    present = series.drop_nulls()
    if kind == "float":
        present = present.drop_nans()
    low, high = _range(kind, present)
    numeric = kind in {"int", "float"}
    return ColumnSeen(
        name=series.name,
        dtype=str(series.dtype),
        kind=kind,
        nullable=len(present) < len(series),
        unique=_is_key(kind, series),
        values=_values(kind, present),
        sign=rules.sign_of(series.name, low, high, len(present)) if numeric else "",
        calendar=rules.calendar_of(series.name, low, high) if numeric and len(present) else None,
    )


def kind_of(series: pl.Series) -> str:
    """One of bool, int, float, str, datetime, timedelta, category, other."""
    import polars as pl

    dtype = series.dtype
    if dtype.is_integer():
        return "int"
    if dtype.is_float():
        return "float"
    kinds: dict[Any, str] = {
        pl.Boolean: "bool",
        pl.String: "str",
        pl.Datetime: "datetime",
        pl.Duration: "timedelta",
        pl.Categorical: "category",
        pl.Enum: "category",
    }
    return kinds.get(dtype.base_type(), "other")


def _range(kind: str, present: pl.Series) -> tuple[Any, Any]:
    if kind not in {"int", "float"} or not len(present):
        return 0, 0
    return present.min(), present.max()


def _is_key(kind: str, series: pl.Series) -> bool:
    enough = kind in {"int", "str"} and len(series) >= rules.ROWS_FOR_UNIQUE
    return enough and rules.names_a_key(series.name) and series.n_unique() == len(series)


def _values(kind: str, present: pl.Series) -> tuple[str | int | bool, ...] | None:
    import polars as pl

    if kind == "int" and _range(kind, present) == (0, 1) and rules.looks_closed(2, len(present)):
        return 0, 1
    if kind not in {"str", "category"}:
        return None
    if isinstance(present.dtype, pl.Enum):
        declared = tuple(present.dtype.categories.to_list())
        return declared if rules.looks_closed(len(declared), len(present)) else None
    found = present.cast(pl.String).unique()
    return tuple(sorted(found.to_list())) if rules.looks_closed(len(found), len(present)) else None
