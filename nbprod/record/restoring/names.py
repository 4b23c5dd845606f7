"""The names of a running notebook, in groups that share nothing with one another; some stand for values in the store.

A value that was restored is loaded when a cell that may read it is about to run, with all that it shares parts with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

from nbprod.record.restoring.definitions import digest_of_class
from nbprod.values import exact, fingerprint, looks
from nbprod.values.looks import Look, Tangled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping, Sequence
    from mmap import mmap

    from nbprod.cache import Entry

# What IPython itself binds, and what no cell means by its names.
IPYTHONS = re.compile(r"_+|_i+|_i?\d+|_ih|_oh|_dh|In|Out|exit|quit|get_ipython|open|display|__\w+__|_nbprod_\w+")


@dataclass(slots=True)
class Group:
    """Names whose values share parts, or one name that shares none. `why` says why its content can't be told.

    `prints` are the digests of what those of its names hold that are asked for, what they share, and how they lie;
    `modules` are where their parts come from.
    """

    names: tuple[str, ...]
    prints: dict[tuple[str, ...], str] = field(default_factory=dict)
    why: str = ""
    modules: frozenset[str] = frozenset()


@dataclass(slots=True)
class Held:
    """A group in the store: `at` is its place among the entry's blobs, `definitions` what its pickle's names stand for.

    `names` are those that are stored, in their order; of the group are those that were not bound anew since.
    """

    group: Group
    entry: Entry
    at: int
    whole: mmap
    names: tuple[str, ...]
    definitions: dict[str, Any] = field(default_factory=dict)


class Names:
    """Keeps track of a namespace. `read` gives the buffers of an entry's blob."""

    def __init__(
        self, namespace: MutableMapping[str, Any], read: Callable[[Entry, int, mmap], list[memoryview]]
    ) -> None:
        self.namespace = namespace
        self._read = read
        self._held: dict[str, Held] = {}
        self._groups: dict[str, Group] = {}
        self._looks: dict[str, Look] = {}
        self._unknown: set[str] | None = None  # names to be looked at; None: all that there are

    def known(self) -> set[str]:
        """All names that the notebook has bound."""
        return {each for each in self.namespace if not is_ipythons(each)} | self._held.keys()

    def values(self) -> dict[str, Any]:
        """The names with their values; what is in the store is None, or what it needs of the notebook's definitions."""
        return {name: each.definitions for name, each in self._held.items()} | dict(self.namespace)

    def has(self, name: str) -> bool:
        """Whether the notebook has bound the name."""
        return name in self._held or (name in self.namespace and not is_ipythons(name))

    def group(self, name: str) -> Group | None:
        """The group that a name belongs to; None if nothing has bound it."""
        if name in self._held:
            return self._held[name].group
        if not self.has(name):
            return None
        self._settle()
        return self._groups.get(name)

    def print(self, group: Group, names: tuple[str, ...]) -> str:
        """The digest of what those names of the group hold; "" if there is none, and then `group.why` says why."""
        if names not in group.prints and not group.why:
            in_store = group.names and group.names[0] in self._held
            group.prints[names] = self._narrowed(group, names) if in_store else self._printed(group, names)
        return "" if group.why else group.prints[names]

    def _narrowed(self, group: Group, names: tuple[str, ...]) -> str:
        """Some names of a group in the store: all its digests tell what they hold, without its being loaded."""
        return xxh3_128_hexdigest(repr((names, sorted(group.prints.items()))).encode())

    def touch(self, names: Iterable[str]) -> None:
        """Forget what is known of these names, and of what shares parts with them: a cell may change them."""
        for name in names if self._unknown is not None else ():
            group = self._groups.get(name)
            for each in {name, *(group.names if group else ())}:
                self._groups.pop(each, None)
                self._looks.pop(each, None)  # it keeps the value alive
                self._unknown.add(each)  # type: ignore[union-attr]

    def touch_all(self) -> None:
        """Forget what is known of all names."""
        self._groups, self._looks, self._unknown = {}, {}, None

    def load(self, names: Iterable[str]) -> None:
        """Bind those of the names that are in the store, with all that they share parts with.

        Raises:
            Lost: a value is gone or damaged.
        """
        for name in names:
            held = self._held.get(name)
            if held is None:
                continue
            values = exact.unpack(self._read(held.entry, held.at, held.whole), held.definitions)
            for each in held.group.names:
                del self._held[each]
                self.namespace[each] = values[held.names.index(each)]
                self._groups[each] = held.group
                if self._unknown is not None:
                    self._unknown.discard(each)

    def load_all(self) -> None:
        """Bind all that is in the store."""
        self.load([*self._held])

    def hold(self, held: Held) -> None:
        """Let names stand for values in the store."""
        self.forget(held.group.names)
        for name in held.group.names:
            self._held[name] = held

    def bound(self) -> None:
        """A cell ran: names that it bound no longer stand for what is in the store."""
        for name in self._held.keys() & self.namespace.keys():
            held = self._held.pop(name)
            held.group.names = tuple(each for each in held.group.names if each != name)

    def forget(self, names: Iterable[str]) -> None:
        """Take names away; what shared parts with them stays."""
        for name in names:
            held = self._held.pop(name, None)
            group = held.group if held else self._groups.pop(name, None)
            if group is not None:
                group.names = tuple(each for each in group.names if each != name)
            self.namespace.pop(name, None)
            self._looks.pop(name, None)
            if self._unknown is not None:
                self._unknown.discard(name)

    def looks(self, names: Iterable[str]) -> list[Look]:
        """How the values of these names look."""
        return [self._looks.get(name) or looks.look(self.namespace[name]) for name in names]

    def _settle(self) -> None:
        """Find the groups again of the names that a cell may have changed."""
        if self._unknown is None:
            self._unknown = {each for each in self.namespace if not is_ipythons(each)}
        if not self._unknown:
            return
        unknown, self._unknown = self._unknown & self.namespace.keys(), set()
        for name in sorted(unknown):
            try:
                self._looks[name] = looks.look(self.namespace[name])
            except Tangled as error:
                self._groups[name] = Group((name,), why=f"{name} is {error}")
        for names in looks.groups(self._looks):
            if not unknown.isdisjoint(names):
                modules = frozenset().union(*(self._looks[each].modules for each in names))
                self._groups.update(dict.fromkeys(names, Group(names, modules=modules)))

    def _printed(self, group: Group, names: tuple[str, ...]) -> str:
        print_, group.why = digest(names, [self.namespace[each] for each in names], self.looks(names))
        return print_


