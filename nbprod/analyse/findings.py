"""What resolving finds wrong: plain facts, which the rules put into words."""

from __future__ import annotations

from typing import NamedTuple


class Unmade(NamedTuple):
    """A step reads what an unmarked cell makes."""

    step: str
    name: str
    cell: int
    line: int
    maker: int
    how: str
    is_test: bool = False


class ChangedOutside(NamedTuple):
    """An unmarked cell changes a step's value that a later step reads."""

    name: str
    changer: int
    line: int
    maker: str
    reader: str


class Missing(NamedTuple):
    """A cell reads what nothing above it makes; `maker` is a cell below that does, if there is one.

    `perhaps`: a method reads it, which may never be called, or a branch that may never be taken.
    """

    step: str
    name: str
    cell: int
    line: int
    maker: int | None
    perhaps: bool = False


class NotebookOnly(NamedTuple):
    """A step reads what only IPython has."""

    step: str
    name: str
    cell: int
    line: int


class ChangedAfterRead(NamedTuple):
    """A step changes a name in a cell below one in which another step reads it."""

    maker: str
    name: str
    changer: int
    line: int
    reader: str
    place: int


class Unseeded(NamedTuple):
    """A step draws from a global random state that nothing seeds."""

    step: str
    lib: str
    cell: int
    line: int


class ExplorationDraws(NamedTuple):
    """An unmarked cell draws from a state from which a later step draws."""

    cell: int
    line: int
    lib: str
    before: str
    after: str


class Unclear(NamedTuple):
    """A decorated step whose arguments or results can't be told."""

    step: str
    problem: str
    call: str
    cell: int
    line: int


class LostSetting(NamedTuple):
    """An unmarked cell changes a global state, by a statement that can't be repeated in the steps."""

    cell: int
    line: int
    what: str


Finding = (
    Unmade
    | ChangedOutside
    | Missing
    | NotebookOnly
    | ChangedAfterRead
    | Unseeded
    | ExplorationDraws
    | Unclear
    | LostSetting
)
