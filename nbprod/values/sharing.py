"""Which names share what they hold: what is shared is stored together, so that it is shared again when loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.content.walk import ATOMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

IMMUTABLE_MODULES = {"datetime", "decimal", "fractions", "re", "pathlib", "zoneinfo", "uuid", "types", "enum", "_io"}
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
            for key in _keys(part):
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
    places: dict[int, int] = {}
    repeats: list[int] = []
    for count, part in enumerate(_visits(value, set())):
        first = places.setdefault(id(part), count)
        if first != count:
            repeats += [count, first]
    return tuple(repeats)


def mutable_parts(value: object) -> Iterator[Any]:
    """Yield each part of the value that can change, itself included, once."""
    seen: set[int] = set()
    for part in _visits(value, set()):
        if id(part) not in seen:
            seen.add(id(part))
            yield part


def _visits(value: object, opened: set[int]) -> Iterator[Any]:
    """Yield the mutable parts in order, again each time one is met again; each is opened once."""
    pending: list[object] = [value]
    while pending:
        part = pending.pop()
        if _is_immutable(part):
            continue
        mutable = not isinstance(part, tuple | frozenset)
        if mutable:
            yield part
        if id(part) not in opened:
            opened.add(id(part))
            pending.extend(reversed(list(_children(part))))


def _is_immutable(part: object) -> bool:
    kind = type(part)
    return (
        kind in ATOM_KINDS
        or isinstance(part, type)
        or (callable(part) and hasattr(part, "__qualname__"))
        or kind.__module__ in IMMUTABLE_MODULES
        or _is_library_scalar(kind)
    )


def _is_library_scalar(kind: type) -> bool:
    """Numbers of NumPy, moments of pandas: values that cannot change."""
    if kind.__module__ == "numpy":
        return any(base.__name__ in {"generic", "dtype"} for base in kind.__mro__)
    return kind.__module__.startswith(SCALAR_MODULES)


def _children(part: Any) -> Iterable[object]:
    """The parts of a container or an object; frames, indexes and arrays of numbers are taken as one."""
    if isinstance(part, dict):
        return [*part.keys(), *part.values(), *_state(part)] if _may_hold(part.values()) else ()
    if isinstance(part, list | tuple | set | frozenset):
        return [*part, *_state(part)] if _may_hold(part) else ()
    library = type(part).__module__.partition(".")[0]
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


def _keys(part: Any) -> list[object]:
    """What identifies a part: the object; for an array also the memory that it looks at, whole."""
    keys: list[object] = [id(part)]
    if type(part).__module__ == "numpy" and hasattr(part, "base"):
        owner = part
        while getattr(owner, "base", None) is not None and hasattr(owner.base, "__array_interface__"):
            owner = owner.base
        keys.append(("memory", id(owner)))
        if owner is not part:
            keys.append(id(owner))
    return keys


def _root(parent: dict[str, str], name: str) -> str:
    while parent[name] != name:
        name = parent[name]
    return name


def _join(parent: dict[str, str], first: str, second: str) -> None:
    parent[_root(parent, second)] = _root(parent, first)
