"""Frames and series as parquet; what parquet alone would lose goes into the file's metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from nbprod.values.content.frames import extras_of
from nbprod.values.formats.format import (
    PANDAS_FRAMES,
    PANDAS_SERIES,
    POLARS_FRAMES,
    POLARS_SERIES,
    DoesNotFitError,
    Format,
    is_a,
)
from nbprod.values.formats.layout import laid_out, row_by_row
from nbprod.values.formats.plain import decoded, encoded

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

KEY = b"nbprod"
SERIES = "series"  # the column that holds a series


def fits(value: object) -> bool:
    """Whether it is a pandas or polars frame or series, and not of a class derived from them."""
    return type(value).__qualname__ in {"DataFrame", "Series"} and is_a(
        value, *PANDAS_FRAMES, *PANDAS_SERIES, *POLARS_FRAMES, *POLARS_SERIES
    )


def write(value: Any, path: Path) -> None:
    """Write the frame or series, with what is needed to bring it back."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table, facts = _polars_table(value) if is_a(value, *POLARS_FRAMES, *POLARS_SERIES) else _pandas_table(value)
    except (pa.ArrowException, TypeError, ValueError, KeyError, OverflowError) as error:
        raise DoesNotFitError(str(error)) from error
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: json.dumps(facts).encode()})
    try:
        pq.write_table(table, path)
    except pa.ArrowException as error:
        raise DoesNotFitError(str(error)) from error


def read(path: Path) -> Any:
    """Read what `write` wrote, or any other parquet file as a pandas frame."""
    import pyarrow.parquet as pq

    with path.open("rb") as stream:
        table = pq.read_table(stream)
    facts = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    if facts.get("library") == "polars":
        return _polars_value(table, facts)
    return _pandas_value(table, facts)


def _polars_table(value: Any) -> tuple[pa.Table, dict[str, Any]]:
    import polars as pl

    frame = value.to_frame() if isinstance(value, pl.Series) else value
    dtypes = [_polars_dtype(dtype) for dtype in frame.dtypes]
    facts = {"library": "polars", "kind": "series" if frame is not value else "frame", "dtypes": dtypes}
    plain = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)) if any(dtypes) else frame
    return plain.to_arrow(), facts


def _polars_dtype(dtype: Any) -> Any:
    """What arrow would lose of a column's type: a category or an enum's members; None for the others."""
    import polars as pl

    if isinstance(dtype, pl.Enum):
        return dtype.categories.to_list()
    return "category" if isinstance(dtype, pl.Categorical) else None


def _polars_value(table: pa.Table, facts: dict[str, Any]) -> Any:
    import polars as pl

    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    for name, dtype in zip(frame.columns, facts["dtypes"], strict=True):
        if dtype:
            kind = pl.Categorical() if dtype == "category" else pl.Enum(dtype)
            frame = frame.with_columns(pl.col(name).cast(kind))
    frame = frame.rechunk()
    return frame.to_series() if facts["kind"] == "series" else frame


def _pandas_table(value: Any) -> tuple[pa.Table, dict[str, Any]]:
    import pandas as pd
    import pyarrow as pa

    if extras_of(value):
        raise DoesNotFitError("attributes set on a frame")
    is_series = isinstance(value, pd.Series)
    frame = _as_frame(value) if is_series else value
    if not frame.columns.is_unique:
        raise DoesNotFitError("two columns of one name")
    facts: dict[str, Any] = {"library": "pandas", "kind": "series" if is_series else "frame"}
    if is_series:
        facts["name"] = _series_name(value)
    facts["objects"] = [_object_gap(frame.iloc[:, at]) for at in range(frame.shape[1])]
    if runs := row_by_row(frame):
        facts["row_by_row"] = runs
    facts["freq"] = getattr(frame.index, "freqstr", None)
    facts["unique_labels"] = not value.flags.allows_duplicate_labels
    facts["attrs"] = encoded(value.attrs)
    bare = frame.copy(deep=False)
    bare.attrs = {}
    return pa.Table.from_pandas(bare), facts


def _as_frame(series: pd.Series) -> pd.DataFrame:
    """The series as a frame of one column, with its index."""
    return series.to_frame(SERIES)


def _series_name(series: pd.Series) -> str | int | None:
    if series.name is None or type(series.name) in {str, int}:
        return cast("str | int | None", series.name)
    raise DoesNotFitError("a name that is neither text nor a number")


def _object_gap(column: pd.Series) -> str | None:
    """For a column of Python objects, what its gaps are: "none", "nan" or "" (no gaps); None for other columns."""
    if column.dtype != object:
        return None
    gaps = {type(each) for each in column[column.isna()]}
    if len(gaps) > 1 or not gaps <= {type(None), float}:
        raise DoesNotFitError("gaps of several kinds in one column")
    return "" if not gaps else "nan" if gaps == {float} else "none"


def _pandas_value(table: pa.Table, facts: dict[str, Any]) -> Any:
    frame = table.to_pandas()
    for at, gap in enumerate(facts.get("objects", ())):
        if gap is not None:
            frame = _with_objects(frame, at, gap)
    if "row_by_row" in facts:
        frame = laid_out(frame, facts["row_by_row"])
    if facts.get("freq"):
        frame.index.freq = facts["freq"]
    value = frame if facts.get("kind") != "series" else frame.iloc[:, 0].rename(facts["name"])
    if "attrs" in facts:
        value.attrs = decoded(facts["attrs"])
    return value.set_flags(allows_duplicate_labels=False) if facts.get("unique_labels") else value


def _with_objects(frame: pd.DataFrame, at: int, gap: str) -> pd.DataFrame:
    """The frame with the column at that position as Python objects, its gaps as they were."""
    column = frame.iloc[:, at].astype(object)
    if gap:
        column = column.where(column.notna(), float("nan") if gap == "nan" else None)
    frame.isetitem(at, cast("Any", column.astype(object)))
    return frame


PARQUET = Format("parquet", "parquet", fits, write, read)
