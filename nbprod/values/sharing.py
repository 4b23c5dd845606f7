"""Which names share what they hold: what is shared is stored together, so that it is shared again when loaded."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbprod.values.content.walk import ATOMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

IMMUTABLE_MODULES = {"datetime", "decimal", "fractions", "re", "pathlib", "zoneinfo", "uuid", "enum"}
ATOM_KINDS = frozenset({*ATOMS, range, slice, type})
SCALAR_MODULES = ("pandas._libs.tslibs", "pandas._libs.missing", "pandas._libs.interval", "pandas.core.dtypes")


def groups(values: Mapping[str, object]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of names, two or more each, whose values are one object or share a part that can change.

    Frames of pandas that share columns under copy-on-write don't count, for changing one never changes the other;
    arrays that are views of the same memory do.

    >>> row = [1]
    >>> groups({"a": row, "b": {"rows": row}, "c": [1]})
    (('a', 'b'),)
    """
    owner: dict[object, str] = {}
    parent = {name: name for name in values}
    for name, value in values.items():
        for part in mutable_parts(value):
            for key in keys_of(part):
                _join(parent, owner.setdefault(key, name), name)
    gathered: dict[str, list[str]] = {}
    for name in values:
        gathered.setdefault(_root(parent, name), []).append(name)
    return tuple(tuple(names) for names in gathered.values() if len(names) > 1)


def pattern(value: object) -> tuple[int, ...]:
    """Return where, in the order of a walk, a value holds a part that it held before: what storing has to keep.

    >>> row = [1]
    >>> pattern([row, [1], row])
    (3, 1)
    """
    places: dict[object, tuple[int, int]] = {}
    repeats: list[int] = []
    for count, (part, holder) in enumerate(_visits(value)):
        for key in keys_of(part):
            first, first_holder = places.setdefault(key, (count, holder))
            if first != count and not (is_array(part) and holder and holder == first_holder):
                repeats += [count, first]
    return tuple(repeats)


def mutable_parts(value: object) -> Iterator[Any]:
    """Yield each part of the value that can change, itself included, once."""
    seen: set[int] = set()
    for part, _ in _visits(value):
        if id(part) not in seen:
            seen.add(id(part))
            yield part


def _visits(value: object) -> Iterator[tuple[Any, int]]:
    """Yield the mutable parts in order, again each time one is met again; each is opened once.

    With each comes the id of the outermost object - no plain container - that holds it, or 0: which of an object's
    own arrays are views of one another is its own business.
    """
    pending: list[tuple[object, int]] = [(value, 0)]
    opened: dict[int, object] = {}  # kept, so that ids stay theirs
    while pending:
        part, holder = pending.pop()
        if _is_immutable(part):
            continue
        if not isinstance(part, tuple | frozenset):
            yield part, holder
        if id(part) not in opened:
            opened[id(part)] = part
            inner = holder or (0 if isinstance(part, dict | list | tuple | set | frozenset) else id(part))
            pending.extend((child, inner) for child in reversed(list(_children(part))))


def _is_immutable(part: object) -> bool:
    kind = type(part)
    if kind is dict or kind is list:  # most parts, decided fast
        return False
    return (
        kind in ATOM_KINDS
        or isinstance(part, type | ModuleType)
        or (callable(part) and hasattr(part, "__qualname__"))
        or any(_is_immutable_kind(base) for base in kind.__mro__)
    )


def _is_immutable_kind(kind: type) -> bool:
    """Moments, paths and the like; numbers of NumPy, moments of pandas."""
    if kind.__module__ == "numpy":
        return kind.__name__ in {"generic", "dtype"}
    return kind.__module__ in IMMUTABLE_MODULES or str(kind.__module__).startswith(SCALAR_MODULES)


def _children(part: Any) -> Iterable[object]:
    """The parts of a container or an object; frames, indexes and arrays of numbers are taken as one."""
    if isinstance(part, dict):
        return [*part.keys(), *part.values(), *_state(part)] if _may_hold(part.values()) else ()
    if isinstance(part, list | tuple | set | frozenset):
        return [*part, *_state(part)] if _may_hold(part) else ()
    library = str(type(part).__module__).partition(".")[0]
    if library == "numpy":
        return part.ravel().tolist() if getattr(getattr(part, "dtype", None), "hasobject", False) else ()
    if library in {"pandas", "polars", "pyarrow", "scipy", "matplotlib"}:
        return ()
    return _state(part)


def _may_hold(items: Iterable[object]) -> bool:
    """Whether any element could be a mutable part: a long list of numbers is not looked at one by one."""
    return not set(map(type, items)) <= ATOM_KINDS


def _state(part: Any) -> list[object]:
    slots = [name for kind in type(part).__mro__ for name in _slot_names(kind) if hasattr(part, name)]
    return [*getattr(part, "__dict__", {}).values(), *(getattr(part, name) for name in slots)]


def _slot_names(kind: type) -> tuple[str, ...]:
    names = kind.__dict__.get("__slots__", ())
    names = (names,) if isinstance(names, str) else tuple(names)
    return tuple(name for name in names if name not in {"__dict__", "__weakref__"})


def is_array(part: Any) -> bool:
    """Whether it is a NumPy array, which may look at another's memory."""
    return any(kind.__name__ == "ndarray" and kind.__module__ == "numpy" for kind in type(part).__mro__)


def owner_of(array: Any) -> Any:
    """The array whose memory this one looks at; itself if it has its own.

    >>> import numpy as np
    >>> numbers = np.arange(3)
    >>> owner_of(numbers[1:]) is numbers
    True
    """
    while is_array(array.base):
        array = array.base
    return array


def keys_of(part: Any) -> tuple[object, ...]:
    """What identifies a part: the object; for an array the memory that it looks at, too."""
    return (id(part), ("memory", id(owner_of(part)))) if is_array(part) else (id(part),)


def _root(parent: dict[str, str], name: str) -> str:
    while parent[name] != name:
        name = parent[name]
    return name


def _join(parent: dict[str, str], first: str, second: str) -> None:
    parent[_root(parent, second)] = _root(parent, first)
