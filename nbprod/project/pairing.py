"""Two readings of a notebook: which cell is which, and both sides' changes of one as one text."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nbprod.emit.back import Edit
    from nbprod.model.notebook import Cell, Notebook

    Files = tuple[str, ...]
    Merge = Callable[[str, str, str], tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell, before and after; `conflict`: both sides changed the same lines, which stand in `after` with marks.

    `files` are the modules that the change comes from. `cell` is None where the notebook has no such cell any more.
    """

    cell: int | None
    id: str
    before: str
    after: str
    files: Files
    conflict: bool = False


def changes(
    last: Notebook, now: Notebook, edits: Mapping[Edit, Files], merge: Merge, take: Merge | None
) -> tuple[CellChange, ...]:
    """Return what the edits of cells as `last` has them make of the cells as they are now.

    Where both sides changed the same lines, `take` merges them in favour of one; without it they are a conflict.
    """
    places = paired(last, now)
    found = []
    for index, source in edited(last, edits).items():
        files = tuple(dict.fromkeys(file for edit, names in edits.items() if edit.cell == index for file in names))
        place = places.get(index)
        cell = last.cells[index]
        if place is None:
            if take and not take("", f"{cell.source}\n", f"{source}\n")[0]:
                continue  # the notebook's side is taken, and it has no such cell
            found.append(CellChange(None, cell.id, cell.source, source, files, conflict=True))
            continue
        found.append(_change(cell, source, now.cells[place], files, (merge, take)))
    return tuple(each for each in found if each.before != each.after)


def _change(last: Cell, source: str, now: Cell, files: Files, merges: tuple[Merge, Merge | None]) -> CellChange:
    """The cell's text with both sides' changes."""
    merge, take = merges
    if now.source in (last.source, source):
        return CellChange(now.index, now.id, now.source, source, files)
    texts = (f"{now.source}\n", f"{last.source}\n", f"{source}\n")
    text, conflict = merge(*texts)
    if conflict and take:
        text, conflict = take(*texts)
    return CellChange(now.index, now.id, now.source, text.removesuffix("\n"), files, conflict)


def edited(notebook: Notebook, edits: Mapping[Edit, Files]) -> dict[int, str]:
    """Return the new sources of the cells that the edits change, by index."""
    from nbprod.emit import back

    cells = sorted({each.cell for each in edits})
    return {
        cell: back.edited(notebook.cells[cell].source, [each for each in edits if each.cell == cell]) for cell in cells
    }


def paired(last: Notebook, now: Notebook) -> dict[int, int]:
    """Return where each cell of `last` is now: by its id, or, where files hold none, by what stands in it."""
    found = {old.index: new.index for old, new in _by_id(last, now, unchanged=True)}
    found |= dict(_alike(last, now, found))
    rest = [(old, new) for old, new in _by_id(last, now, unchanged=False) if old.index not in found]
    taken = set(found.values())
    return found | {old.index: new.index for old, new in rest if new.index not in taken}


def _by_id(last: Notebook, now: Notebook, *, unchanged: bool) -> Iterator[tuple[Cell, Cell]]:
    cells = {each.id: each for each in now.cells}
    for each in last.cells:
        other = cells.get(each.id)
        if other and (not unchanged or other.source == each.source):
            yield each, other


def _alike(last: Notebook, now: Notebook, known: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    taken = set(known.values())
    old = [each for each in last.cells if each.index not in known]
    new = [each for each in now.cells if each.index not in taken]
    matcher = SequenceMatcher(None, [each.source for each in old], [each.source for each in new], autojunk=False)
    for block in matcher.get_matching_blocks():
        yield from ((old[block.a + at].index, new[block.b + at].index) for at in range(block.size))
