"""A module as export wrote it, and as it stands: the difference as edits of cells."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.back import imports
from nbprod.emit.back.aligning import aligned, same
from nbprod.emit.back.cells import texts
from nbprod.emit.back.edits import Edit, Left
from nbprod.emit.back.modules import module
from nbprod.emit.back.rewording import reworded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.emit.back.cells import Origin, Sources
    from nbprod.emit.back.items import Item
    from nbprod.emit.back.modules import Module

    Merge = Callable[[str, str, str], tuple[str, bool]]

GENERATED = "export writes this line itself: assign what you want in the lines above it"
UNKNOWN = "no cell has this code as export wrote it: make the change in the notebook"
NOWHERE = "no cell is there that could take it: make the change in the notebook"


@dataclass(frozen=True, slots=True)
class Carried:
    """What can go back, as edits of cells, and what stays in the module."""

    edits: tuple[Edit, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where something new goes: above a line of a cell; `is_above` says that the region's first item stands there."""

    cell: int
    line: int
    prefix: str = ""
    is_above: bool = False

    def follows(self, origin: Origin) -> bool:
        """Whether the item stands in the same cell, further down."""
        return self.cell == origin.cell and not self.is_above


@dataclass(frozen=True, slots=True)
class _Joint:
    """Statements that share lines of a cell: where they stand there, and the places of what they become."""

    origin: Origin
    after: tuple[int, ...]


@dataclass(slots=True)
class _Work:
    """What is found while one module is gone through. It lives within `carried`."""

    path: str
    found: Sources
    merge: Merge
    edits: list[Edit] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    said: list[ast.stmt] = field(default_factory=list)  # statements that go into cells as the module has them

    def leave(self, old: Item | None, new: Item | None, why: str) -> None:
        """Say of an item that it stays in the module."""
        text = (new or old).text if new or old else ""  # type: ignore[union-attr]
        before, after = ((each.first, each.last) if each else (1, 0) for each in (old, new))
        self.left.append(Left(self.path, text, why, before, after))


def carried(path: str, before: str, after: str, step: str, found: Sources, merge: Merge) -> Carried:
    """Return how the cells change when a module changes from `before` to `after`.

    Args:
        path: the module's, for what is said of it.
        before: the module as export wrote it from these cells, laid out.
        after: the module as it shall be, laid out.
        step: the step whose module it is; "" for definitions.py.
        found: the notebook's cells.
        merge: the three-way merge of a text (mine, base, new), and whether it has conflicts.
    """
    old, new = module(before, step), module(after, step)
    work = _Work(path, found, merge)
    _carry_body(work, old, new, step)
    _carry_top(work, old, new, step)
    _carry_defaults(work, old, new)
    _leave_words(work, old, new, _carry_parameters(work, old, new))
    work.edits += imports.needed(found, new.imports, [*work.said, *_mentioning(old, new)], step)
    return Carried(tuple(work.edits), tuple(work.left))


def _mentioning(old: Module, new: Module) -> list[ast.stmt]:
    """The statements that use what the module imports anew."""
    if not new.imports.keys() - old.imports.keys():
        return []
    return [each.node for each in (*new.body, *new.top) if each.node]


def _carry_body(work: _Work, old: Module, new: Module, step: str) -> None:
    if old.function is None or new.function is None:
        if old.function is not None:
            gone = (old.function.lineno, old.function.end_lineno or 0)
            work.left.append(Left(work.path, f"def {step}", "the step's function is gone: give it its name back", gone))
        return
    origins = _origins(old.body, work.found.of_step(step), work.found.everywhere())
    begin = _place(work.found.begin(step))
    decorated = work.found.is_decorated(step)
    _carry(work, old.body, new.body, origins, begin, own_returns=decorated)


def _carry_top(work: _Work, old: Module, new: Module, step: str) -> None:
    origins = _origins(old.top, work.found.everywhere(), ())
    begin = _place(imports.definitions_end(work.found, step))
    settle = partial(_above_its_use, work, begin)
    _carry(work, old.top, new.top, origins, begin, own_returns=True, settle=settle)


def _place(at: tuple[int, int] | None) -> Place | None:
    return Place(*at) if at else None


def _origins(items: Sequence[Item], near: Sequence[Origin], far: Sequence[Origin]) -> list[Origin | None]:
    """Where each item came from: the step's own cells in order, or any cell that has it once."""
    found: list[Origin | None] = [None] * len(items)
    for at, of in same([each.key for each in items], texts(near)):
        found[at] = near[of]
    for at, item in enumerate(items):
        if found[at] is None and item.node is not None:
            alike = [each for each in (*near, *far) if each.item.key == item.key]
            found[at] = alike[0] if len(alike) == 1 else None
    return found


