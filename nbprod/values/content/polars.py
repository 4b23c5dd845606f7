"""polars frames and series, by the Arrow buffers of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.content.arrow import feed_arrow
from nbprod.values.content.plain import feed_items

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from nbprod.values.content.walk import Sink, Walk


def handler_of(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    """What feeds values of this polars type; None if nothing here knows it."""
    import polars as pl

    if issubclass(kind, pl.DataFrame):
        return feed_frame
    return feed_series if issubclass(kind, pl.Series) else None


def feed_frame(walk: Walk, sink: Sink, frame: pl.DataFrame) -> None:
    """A frame: its shape, then each column."""
    sink.update(f"polars{frame.shape}".encode())
    for series in frame.iter_columns():
        feed_series(walk, sink, series)


def feed_series(walk: Walk, sink: Sink, series: pl.Series) -> None:
    """A series: name, dtype, values."""
    import polars as pl

    sink.update(f"polars{series.dtype}".encode())
    walk.feed(sink, series.name)
    if series.dtype == pl.Object:
        feed_items(walk, sink, series.to_list())
        return
    if series.dtype in {pl.Categorical, pl.Enum}:
        series = series.cast(pl.String)
    feed_arrow(walk, sink, series.to_arrow())
