"""NumPy arrays and SciPy's sparse ones, by their buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.content.plain import feed_items

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from nbprod.values.content.walk import Sink, Walk

CHUNK = 1 << 18  # bytes copied at a time where memory isn't contiguous: it fits a core's cache


def handler_of(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    """What feeds values of this NumPy or SciPy type; None if nothing here knows it."""
    import numpy as np

    if issubclass(kind, np.ma.MaskedArray):
        return feed_masked
    if issubclass(kind, np.ndarray):
        return feed_array
    if issubclass(kind, np.generic):
        return feed_scalar
    return feed_sparse if _is_sparse(kind) else None


def _is_sparse(kind: type) -> bool:
    return str(kind.__module__).startswith("scipy.sparse") and hasattr(kind, "tocoo")


def feed_array(walk: Walk, sink: Sink, array: NDArray[Any]) -> None:
    """An array: its type, dtype, shape and elements; and what was set on it, for a subclass allows that."""
    import numpy as np

    kind = "ndarray" if type(array) in {np.ndarray, np.memmap} else f"{type(array).__qualname__}"
    sink.update(f"{kind}{dtype_text(array.dtype)}{array.shape}".encode())
    feed_elements(walk, sink, array.view(np.ndarray))
    extras = {} if isinstance(array, np.memmap) else getattr(array, "__dict__", {})
    for name in sorted(extras):
        walk.feed(sink, name)
        walk.feed(sink, extras[name], f".{name}")


def feed_scalar(walk: Walk, sink: Sink, value: np.generic) -> None:
    """A NumPy number: its dtype and bytes."""
    import numpy as np

    sink.update(f"scalar{dtype_text(value.dtype)}".encode())
    feed_elements(walk, sink, np.asarray(value))


def feed_masked(walk: Walk, sink: Sink, array: np.ma.MaskedArray[Any, Any]) -> None:
    """A masked array: what the mask hides doesn't count."""
    import numpy as np

    mask = np.ma.getmaskarray(array)
    sink.update(f"masked{dtype_text(array.dtype)}{array.shape}".encode())
    walk.feed(sink, mask)
    walk.feed(sink, np.ma.getdata(array)[~mask] if not array.dtype.names else array.filled())
    walk.feed(sink, np.asarray(array.fill_value))


def feed_sparse(walk: Walk, sink: Sink, matrix: Any) -> None:
    """A sparse matrix: its layout and the arrays that it is made of."""
    sink.update(f"{type(matrix).__qualname__}{matrix.shape}{matrix.dtype.str}".encode())
    parts = vars(matrix)
    for name in sorted(
        parts.keys() & {"data", "indices", "indptr", "row", "col", "coords", "offsets", "rows", "_dict"}
    ):
        walk.feed(sink, name)
        walk.feed(sink, parts[name], f".{name}")


def dtype_text(dtype: np.dtype[Any]) -> str:
    """A dtype in words that leave out padding and offsets.

    >>> import numpy as np
    >>> dtype_text(np.dtype([("a", "i1"), ("b", "f8")], align=True))
    '{a:|i1,b:<f8}'
    """
    if dtype.subdtype is not None:
        return f"{dtype_text(dtype.subdtype[0])}{dtype.subdtype[1]}"
    if not dtype.names or dtype.fields is None:
        return str(dtype) if dtype.kind == "T" else dtype.str
    return "{" + ",".join(f"{name}:{dtype_text(dtype.fields[name][0])}" for name in dtype.names) + "}"


def feed_elements(walk: Walk, sink: Sink, array: NDArray[Any]) -> None:
    """The elements, field by field where there are fields: the bytes between them are garbage."""
    if array.dtype.names:
        for name in array.dtype.names:
            feed_elements(walk, sink, array[name])
    elif array.dtype.hasobject:
        feed_items(walk, sink, array.ravel().tolist())
    else:
        feed_buffers([sink], [array])


def feed_buffers(sinks: Sequence[Sink], arrays: Sequence[NDArray[Any]]) -> None:
    """Each array's bytes, as if it were contiguous, to its own sink.

    Strided arrays of one length go side by side, piece by piece: columns of one row-wise table share cache lines.
    """
    strided = []
    for sink, array in zip(sinks, arrays, strict=True):
        if array.flags.c_contiguous:
            sink.update(_as_bytes(array))
        else:
            strided.append((sink, array))
    if strided:
        _feed_strided(strided)


def _feed_strided(pairs: Sequence[tuple[Sink, NDArray[Any]]]) -> None:
    import numpy as np

    longest = max(len(array) for _, array in pairs)
    widest = max(array.nbytes // max(1, len(array)) for _, array in pairs)
    step = max(1, CHUNK // max(1, widest * min(len(pairs), 8)))
    for start in range(0, longest, step):
        for sink, array in pairs:
            sink.update(_as_bytes(np.ascontiguousarray(array[start : start + step])))


def _as_bytes(array: NDArray[Any]) -> Any:
    import numpy as np

    return array.reshape(-1).view(np.uint8) if array.nbytes else b""