def _carry(
    work: _Work,
    before: Sequence[Item],
    after: Sequence[Item],
    origins: Sequence[Origin | None],
    begin: Place | None,
    *,
    own_returns: bool,
    settle: Callable[[Item, Place | None], Place | None] = lambda _, place: place,
) -> None:
    """Go through both in order; what is new goes below what it follows, else above what follows it.

    `settle` may choose another place for it.
    """
    place = _first_place(origins) or begin
    pairs = list(aligned(before, after))
    joint = _joint(before, after, origins, pairs)
    for number, (at, to) in enumerate(pairs):
        origin = origins[at] if at is not None else None
        if number in joint:
            place = _rewrite(work, after, joint[number], place)
            continue
        if at is None and to is not None:
            here = settle(after[to], _next_cells(after, origins, pairs, number, place) or place)
            below = after[to + 1].blank if here and here.is_above and to + 1 < len(after) else 0
            _insert(work, after[to], here, below, last=_closes(after[to], own_returns))
        elif at is not None and to is None:
            _delete(work, before[at], origin)
        elif at is not None and to is not None:
            follows = origin is not None and place is not None and place.follows(origin)
            _replace(work, before[at], after[to], origin, follows=follows)
        if origin is not None:
            place = Place(origin.cell, origin.item.last + 1, origin.item.prefix)
        elif at is not None:  # what export adds between cells parts them
            place = _first_place(origins[at:]) or place


def _next_cells(
    after: Sequence[Item],
    origins: Sequence[Origin | None],
    pairs: Sequence[tuple[int | None, int | None]],
    number: int,
    place: Place | None,
) -> Place | None:
    """The place above what follows, where that is another cell's, and a blank line parts the new item from the rest."""
    run = [to for at, to in takewhile(_is_new, pairs[number:]) if to is not None]
    before = [to for at, to in takewhile(_is_new, pairs[number::-1]) if to is not None]
    at, to = next(((at, to) for at, to in pairs[number:] if at is not None), (None, None))
    origin = origins[at] if at is not None else None
    if to is None or origin is None or place is None or place.is_above or origin.cell == place.cell:
        return None
    if any(after[each].blank for each in (*run[1:], to)) or not any(after[each].blank for each in before):
        return None
    return Place(origin.cell, origin.item.first, origin.item.prefix, is_above=True)


def _is_new(pair: tuple[int | None, int | None]) -> bool:
    return pair[0] is None


def _above_its_use(work: _Work, begin: Place | None, item: Item, place: Place | None) -> Place | None:
    """The place of a new definition: not below a cell that has just come to use it."""
    if item.node is None or place is None:
        return place
    names = _bound(item.node)
    using = [each.cell for each in work.edits if names & set(re.findall(r"\w+", "\n".join(each.lines)))]
    first = min(using, default=place.cell)
    if first >= place.cell:
        return place
    top = Place(first, work.found.cells[first].top, is_above=True)
    return begin if begin and begin.cell < first else top


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _joint(
    before: Sequence[Item],
    after: Sequence[Item],
    origins: Sequence[Origin | None],
    pairs: Sequence[tuple[int | None, int | None]],
) -> dict[int, _Joint]:
    """The pairs of statements that share lines of a cell, where one of them changes: such lines are written anew."""
    held: dict[Place, list[int]] = {}
    for number, (at, _) in enumerate(pairs):
        origin = origins[at] if at is not None else None
        if origin is not None:
            held.setdefault(Place(origin.cell, origin.item.first, origin.item.prefix), []).append(number)
    found = {}
    for numbers in held.values():
        inside = range(numbers[0], numbers[-1] + 1)
        made = [pairs[number] for number in inside]
        same = all(at is not None and to is not None and before[at].key == after[to].key for at, to in made)
        first = origins[pairs[numbers[0]][0] or 0]
        if len(numbers) > 1 and not same and first is not None:
            whole = _Joint(first, tuple(to for _, to in made if to is not None))
            found.update(dict.fromkeys(inside, whole))
    return found


def _rewrite(work: _Work, after: Sequence[Item], joint: _Joint, place: Place | None) -> Place:
    """Write the lines of statements that shared them, one below the other."""
    item = joint.origin.item
    done = Place(joint.origin.cell, item.last + 1, item.prefix)
    if place == done:
        return done
    lines = [line for at in joint.after for line in source.indent(after[at].text, item.prefix).split("\n")]
    work.edits.append(Edit(joint.origin.cell, item.first, item.last, tuple(lines)))
    work.said += [node for at in joint.after if (node := after[at].node) is not None]
    return done


