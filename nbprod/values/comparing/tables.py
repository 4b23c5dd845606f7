"""Frames, series and indexes: labels first, then dtypes, then the first row that differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.comparing.arrays import first_element
from nbprod.values.comparing.difference import Difference, Rules, brief
from nbprod.values.content.frames import extras_of
from nbprod.values.fingerprint import same_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import polars as pl


def compare_frames(rules: Rules, left: pd.DataFrame, right: pd.DataFrame, path: str) -> Difference | None:
    """The first difference between two pandas frames."""
    found = (
        _compare_labels(list(left.columns), list(right.columns), path)
        or compare_indexes(rules, left.columns, right.columns, f"{path}.columns")
        or _compare_rows(rules, left, right, path)
    )
    if found:
        return found
    for at, name in enumerate(left.columns):
        found = compare_columns(rules, left.iloc[:, at], right.iloc[:, at], f"{path}[{name!r}]")
        if found:
            return found
    return _compare_attributes(rules, left, right, path)


def compare_series(rules: Rules, left: pd.Series, right: pd.Series, path: str) -> Difference | None:
    """The first difference between two pandas series."""
    return (
        rules.first(left.name, right.name, f"{path}.name")
        or _compare_rows(rules, left, right, path)
        or compare_columns(rules, left, right, path)
        or _compare_attributes(rules, left, right, path)
    )


def compare_indexes(rules: Rules, left: pd.Index, right: pd.Index, path: str) -> Difference | None:
    """The first difference between two indexes: kind, names, length, values, frequency."""
    import pandas as pd

    if type(left) is not type(right):
        return Difference(path, type(left).__name__, type(right).__name__, "type")
    found = rules.first(list(left.names), list(right.names), f"{path}.names")
    if found or len(left) != len(right):
        return found or Difference(path, f"{len(left):,}", f"{len(right):,}", "length")
    if isinstance(left, pd.RangeIndex):
        return None if left.equals(right) else Difference(path, brief(left), brief(right), "value")
    for level in range(left.nlevels):
        a, b = (index.get_level_values(level).to_series().reset_index(drop=True) for index in (left, right))
        if found := compare_columns(rules, a, b, path):
            return found
    return rules.first(getattr(left, "freqstr", None), getattr(right, "freqstr", None), f"{path}.freq")


def _compare_labels(left: Sequence[object], right: Sequence[object], path: str) -> Difference | None:
    """Columns that only one side has, then their order."""
    if list(map(repr, left)) == list(map(repr, right)):
        return None
    missing = [name for name in left if name not in right]
    added = [name for name in right if name not in left]
    if missing or added:
        detail = ", ".join(
            words
            for words in (
                missing and f"only on the left: {brief(missing)}",
                added and f"only on the right: {brief(added)}",
            )
            if words
        )
        return Difference(path, f"{len(left)} columns", f"{len(right)} columns", "columns", detail)
    kind = "order" if len(left) == len(right) else "columns"
    return Difference(f"{path}.columns", brief(list(left)), brief(list(right)), kind)


def _compare_rows(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    """How many rows, and their labels."""
    if len(left) != len(right):
        return Difference(path, f"{len(left):,} rows", f"{len(right):,} rows", "length")
    found = compare_indexes(rules, left.index, right.index, f"{path}.index")
    return found and Difference(found.path, found.left, found.right, "index", _order_note(left.index, right.index))


def _order_note(left: pd.Index, right: pd.Index) -> str:
    try:
        same = left.sort_values().equals(right.sort_values())
    except TypeError:
        return ""
    return "the same labels in another order" if same and len(left) > 1 else ""


def _compare_attributes(rules: Rules, left: Any, right: Any, path: str) -> Difference | None:
    found = rules.first(left.attrs, right.attrs, f"{path}.attrs")
    found = found or rules.first(extras_of(left), extras_of(right), path)
    return found and Difference(found.path, found.left, found.right, "attributes")


def compare_columns(rules: Rules, left: pd.Series, right: pd.Series, path: str) -> Difference | None:
    """The first difference between two columns: dtype, then the first row."""
    import pandas as pd

    if left.dtype != right.dtype:
        if str(left.dtype) == str(right.dtype) == "category":
            return _compare_categories(rules, left, right, path)
        if rules.exact_types:
            return Difference(path, str(left.dtype), str(right.dtype), "dtype")
    if isinstance(left.dtype, pd.CategoricalDtype) and not left.cat.categories.equals(right.cat.categories):
        return _compare_categories(rules, left, right, path)

    if same_content(left.array, right.array):  # the fast way to find most columns equal
        return None

    def place(position: int) -> str:
        return f"{path}[{brief(left.index[position], 40)}]"

    return first_element(rules, _comparable(left), _comparable(right), place)


def _compare_categories(rules: Rules, left: pd.Series, right: pd.Series, path: str) -> Difference | None:
    ordered = rules.first(left.cat.ordered, right.cat.ordered, f"{path}.cat.ordered")
    found = ordered or compare_indexes(rules, left.cat.categories, right.cat.categories, f"{path}.cat.categories")
    return found and Difference(found.path, found.left, found.right, "dtype", found.detail)


def _comparable(column: pd.Series) -> Any:
    """The column as an array that compares fast where it can: numbers and dates as they are, the rest as objects."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return column.to_numpy()
    if isinstance(dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy()
    if isinstance(dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    if dtype.kind == "f" and hasattr(dtype, "numpy_dtype"):
        return column.to_numpy(dtype=float, na_value=float("nan"))
    return column.to_numpy(dtype=object)


def compare_polars_frames(rules: Rules, left: pl.DataFrame, right: pl.DataFrame, path: str) -> Difference | None:
    """The first difference between two polars frames."""
    found = _compare_labels(left.columns, right.columns, path)
    if found:
        return found
    if left.height != right.height:
        return Difference(path, f"{left.height:,} rows", f"{right.height:,} rows", "length")
    columns = zip(left.iter_columns(), right.iter_columns(), strict=True)
    pairs = (compare_polars_series(rules, a, b, f"{path}[{a.name!r}]") for a, b in columns)
    return next((found for found in pairs if found), None)


def compare_polars_series(rules: Rules, left: pl.Series, right: pl.Series, path: str) -> Difference | None:
    """The first difference between two polars series."""
    if left.dtype != right.dtype:
        return Difference(path, str(left.dtype), str(right.dtype), "dtype")
    if left.name != right.name or len(left) != len(right):
        kind = "columns" if left.name != right.name else "length"
        return Difference(path, f"{left.name!r}, {len(left):,}", f"{right.name!r}, {len(right):,}", kind)
    if left.equals(right, check_dtypes=True, null_equal=True):
        return None
    import numpy as np

    whole = left.dtype.is_numeric() and not left.null_count() and not right.null_count()
    a, b = (each.to_numpy() if whole else np.array([*each.to_list(), None], object)[:-1] for each in (left, right))
    return first_element(rules, a, b, lambda position: f"{path}[{position}]")
