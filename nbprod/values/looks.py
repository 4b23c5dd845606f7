"""What a value is besides its content: which parts that can change it shares, with others or within, and how it lies.

It looks further than `sharing` does, for its users let a value take the place of another in a running notebook: into
what functions close over, methods of objects, frames' memory, and the parts of any object.
"""

from __future__ import annotations

import functools
import gc
import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128

from nbprod.values.content.objects import is_importable, opaque
from nbprod.values.content.walk import ATOMS
from nbprod.values.formats.format import is_a
from nbprod.values.sharing import IMMUTABLE_MODULES, SCALAR_MODULES, is_array, owner_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST = 300_000  # parts of a value that are looked at
ATOM_KINDS = frozenset({*ATOMS, range, slice})
STILL_LIBRARIES = ("polars", "pyarrow")  # whose values never change
FRAME, SERIES, INDEX = "pandas.DataFrame", "pandas.Series", "pandas.Index"
NAMES = {
    FRAME: (FRAME, "pandas.core.frame.DataFrame"),
    SERIES: (SERIES, "pandas.core.series.Series"),
    INDEX: (INDEX, "pandas.core.indexes.base.Index"),
}


class Tangled(Exception):
    """Raised for a value of which nobody can say what it shares; its text says what it is."""


@dataclass(slots=True)
class Look:
    """One value: its parts in order, each as what identifies it and how it lies; the libraries its parts come from.

    `memory` are the parts that are arrays' memory: of an array by itself, or of a frame.
    """

    parts: list[tuple[int, str]] = field(default_factory=list)
    memory: list[tuple[int, int, bool]] = field(default_factory=list)  # owner, offset, whether it is an array's
    modules: set[str] = field(default_factory=set)
    kinds: set[type] = field(default_factory=set)  # classes that the notebook defines
    kept: list[object] = field(default_factory=list)  # an id is only good while its object lives

    def identities(self) -> Iterator[tuple[object, bool]]:
        """Yield what identifies each part that others may have too, and whether that counts by itself."""
        for key, _ in self.parts:
            yield key, True
        for owner, _, is_arrays in self.memory:
            yield ("memory", owner), is_arrays


def look(value: object) -> Look:
    """Look at all parts of a value that can change.

    Raises:
        Tangled: it has parts of which nothing can be said.
    """
    found = Look()
    seen: set[int] = set()
    pending = [value]
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind in ATOM_KINDS:
            continue
        found.modules.add(str(getattr(part if callable(part) else kind, "__module__", "")).partition(".")[0])
        if kind.__module__ == "__main__" or (isinstance(part, type) and part.__module__ == "__main__"):
            found.kinds.add(part if isinstance(part, type) else kind)
        if _is_still(part, kind):
            continue
        is_new = id(part) not in seen
        if kind is not tuple and kind is not frozenset:
            found.parts.append((id(part), _lie(part, found) if is_new else "again"))
        if is_new:
            seen.add(id(part))
            found.kept.append(part)
            if len(seen) > MOST:
                raise Tangled("made of too many objects")
            pending.extend(reversed(_children(part)))
    return found


def _is_still(part: Any, kind: type) -> bool:
    """Whether it never changes, nor holds anything that does."""
    if isinstance(part, types.ModuleType | types.BuiltinFunctionType | types.CodeType | property):
        return not isinstance(getattr(part, "__self__", None), object) or _is_plain_builtin(part)
    if isinstance(part, type):
        return part.__module__ != "__main__"
    if isinstance(part, types.FunctionType):
        return is_importable(part)
    if is_a(part, *NAMES[INDEX]):
        _check_elements(part)
        return True
    return any(_is_still_kind(base) for base in kind.__mro__)


def _is_plain_builtin(part: Any) -> bool:
    owner = getattr(part, "__self__", None)
    return owner is None or isinstance(owner, types.ModuleType | type)


def _is_still_kind(kind: type) -> bool:
    module = str(kind.__module__)
    if module == "numpy":
        return kind.__name__ in {"generic", "dtype"}
    return module in IMMUTABLE_MODULES or module.startswith(SCALAR_MODULES) or module.startswith(STILL_LIBRARIES)


def _lie(part: Any, found: Look) -> str:
    """How a part lies in memory, which decides in which order sums are made; its memory goes into `found`."""
    if is_array(part):
        return _lie_of_array(part, found, is_arrays=True)
    if is_a(part, *NAMES[FRAME], *NAMES[SERIES]):
        blocks = [each.values for each in part._mgr.blocks]  # noqa: SLF001  (pandas has no public way to ask)
        is_arrays = not _copies_on_write()
        return "|".join(_lie_of_array(each, found, is_arrays=is_arrays) for each in blocks if is_array(each))
    return ""