def _closes(item: Item, own_returns: bool) -> bool:  # noqa: FBT001  (it is what it says)
    return isinstance(item.node, ast.Return) and not own_returns


def _first_place(origins: Sequence[Origin | None]) -> Place | None:
    first = next((each for each in origins if each is not None), None)
    return Place(first.cell, first.item.first, first.item.prefix, is_above=True) if first else None


def _insert(work: _Work, item: Item, place: Place | None, below: int, *, last: bool) -> None:
    if place is None or last:
        work.leave(None, item, GENERATED if last else NOWHERE)
        return
    lines = source.indent(item.text, place.prefix).split("\n")
    above = 0 if place.is_above else item.blank
    work.edits.append(Edit(place.cell, place.line, place.line - 1, (*[""] * above, *lines, *[""] * below)))
    work.said += [item.node] if item.node else []


def _delete(work: _Work, item: Item, origin: Origin | None) -> None:
    if origin is None:
        work.leave(item, None, GENERATED)
        return
    work.edits.append(Edit(origin.cell, origin.item.first - origin.item.blank, origin.item.last))


def _replace(work: _Work, old: Item, new: Item, origin: Origin | None, *, follows: bool) -> None:
    if old.key == new.key:
        if origin and follows and bool(old.blank) != bool(new.blank):
            _space(work, new, origin)
        return
    if origin is None:
        work.leave(old, new, GENERATED if isinstance(new.node, ast.Return) else UNKNOWN)
        return
    text = reworded(origin.item.text, old.text, new, work.merge)
    lines = source.indent(text, origin.item.prefix).split("\n")
    work.edits.append(Edit(origin.cell, origin.item.first, origin.item.last, tuple(lines)))
    work.said += [new.node] if new.node else []


def _space(work: _Work, new: Item, origin: Origin) -> None:
    """A blank line more or less, within a cell."""
    item = origin.item
    if new.blank and not item.blank and item.first > work.found.cells[origin.cell].top:
        work.edits.append(Edit(origin.cell, item.first, item.first - 1, ("",)))
    elif not new.blank and item.blank:
        work.edits.append(Edit(origin.cell, item.first - item.blank, item.first - 1))


def _carry_defaults(work: _Work, old: Module, new: Module) -> None:
    for name, default in new.defaults.items():
        if old.defaults.get(name, default) == default:
            continue
        place = work.found.parameter(name)
        if place is None:
            why = "its default stands in no parameters cell"
            work.left.append(Left(work.path, f"{name} = {default}", why, old.head, new.head))
            continue
        cell, value = place
        lines = list(work.found.cells[cell].lines[value.lineno - 1 : value.end_lineno])
        end = len(lines[-1].encode()[: value.end_col_offset].decode())
        start = len(lines[0].encode()[: value.col_offset].decode())
        changed = f"{lines[0][:start]}{default}{lines[-1][end:]}"
        work.edits.append(Edit(cell, value.lineno, value.end_lineno or value.lineno, (changed,)))


def _carry_parameters(work: _Work, old: Module, new: Module) -> set[str]:
    """Write new arguments that the code uses, and that have a default, below the notebook's parameters; return them."""
    used = {name for each in new.body if each.node for name in source.mentioned(each.node)}
    found = {name for name in new.defaults if name not in old.arguments and name in used}
    end = work.found.parameters_end()
    lacking = [name for name in new.defaults if name in found and work.found.parameter(name) is None]
    if end is None:
        return found - set(lacking)
    work.edits += [
        Edit(end[0], end[1], end[1] - 1, (f"{new.annotated(name)} = {new.defaults[name]}",)) for name in lacking
    ]
    return found


def _leave_words(work: _Work, old: Module, new: Module, carried: set[str]) -> None:
    """Docstring and signature: export makes them of what it knows, so they stay where they were edited."""
    if old.function is None or new.function is None:
        return
    if old.docstring != new.docstring:
        why = "it stays in the module: export keeps your words there"
        work.left.append(Left(work.path, "the docstring", why, old.words, new.words, harmless=True))
    arguments = [each for each in new.arguments if each not in carried]
    if old.arguments != arguments:
        why = "a step's arguments are the names that its code reads: use or assign the name in a cell"
        work.left.append(Left(work.path, f"the arguments {', '.join(new.arguments)}", why, old.head, new.head))
    elif old.signature != new.signature and not carried:
        why = "they stay in the module: export keeps yours there"
        work.left.append(Left(work.path, "the annotations", why, old.head, new.head, harmless=True))
