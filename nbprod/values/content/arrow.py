"""Arrow arrays, by their buffers: chunks, offsets and what lies under nulls don't count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.content.arrays import feed_buffers
from nbprod.values.content.plain import feed_items

if TYPE_CHECKING:
    from nbprod.values.content.walk import Sink, Walk


def feed_arrow(walk: Walk, sink: Sink, array: Any) -> None:
    """An array or a chunked array: length, nulls, then its values by the layout of its type."""
    import pyarrow as pa

    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # older pyarrow keeps an empty or too large one in chunks
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    sink.update(b"arrow%d,%d;" % (len(array), array.null_count))
    if array.null_count:
        feed_buffers([sink], [array.is_null().to_numpy(zero_copy_only=False)])
    _feed_values(walk, sink, array)


def _feed_values(walk: Walk, sink: Sink, array: Any) -> None:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_null(kind):
        return
    if pa.types.is_dictionary(kind):
        feed_arrow(walk, sink, array.dictionary_decode())
    elif pa.types.is_struct(kind):
        for field, part in zip(kind, array.flatten(), strict=True):
            walk.feed(sink, field.name)
            feed_arrow(walk, sink, part)
    elif _is_text(kind):
        _feed_text(sink, array)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        feed_buffers([sink], [array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype("int64")])
        feed_arrow(walk, sink, array.flatten())
    elif pa.types.is_boolean(kind):
        feed_buffers([sink], [array.fill_null(False).to_numpy(zero_copy_only=False)])  # noqa: FBT003 - pyarrow's API
    elif hasattr(kind, "bit_width") and not pa.types.is_nested(kind):
        _feed_fixed(sink, array, kind.bit_width // 8)
    else:
        feed_items(walk, sink, array.to_pylist())


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    names = ("is_string", "is_large_string", "is_binary", "is_large_binary", "is_string_view", "is_binary_view")
    return any(test(kind) for name in names if (test := getattr(pa.types, name, None)))


def _feed_text(sink: Sink, array: Any) -> None:
    import numpy as np
    import pyarrow as pa

    if array.null_count:
        array = array.fill_null("" if "string" in str(array.type) else b"")
    if "view" in str(array.type):
        array = array.cast(pa.large_string() if "string" in str(array.type) else pa.large_binary())
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if not len(array) or offsets is None:
        return
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)[array.offset : array.offset + len(array) + 1]
    feed_buffers([sink], [np.diff(ends).astype(np.int64, copy=False)])
    if data is not None:
        sink.update(memoryview(data)[int(ends[0]) : int(ends[-1])])


def _feed_fixed(sink: Sink, array: Any, width: int) -> None:
    import numpy as np

    data = array.buffers()[1]
    if data is None or not len(array):
        return
    cells = np.frombuffer(data, np.uint8)[array.offset * width : (array.offset + len(array)) * width]
    if array.null_count:
        cells = cells.reshape(-1, width).copy()
        cells[array.is_null().to_numpy(zero_copy_only=False)] = 0
    feed_buffers([sink], [cells])
