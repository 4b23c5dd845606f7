"""Python's own containers, by their elements; long runs of one kind of element at once."""

from __future__ import annotations

from array import array
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, cast

from xxhash import xxh3_128_digest

from nbprod.values.content.walk import ATOMS, text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbprod.values.content.walk import Sink, Walk


# Texts with gaps: what a column of objects holds most often.
GAPPY: tuple[set[type], ...] = ({str, NoneType}, {str, float})


def feed_list(walk: Walk, sink: Sink, value: object) -> None:
    """A list or a tuple: its length, then its elements."""
    items = cast("Sequence[object]", value)
    sink.update(b"%s%d;" % (type(value).__name__.encode(), len(items)))
    feed_items(walk, sink, items)


def feed_items(walk: Walk, sink: Sink, items: Sequence[object]) -> None:
    """The elements of a sequence: one buffer if all are numbers or all are text, else one by one."""
    kinds = set(map(type, items))
    if len(kinds) == 1 and _feed_alike(sink, kinds.pop(), items):
        return
    if kinds in GAPPY:
        feed_texts_with_gaps(sink, items)
        return
    walk.feed_all(sink, items)


def _feed_alike(sink: Sink, kind: type, items: Sequence[object]) -> bool:
    """Feed elements of one type as a buffer; False if that type, or these values, don't allow it."""
    if kind is str:
        feed_texts(sink, cast("Sequence[str]", items))
    elif kind is float:
        sink.update(b"floats")
        sink.update(array("d", cast("Sequence[float]", items)))
    elif kind is int:
        return _feed_integers(sink, cast("Sequence[int]", items))
    elif kind is bool:
        sink.update(b"bools")
        sink.update(bytes(cast("Sequence[bool]", items)))
    else:
        return False
    return True


def _feed_integers(sink: Sink, items: Sequence[int]) -> bool:
    try:
        buffer = array("q", items)
    except OverflowError:
        return False
    sink.update(b"ints")
    sink.update(buffer)
    return True


def feed_texts(sink: Sink, texts: Sequence[str]) -> None:
    """Texts as two buffers: their lengths, and all of them end to end."""
    sink.update(b"texts")
    sink.update(array("q", map(len, texts)))
    sink.update(text_bytes("".join(texts)))


def feed_texts_with_gaps(sink: Sink, items: Sequence[object]) -> None:
    """Texts with None or numbers among them: the texts at once, then the others with their positions."""
    feed_texts(sink, [each if isinstance(each, str) else "" for each in items])
    gaps = [position for position, each in enumerate(items) if not isinstance(each, str)]
    sink.update(array("q", gaps))
    sink.update(b"".join(ATOMS[type(items[position])](items[position]) for position in gaps))


def feed_dict(walk: Walk, sink: Sink, value: object) -> None:
    """A dict: keys and values in order, for order is what loops see."""
    mapping = cast("Mapping[object, object]", value)
    sink.update(b"dict%d;" % len(mapping))
    feed_items(walk, sink, list(mapping))
    for key, item in mapping.items():
        atom = ATOMS.get(type(item))
        sink.update(atom(item) if atom else walk.digest(item, _place(key)))


def _place(key: object) -> str:
    """Where an item stands, by its key if that is short to say."""
    return f"[{key!r:.40}]" if type(key) in ATOMS else "[…]"


def feed_set(walk: Walk, sink: Sink, value: object) -> None:
    """A set: its elements in an order of their own content."""
    items = cast("set[object]", value)
    sink.update(b"%s%d;" % (type(value).__name__.encode(), len(items)))
    for digest in sorted(_element_digest(walk, each) for each in items):
        sink.update(digest)


def _element_digest(walk: Walk, item: object) -> bytes:
    atom = ATOMS.get(type(item))
    return xxh3_128_digest(atom(item)) if atom else walk.digest(item, " element")


def feed_bytes(_walk: Walk, sink: Sink, value: object) -> None:
    """A bytearray or a memoryview: its bytes."""
    buffer = bytes(cast("bytearray", value))
    sink.update(b"%s%d;" % (type(value).__name__.encode(), len(buffer)))
    sink.update(buffer)


HANDLERS: dict[type, Callable[[Walk, Sink, object], None]] = {
    list: feed_list,
    tuple: feed_list,
    dict: feed_dict,
    MappingProxyType: feed_dict,
    set: feed_set,
    frozenset: feed_set,
    bytearray: feed_bytes,
    memoryview: feed_bytes,
}
