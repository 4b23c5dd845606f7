"""What a value holds, as 128 bits: the same in every process, changed by any change of content, and only by that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128

from nbprod.values.content import objects, plain
from nbprod.values.content.walk import NoContentError, Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.values.content.walk import Sink


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The digest of a value as hex, or "" where it has none, and then `why`, in words."""

    digest: str
    why: str = ""


def fingerprint(value: object, name: str = "value") -> Fingerprint:
    """The digest of what `value` holds; `name` is what `why` calls it.

    Two values of equal content have one digest, however their memory is laid out and whether or not they share
    parts. Order counts in a dict, not in a set. Caches don't count.

    >>> fingerprint([1, 2]) == fingerprint([1, 2])
    True
    >>> fingerprint({"rows": (n for n in range(3))}, "source").why
    "source['rows'] is a generator"
    """
    walk = Walk(_handler_of)
    sink = xxh3_128()
    try:
        walk.feed(sink, value)
    except NoContentError as error:
        return Fingerprint("", f"{name}{''.join(walk.places)} is {error}")
    except RecursionError:
        return Fingerprint("", f"{name} is nested too deeply")
    return Fingerprint(sink.hexdigest())


def same_content(left: object, right: object) -> bool:
    """Whether both have a fingerprint, and the same.

    >>> same_content([1], [1]), same_content(iter([1]), (n for n in [1]))
    (True, False)
    """
    seen = fingerprint(left)
    return bool(seen.digest) and seen == fingerprint(right)


@cache
def _handler_of(kind: type) -> Callable[[Walk, Sink, Any], None]:
    """What feeds values of that type: its own handler, its library's, or the one for any object."""
    known = plain.HANDLERS.get(kind) or objects.HANDLERS.get(kind)
    if known:
        return known
    if issubclass(kind, type):
        return objects.feed_class
    # A class can have anything for its module: patsy's have the slot of that name.
    for library in dict.fromkeys(str(each.__module__).partition(".")[0] for each in kind.__mro__):
        if library in LIBRARIES and (handler := LIBRARIES[library](kind)):
            return handler
    return objects.feed_object


def _numpy(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    from nbprod.values.content import arrays

    return arrays.handler_of(kind)


def _pandas(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    from nbprod.values.content import frames

    return frames.handler_of(kind)


def _polars(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    from nbprod.values.content import polars

    return polars.handler_of(kind)


def _pyarrow(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    import pyarrow as pa

    from nbprod.values.content.arrow import feed_arrow

    if not issubclass(kind, pa.Array | pa.ChunkedArray):
        return None

    def feed(walk: Walk, sink: Sink, array: Any) -> None:
        walk.feed(sink, str(array.type))
        feed_arrow(walk, sink, array)

    return feed


def _matplotlib(kind: type) -> Callable[[Walk, Sink, Any], None] | None:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

    if issubclass(kind, Figure):
        return objects.feed_figure
    return objects.feed_axes if issubclass(kind, Artist) else None


LIBRARIES: dict[str, Callable[[type], Callable[[Walk, Sink, Any], None] | None]] = {
    "numpy": _numpy,
    "scipy": _numpy,
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "matplotlib": _matplotlib,
}
