"""pandas frames, series, indexes and their arrays, by column; caches that reading fills don't count."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import xxhash

from nbprod.values.content.arrays import dtype_text, feed_buffers, feed_elements
from nbprod.values.content.arrow import feed_arrow
from nbprod.values.content.plain import feed_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from nbprod.values.content.walk import Sink, Walk


def handler_of(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    """What feeds values of this pandas type; None if nothing here knows it."""
    import pandas as pd

    handlers = (
        (pd.DataFrame, feed_frame),
        (pd.Series, feed_series),
        (pd.RangeIndex, feed_range_index),
        (pd.MultiIndex, feed_multi_index),
        (pd.Index, feed_index),
        (pd.api.extensions.ExtensionArray, _feed_column),
    )
    return next((handler for known, handler in handlers if issubclass(kind, known)), None)


def feed_frame(walk: Walk, sink: Sink, frame: pd.DataFrame) -> None:
    """A frame: labels, index, attributes, then each column by itself."""
    sink.update(f"{type(frame).__qualname__}{frame.shape}".encode())
    walk.feed(sink, frame.columns, ".columns")
    walk.feed(sink, frame.index, ".index")
    _feed_attributes(walk, sink, frame)
    for digest in _column_digests(walk, (column.array for _, column in frame.items())):
        sink.update(digest)


def feed_series(walk: Walk, sink: Sink, series: pd.Series) -> None:
    """A series: name, index, attributes, values."""
    sink.update(f"{type(series).__qualname__}{len(series)}".encode())
    walk.feed(sink, series.name, ".name")
    walk.feed(sink, series.index, ".index")
    _feed_attributes(walk, sink, series)
    _feed_column(walk, sink, series.array)


def feed_range_index(walk: Walk, sink: Sink, index: pd.RangeIndex) -> None:
    """A plain numbering: where it starts, stops and by what it steps."""
    sink.update(f"RangeIndex{index.start},{index.stop},{index.step}".encode())
    walk.feed(sink, index.name, ".name")


def feed_multi_index(walk: Walk, sink: Sink, index: pd.MultiIndex) -> None:
    """Several levels: each as its values; how the levels are coded doesn't count."""
    sink.update(f"MultiIndex{index.nlevels},{len(index)}".encode())
    walk.feed(sink, tuple(index.names), ".names")
    for level in range(index.nlevels):
        _feed_column(walk, sink, index.get_level_values(level).array)


def feed_index(walk: Walk, sink: Sink, index: pd.Index) -> None:
    """An index: name, frequency and values."""
    sink.update(f"{type(index).__qualname__}{len(index)}".encode())
    walk.feed(sink, index.name, ".name")
    walk.feed(sink, getattr(index, "freqstr", None))
    _feed_column(walk, sink, index.array)


def extras_of(value: Any) -> dict[str, Any]:
    """What was set on a frame or a series as a plain attribute: `df.source = …`, or a subclass's own metadata.

    >>> import pandas as pd
    >>> extras_of(pd.DataFrame())
    {}
    """
    kind = type(value)  # what the class has too is an accessor that it keeps at hand, such as `.str`
    own = {name: each for name, each in vars(value).items() if not name.startswith("_") and not hasattr(kind, name)}
    declared = [name for name in getattr(value, "_metadata", ()) if name not in {"name", "_name"}]
    return own | {name: getattr(value, name, None) for name in declared}


def _feed_attributes(walk: Walk, sink: Sink, value: pd.DataFrame | pd.Series) -> None:
    if value.attrs:
        walk.feed(sink, value.attrs, ".attrs")
    if not value.flags.allows_duplicate_labels:
        sink.update(b"unique labels")
    extras = extras_of(value)
    for name in sorted(extras):
        walk.feed(sink, name)
        walk.feed(sink, extras[name], f".{name}")


