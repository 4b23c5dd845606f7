"""What a cell made, as an entry of the store: which names it changed, and the buffers that bring them back."""

from __future__ import annotations

import base64
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbprod.record.restoring.names import Group, Held, digest, is_ipythons
from nbprod.values import draws, exact, looks
from nbprod.values.formats.format import DoesNotFitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from mmap import mmap

    from nbprod.cache import Entry
    from nbprod.record.restoring.names import Names
    from nbprod.record.restoring.plan import CellPlan

WIDGET = "application/vnd.jupyter.widget"


class Unkeepable(Exception):
    """Raised where a cell's work can't be kept; its text says why."""


@dataclass(frozen=True, slots=True)
class Before:
    """The names before a cell ran: which object each was, and the groups in its reach with their digests."""

    ids: Mapping[str, int]
    prints: Mapping[tuple[str, ...], str]  # of the names in its reach that are alive


@dataclass(slots=True)
class Made:
    """What is to be kept of a cell: facts of each group of names that it changed, and the groups' buffers."""

    groups: list[dict[str, Any]] = field(default_factory=list)
    values: list[Sequence[Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    definitions: set[str] = field(default_factory=set)


def before(names: Names, prints: Mapping[tuple[str, ...], str]) -> Before:
    """Note which object each name stands for."""
    return Before({name: id(value) for name, value in names.namespace.items() if not is_ipythons(name)}, prints)


def written(names: Names, cell: CellPlan, found: Before) -> set[str]:
    """Return the names that the cell bound, as far as analysis and a look at them can tell."""
    now = {name: id(value) for name, value in names.namespace.items() if not is_ipythons(name)}
    bound = {name for name, which in now.items() if found.ids.get(name) != which}
    return bound | (cell.writes & now.keys()) | (found.ids.keys() - now.keys())


def made(
    names: Names, cell: CellPlan, found: Before, changed: Iterable[str], later: Sequence[frozenset[str]] = ()
) -> Made:
    """Return what the cell made of the names that it bound, and of those in its reach.

    `later` are the names that matter to each of the cells below: what they ask of a group is asked now, as long as its
    values are here.

    Raises:
        Unkeepable: some of it can't be stored.
    """
    result = Made()
    reach = {name for group in found.prints for name in group}
    seen: set[str] = set()
    for name in sorted({*changed, *reach}):
        group = names.group(name)
        if name in seen:
            continue
        if group is None:
            result.gone.append(name)
            continue
        seen.update(group.names)
        if not _is_unchanged(names, found, group, tuple(each for each in group.names if each in cell.live | reach)):
            result.gone += [each for each in group.names if each not in cell.live]
            _add(result, names, cell, group, tuple(each for each in group.names if each in cell.live), later)
    return result


def _is_unchanged(names: Names, found: Before, group: Group, alive: tuple[str, ...]) -> bool:
    return alive in found.prints and names.print(group, alive) == found.prints[alive]


def _add(
    result: Made, names: Names, cell: CellPlan, group: Group, live: tuple[str, ...], later: Sequence[frozenset[str]]
) -> None:
    if not live:
        return
    if any(name in cell.defines for name in live):
        if len(live) > 1:
            raise Unkeepable(f"{live[0]} shares parts with what the cell defines")
        return
    print_ = names.print(group, live)
    if not print_:
        raise Unkeepable(f"makes {live[0]}, but {group.why}")
    buffers, definitions = _packed(names, live, print_)
    parts = [[each, names.print(group, each)] for each in _asked_later(live, later)]
    result.groups.append(
        {"names": live, "print": print_, "parts": parts, "modules": sorted(group.modules), "needs": definitions}
    )
    result.values.append(buffers)
    result.definitions |= {*definitions} - cell.defines


def _asked_later(live: tuple[str, ...], later: Sequence[frozenset[str]]) -> list[tuple[str, ...]]:
    """The parts of a group by which cells below will ask for it: each name, and those that are alive there."""
    asked = {(each,) for each in live} | {tuple(each for each in live if each in cell) for cell in later}
    return sorted(asked - {(), live})


def _packed(names: Names, live: tuple[str, ...], print_: str) -> tuple[list[Any], tuple[str, ...]]:
    """The buffers of values, proven to bring them back as they are."""
    values = [names.namespace[each] for each in live]
    if any(exact.is_definition(each) for each in values):
        raise Unkeepable(f"defines {live[0]} among other work")
    shared = looks.shared_owners(names.looks(live))
    try:
        buffers, definitions = exact.pack(values, shared=shared, definitions=names.namespace)
        back = exact.unpack(buffers, names.namespace)
    except DoesNotFitError as error:
        raise Unkeepable(f"makes {live[0]}, which can't be stored: {error}") from error
    except Exception as error:
        raise Unkeepable(f"makes {live[0]}, which can't be brought back: {error}") from error
    if digest(live, back, [looks.look(each) for each in back])[0] != print_:
        raise Unkeepable(f"makes {live[0]}, which comes back changed")
    return buffers, definitions


def check_outputs(outputs: Iterable[Mapping[str, Any]]) -> None:
    """Raise Unkeepable where something displayed is more than what is seen."""
    for each in outputs:
        if any(str(kind).startswith(WIDGET) for kind in each.get("data", ())):
            raise Unkeepable("displays a widget")


def states(generators: Iterable[str]) -> dict[str, str]:
    """The global random states as they are now, as text."""
    return {each: base64.b64encode(pickle.dumps(draws.state(each), 5)).decode() for each in sorted(generators)}


def put_states(kept: Mapping[str, str]) -> None:
    """Set the global random states to what they were."""
    for generator, text in kept.items():
        draws.put(generator, pickle.loads(base64.b64decode(text)))


def held(entry: Entry, wholes: Sequence[mmap], namespace: Mapping[str, Any]) -> Iterable[Held]:
    """Yield the groups of an entry, for the names to stand for."""
    for at, facts in enumerate(entry.facts["groups"]):
        names = tuple(facts["names"])
        prints = {names: facts["print"]} | {tuple(part): each for part, each in facts["parts"]}
        group = Group(names, prints, modules=frozenset(facts["modules"]))
        yield Held(group, entry, at, wholes[at], names, {name: namespace.get(name) for name in facts["needs"]})
