"""Edits of cells, and what can't be one."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = (1, 0)  # no lines


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """New lines for a cell's lines `first` to `last`, from 1; with `last` before `first` they go in above `first`."""

    cell: int
    first: int
    last: int
    lines: tuple[str, ...] = ()

    def overlaps(self, other: Edit) -> bool:
        """Whether both change one line."""
        both = self.cell == other.cell and self.first <= self.last and other.first <= other.last
        return both and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Left:
    """A change of a module that no cell can take: where it stands, what it is, and why.

    `lines` are the first and the last of it in the module as export wrote it, and as it stands; (1, 0) where it has
    none. `harmless`: the pipeline computes what the notebook computes all the same.
    """

    path: str
    text: str
    why: str
    before: tuple[int, int] = NONE
    after: tuple[int, int] = NONE
    harmless: bool = False

    @property
    def line(self) -> int:
        """The line in the module as it stands, or, for what is gone, where it stood."""
        return self.after[0] if self.after != NONE else self.before[0]


def edited(source: str, edits: Iterable[Edit]) -> str:
    r"""Return the cell's source with the edits done; those of one place go in as they are given.

    >>> edited("a\nb\nc", [Edit(0, 2, 2, ("B",)), Edit(0, 3, 2, ("x",)), Edit(0, 3, 2, ("y",)), Edit(0, 4, 3, ("d",))])
    'a\nB\nx\ny\nc\nd'
    """
    lines = source.split("\n")
    for each in reversed(sorted(edits, key=lambda each: (each.first, each.last))):  # noqa: C413  (keeps the order of equals)
        lines[each.first - 1 : each.last] = each.lines
    return "\n".join(lines)


def without(before: str, after: str, left: Iterable[Left]) -> str:
    r"""Return the module as it stands, without the changes that stay in it: what its cells come to now.

    >>> without("a\nb\nc\n", "A\nb\nC\n", [Left("m.py", "A", "", (1, 1), (1, 1))])
    'a\nb\nC\n'
    """
    old, new = before.split("\n"), after.split("\n")
    for each in sorted(left, key=lambda each: each.after if each.after != NONE else each.before, reverse=True):
        (start, end), (first, last) = each.before, each.after
        if each.after == NONE:
            first = _where(old, new, start)
            last = first - 1
        new[first - 1 : last] = old[start - 1 : end]
    return "\n".join(new)


def _where(old: list[str], new: list[str], line: int) -> int:
    """Where a line of the old text would stand in the new one."""
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return next((start + 1 for _, _, last, start, _ in codes if line <= last), len(new) + 1)
