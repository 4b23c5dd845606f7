"""Which names may stand for the same object: places, what they hold, and what a change to one of them reaches.

A place stands for an object that some name or container can reach. A value is what an expression may denote:
`None` (nothing that a name can reach), places, a part of places, a freshly built container, or one of several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nbprod.analyse.crowds import ANY, MANY, Crowd, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

_MANY = 32  # literals of a text beyond which no more are kept


Value: TypeAlias = "tuple[Place, ...] | Part | Box | Either | None"


class Part(NamedTuple):
    """What `base[key]` or `base.key` denotes."""

    bases: tuple[Place, ...]
    key: object


class Box(NamedTuple):
    """A container or another object that the expression makes; `kind` says what it is, as far as that is known.

    `texts` are the literals that a text is made of.
    """

    kind: str
    items: tuple[tuple[object, Value], ...] = ()
    texts: tuple[str, ...] = ()


class Either(NamedTuple):
    """One of several values."""

    values: tuple[Value, ...]


def either(values: Iterable[Value]) -> Value:
    """Return what one of the values may be; None when none of them is anything that a name can reach."""
    known: tuple[Value, ...] = ()
    for value in values:
        known += value.values if isinstance(value, Either) else () if value is None else (value,)
    if not known:
        return None
    return known[0] if len(known) == 1 else Either(known)


def known_parts(bases: tuple[Place, ...], key: object) -> tuple[Place, ...]:
    """Return the parts that the bases are known to hold under the key."""
    found: list[Place] = []
    for base in bases:
        for each in (base, *(crowd.given for crowd in base.around)):
            if each.parts:
                found += each.everything() if key == ANY else (*each.under(key), *each.under(ANY))
    return tuple(dict.fromkeys(found))


def reached(value: Value) -> tuple[Place, ...]:
    """Return the places that a change to the value changes."""
    if isinstance(value, Part):
        return known_parts(value.bases, value.key) or value.bases
    if isinstance(value, Either):
        return _distinct(reached(each) for each in value.values)
    if isinstance(value, Box) or value is None:
        return ()
    return value


def owned(value: Value) -> tuple[Place, ...]:
    """Return the places that a name bound to the value stands for, made where there are none yet."""
    if value is None:
        return (Place(),)
    if isinstance(value, Part):
        return known_parts(value.bases, value.key) or _new_part(value)
    if isinstance(value, Box):
        return (_built(value),)
    if isinstance(value, Either):
        return _distinct(owned(each) for each in value.values)
    return value


def _distinct(places: Iterable[tuple[Place, ...]]) -> tuple[Place, ...]:
    """All of the places, each once: what is doubled in every cell would fill the memory after forty."""
    return tuple(dict.fromkeys(place for each in places for place in each))


def also(old: tuple[Place, ...], value: Value) -> tuple[Place, ...]:
    """Return what a name stands for that may stand for the old places or be bound to the value.

    A new object that only this name reaches is one of the old ones, if there is one of its kind: whatever is done to
    the one by that name is done to the other. So is what holds others, once there are many.
    """
    if value is None or isinstance(value, Box):
        kind = "" if value is None else value.kind
        items = () if value is None else value.items
        like = next((each for each in old if each.kind == kind), None)
        if like is not None and (not items or len(old) >= MANY):
            _fill(like, items)
            return old
    return _distinct((old, owned(value)))


def _new_part(value: Part) -> tuple[Place, ...]:
    part = Place()
    for base in value.bases:
        base.hold(value.key, (part,))
    return (part,)


def _built(box: Box) -> Place:
    place = Place(box.kind, texts=box.texts)
    _fill(place, box.items)
    return place


def _fill(place: Place, items: Iterable[tuple[object, Value]]) -> None:
    for key, value in items:
        if value is not None:
            place.hold(key, owned(value))


def part_of(value: Value, key: object) -> Value:
    """Return what the value's part under that key may be."""
    if value is None:
        return None
    if isinstance(value, Box):
        exact = [item for at, item in value.items if key == ANY or at in {key, ANY}]
        return either(exact)
    if isinstance(value, Either):
        return either(part_of(each, key) for each in value.values)
    bases = reached(value)
    return Part(bases, key) if bases else None


def elements(value: Value) -> Value:
    """Return what a loop over the value binds."""
    return part_of(value, ANY)


def kinds(value: Value) -> set[str]:
    """Return what kinds of object the value may be."""
    if isinstance(value, Box):
        return {value.kind}
    return {place.kind for place in reached(value)} if not isinstance(value, Part) else set()


def texts(*values: Value) -> tuple[str, ...]:
    """Return the literals that the values are made of, where they are texts."""
    found: list[str] = []
    for value in values:
        if isinstance(value, Box):
            found += value.texts
        elif not isinstance(value, Part):
            found += (text for place in reached(value) for text in place.texts)
    return tuple(found[:_MANY])


def changed(places: tuple[Place, ...]) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the names whose value a change to these places changes, and the labels of outer objects among them."""
    names: set[str] = set()
    labels: set[tuple[str, str]] = set()
    seen: set[int] = set()
    pending = list(places)
    while pending:
        place = pending.pop()
        if id(place) in seen:
            continue
        seen.add(id(place))
        names |= place.names | place.past
        if place.label:
            labels.add(place.label)
        pending += place.wholes
        if isinstance(place, Crowd):
            pending += place.loud
            pending += place.beyond
    return names, labels