def digest(names: Sequence[str], values: Sequence[Any], found: Sequence[Look]) -> tuple[str, str]:
    """Return the digest of what values hold, share and how they lie; or "" and why they have none."""
    if len(values) == 1 and isinstance(values[0], ModuleType):
        return f"module {values[0].__name__}", ""
    prints = [fingerprint(value, name) for name, value in zip(names, values, strict=True)]
    why = next((each.why for each in prints if not each.digest), "")
    if why:
        return "", why
    kinds = {kind for each in found for kind in each.kinds}
    classes = [digest_of_class(each) for each in sorted(kinds, key=lambda each: each.__qualname__)]
    if not all(classes):
        return "", f"{names[0]} is of a class with parts that have no content"
    parts = [*(each.digest for each in prints), looks.shape(found), *classes, *names]
    return xxh3_128_hexdigest("\0".join(parts).encode()), ""


FEW = {"In", "Out", "exit", "quit", "get_ipython", "open", "display"}


def is_ipythons(name: str) -> bool:
    """Whether IPython itself binds the name.

    >>> is_ipythons("_12"), is_ipythons("_i"), is_ipythons("_rows"), is_ipythons("__name__")
    (True, True, False, True)
    """
    return (name.startswith("_") or name in FEW) and IPYTHONS.fullmatch(name) is not None
