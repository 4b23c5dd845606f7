"""The walk through a value: every part with its own digest, so that sharing and cycles don't change the whole."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

from xxhash import xxh3_128

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Sink(Protocol):
    """What takes in bytes."""

    def update(self, data: Any, /) -> None:
        """Take in the bytes of a buffer."""


class NoContentError(Exception):
    """Raised inside the walk where a part has no content; its text says what the part is."""


class Walk:
    """One walk: remembers the digest of each part it has seen and where in the value it stands."""

    def __init__(self, handler_of: Callable[[type], Callable[[Walk, Sink, Any], None]]) -> None:
        self._handler_of = handler_of
        self._digests: dict[int, bytes] = {}
        self._open: dict[int, int] = {}
        self._kept: list[object] = []  # an id is only good while its object lives
        self.places: list[str] = []

    def feed(self, sink: Sink, value: object, place: str = "") -> None:
        """Give `sink` the content of `value`, which stands at `place` in its parent (".x", "[0]")."""
        atom = ATOMS.get(type(value))
        sink.update(atom(value) if atom else self.digest(value, place))

    def digest(self, value: object, place: str = "") -> bytes:
        """Return the digest of one part. After NoContentError, `places` leads to the culprit."""
        key = id(value)
        if key in self._digests:
            return self._digests[key]
        if key in self._open:
            return b"cycle%d" % (len(self._open) - self._open[key])
        self._open[key] = len(self._open)
        self.places.append(place)
        sink = xxh3_128()
        self._handler_of(type(value))(self, sink, value)
        self.places.pop()
        del self._open[key]
        self._kept.append(value)
        self._digests[key] = sink.digest()
        return self._digests[key]

    def feed_all(self, sink: Sink, values: Iterable[object]) -> None:
        """Give `sink` the content of each of the values, numbered as places."""
        for position, value in enumerate(values):
            atom = ATOMS.get(type(value))
            sink.update(atom(value) if atom else self.digest(value, f"[{position}]"))


def text_bytes(text: str) -> bytes:
    """UTF-8 that also carries lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def _int_bytes(value: int) -> bytes:
    return b"i%x;" % value


def _str_bytes(value: str) -> bytes:
    encoded = text_bytes(value)
    return b"s%d;%s" % (len(encoded), encoded)


def _bytes_bytes(value: bytes) -> bytes:
    return b"b%d;%s" % (len(value), value)


def _float_bytes(value: float) -> bytes:
    return b"f" + struct.pack("<d", value)


def _complex_bytes(value: complex) -> bytes:
    return b"c" + struct.pack("<dd", value.real, value.imag)


ATOMS: dict[type, Callable[..., bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _int_bytes,
    float: _float_bytes,
    complex: _complex_bytes,
    str: _str_bytes,
    bytes: _bytes_bytes,
    type(...): lambda _: b"E",
    type(NotImplemented): lambda _: b"I",
}