def _column_digests(walk: Walk, columns: Iterable[Any]) -> list[bytes]:
    """The digest of each column; plain numeric ones together, so that strided ones share their cache lines."""
    sinks = []
    plain: list[tuple[Sink, Any]] = []
    for column in columns:
        sink = xxhash.xxh3_128()
        sinks.append(sink)
        array = _plain_array(column)
        if array is None:
            _feed_column(walk, sink, column)
        else:
            sink.update(dtype_text(array.dtype).encode())
            plain.append((sink, array))
    feed_buffers([sink for sink, _ in plain], [array for _, array in plain])
    return [sink.digest() for sink in sinks]


def _plain_array(column: Any) -> Any:
    """The NumPy array behind a numeric column, or None."""
    import numpy as np
    import pandas as pd

    if not isinstance(column, pd.arrays.NumpyExtensionArray):
        return None
    array = column.to_numpy()
    return array if isinstance(array, np.ndarray) and not array.dtype.hasobject else None


def _feed_column(walk: Walk, sink: Sink, column: Any) -> None:
    """The values of one column: its dtype, then its buffers."""
    for known, feed in _column_handlers():
        if isinstance(column, known):
            feed(walk, sink, column)
            return
    sink.update(str(column.dtype).encode())
    feed_items(walk, sink, list(column))


@cache
def _column_handlers() -> tuple[tuple[Any, Callable[[Walk, Sink, Any], None]], ...]:
    import pandas as pd

    arrays = pd.arrays
    return (
        (arrays.NumpyExtensionArray, _feed_numpy),
        ((arrays.DatetimeArray, arrays.TimedeltaArray, arrays.PeriodArray), _feed_ticks),
        (pd.Categorical, _feed_categorical),
        ((arrays.ArrowStringArray, arrays.StringArray), _feed_strings),
        (arrays.ArrowExtensionArray, _feed_arrow_column),
        (arrays.IntervalArray, _feed_intervals),
        (arrays.SparseArray, _feed_sparse),
        ((arrays.IntegerArray, arrays.FloatingArray, arrays.BooleanArray), _feed_masked),
    )


def _feed_numpy(walk: Walk, sink: Sink, column: Any) -> None:
    array = column.to_numpy()
    sink.update(dtype_text(array.dtype).encode())
    feed_elements(walk, sink, array)


def _feed_ticks(_walk: Walk, sink: Sink, column: Any) -> None:
    sink.update(str(column.dtype).encode())
    feed_buffers([sink], [column.asi8])


def _feed_categorical(walk: Walk, sink: Sink, column: Any) -> None:
    sink.update(b"ordered" if column.ordered else b"category")
    _feed_column(walk, sink, column.categories.array)
    feed_buffers([sink], [column.codes])


def _feed_strings(walk: Walk, sink: Sink, column: Any) -> None:
    import pyarrow as pa

    sink.update(f"{column.dtype},{column.dtype.na_value!r}".encode())
    feed_arrow(walk, sink, pa.array(column, type=pa.large_string(), from_pandas=True))


def _feed_arrow_column(walk: Walk, sink: Sink, column: Any) -> None:
    import pyarrow as pa

    sink.update(str(column.dtype).encode())
    feed_arrow(walk, sink, pa.chunked_array(column.__arrow_array__()))


def _feed_intervals(walk: Walk, sink: Sink, column: Any) -> None:
    sink.update(str(column.dtype).encode())
    _feed_column(walk, sink, column.left.array)
    _feed_column(walk, sink, column.right.array)


def _feed_sparse(walk: Walk, sink: Sink, column: Any) -> None:
    sink.update(f"{column.dtype},{len(column)}".encode())
    walk.feed(sink, column.fill_value)
    walk.feed(sink, column.sp_values)
    walk.feed(sink, column.sp_index.to_int_index().indices)


def _feed_masked(_walk: Walk, sink: Sink, column: Any) -> None:
    sink.update(str(column.dtype).encode())
    missing = column.isna()
    filler = False if column.dtype.kind == "b" else 0
    feed_buffers([sink, sink], [missing, column.to_numpy(dtype=column.dtype.numpy_dtype, na_value=filler)])