def _lie_of_array(array: Any, found: Look, *, is_arrays: bool) -> str:
    owner = owner_of(array)
    place, base = (each.__array_interface__["data"][0] for each in (array, owner))
    found.memory.append((id(owner), place - base, is_arrays))
    found.kept.append(owner)
    flags = array.flags
    order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else str(array.strides)
    return f"{type(array).__name__}{array.dtype.str}{order}{'' if flags.writeable else ' locked'}"


@functools.cache
def _copies_on_write() -> bool:
    import pandas as pd

    return int(pd.__version__.partition(".")[0]) >= 3


def _children(part: Any) -> list[Any]:  # noqa: PLR0911  (a table of kinds)
    kind = type(part)
    if kind is dict or kind is list or kind is set or kind is tuple or kind is frozenset:
        return _elements(part)
    if isinstance(part, type):
        return [each for name, each in vars(part).items() if name not in {"__dict__", "__weakref__"}]
    if isinstance(part, types.FunctionType):
        return _of_function(part)
    if isinstance(part, types.MethodType):
        return [part.__self__, part.__func__]
    if is_array(part):
        return [*(part.ravel().tolist() if part.dtype.hasobject else ()), *getattr(part, "__dict__", {}).values()]
    if is_a(part, *NAMES[FRAME], *NAMES[SERIES]):
        _check_frame(part)
        return [part.attrs, *(each for name, each in vars(part).items() if name not in PANDAS_OWN)]
    if words := opaque(part):
        raise Tangled(words)
    if str(kind.__module__).startswith("matplotlib"):
        raise Tangled("a figure or a part of one")
    state = getattr(part, "__dict__", None)  # where asked for, Python makes a dict of it: no part, nor always there
    held = [each for each in gc.get_referents(part) if each is not kind and each is not state]
    if not isinstance(state, dict):  # compiled code may have locks of its own, which are no part of what it holds
        return [each for each in held if not opaque(each)]
    return [*held, *state.values()]


PANDAS_OWN = {"_mgr", "_item_cache", "_attrs", "_flags", "_name", "_is_copy", "_cacher", "_cache", "_metadata", "_typ"}


def _elements(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return [*_elements(list(part)), *_elements(list(part.values()))]
    return [] if set(map(type, part)) <= ATOM_KINDS else list(part)


def _of_function(function: types.FunctionType) -> list[Any]:
    cells = []
    for each in function.__closure__ or ():
        try:
            cells.append(each.cell_contents)
        except ValueError:  # not yet assigned
            continue
    return [*cells, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *vars(function).values()]


def _check_frame(part: Any) -> None:
    for each in part._mgr.blocks:  # noqa: SLF001  (see above)
        values = each.values
        for row in values if getattr(values, "ndim", 1) > 1 else [values]:
            _check_elements(row)


def _check_elements(column: Any) -> None:
    """Refuse a column of objects that can change themselves: frames are taken as one."""
    if getattr(getattr(column, "dtype", None), "hasobject", False):
        for kind in set(map(type, column)):
            if kind not in ATOM_KINDS and not any(_is_still_kind(base) for base in kind.__mro__):
                raise Tangled(f"a frame that holds values of {kind.__qualname__}")


def groups(looks: Mapping[str, Look]) -> list[tuple[str, ...]]:
    """Return the names in groups, each with those that share something with it, alone or through others."""
    parent = {name: name for name in looks}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    owners: dict[object, str] = {}
    frames: dict[object, list[str]] = {}
    for name, found in looks.items():
        for key, counts in found.identities():
            if not counts:
                frames.setdefault(key, []).append(name)
            parent[root(name)] = root(owners.setdefault(key, name)) if counts else root(name)
    for key, names in frames.items():  # frames share memory only where an array looks at it too
        for name in names if key in owners else ():
            parent[root(name)] = root(owners[key])
    gathered: dict[str, list[str]] = {}
    for name in looks:
        gathered.setdefault(root(name), []).append(name)
    return [tuple(sorted(each)) for each in gathered.values()]


def shape(looks: Iterable[Look]) -> str:
    """Return a digest of what values share, among one another and within, and how they lie."""
    places: dict[object, int] = {}
    sink = xxh3_128()
    memories: dict[int, int] = {}
    every = [*looks]
    for found in every:
        for owner in {each[0] for each in found.memory}:
            memories[owner] = memories.get(owner, 0)
        for owner, _, _ in found.memory:
            memories[owner] += 1
    for found in every:
        sink.update(b"value")
        for key, lies in found.parts:
            sink.update(f"{places.setdefault(key, len(places))}{lies};".encode())
        for owner, offset, _ in found.memory:
            if memories[owner] > 1:
                sink.update(f"m{places.setdefault(('memory', owner), len(places))}+{offset};".encode())
    return sink.hexdigest()


def shared_owners(looks: Iterable[Look]) -> frozenset[int]:
    """Return the ids of the arrays whose memory several parts look at."""
    counts: dict[int, int] = {}
    for found in looks:
        for owner, _, _ in found.memory:
            counts[owner] = counts.get(owner, 0) + 1
    return frozenset(owner for owner, count in counts.items() if count > 1)
