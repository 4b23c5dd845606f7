"""A notebook as nbprod reads it: cells with their marks, and each code cell as plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.model.diagnostic import Diagnostic


INJECTED = "injected-parameters"  # papermill's tag of the cell that sets parameters to what was given
MAY_RAISE = "raises-exception"  # Jupyter's tag of a cell below which the notebook goes on whatever it raises


class Role(StrEnum):
    """What a cell is for."""

    PARAMETERS = "parameters"
    STEP = "step"
    TEST = "test"
    SKIPPED = "skipped"
    PLAIN = "plain"  # an unmarked code cell: definitions and exploration
    TEXT = "text"  # markdown or raw


@dataclass(frozen=True, slots=True)
class Mark:
    """What `%%step NAME`, `%%test NAME` or the tag `step:NAME` says of its cell; analysis finds `@step`.

    `figures`: the figures that the cell displays become plots of the step. `cache`: "fresh" where it is to run this
    time, "no" where its work is never restored, "yes" where it is although it reads the clock or the like.
    """

    step: str
    outs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()
    figures: bool = True
    cache: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `index` counts all cells from 0, as nbformat holds them.

    `python` is the source as plain Python with the same line numbers: the mark's line and notebook-only magics are
    blank comments, shell lines are `subprocess` calls. It is "" where the cell cannot be parsed (see `faults`).
    `needs` are the imports that this translation added, such as `import subprocess`.
    """

    index: int
    id: str
    role: Role
    source: str
    tags: tuple[str, ...] = ()
    mark: Mark | None = None
    python: str = ""
    needs: tuple[str, ...] = ()
    faults: tuple[Diagnostic, ...] = ()

    @property
    def may_raise(self) -> bool:
        """Whether its tag lets the notebook go on below what it raises: no function does."""
        return MAY_RAISE in self.tags


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook that was read; `path` is as given, with forward slashes; `notes` say what reading had to mend.

    `file_lines`: where the file is a text, the line at which each cell begins there, 0 if that is not known.
    """

    path: str
    cells: tuple[Cell, ...]
    notes: tuple[Diagnostic, ...] = ()
    file_lines: tuple[int, ...] = ()

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The code cells, in order."""
        return tuple(cell for cell in self.cells if cell.role is not Role.TEXT)
