"""papermill: run a notebook top to bottom in a fresh kernel of this very Python.

What is ours of it is in `engine`, which imports papermill and so is imported only to run.
"""

from __future__ import annotations

import contextlib
import logging
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import NotebookUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class CellToRun:
    """A code cell: `index` as the whole notebook counts it, and the source as it stands there."""

    index: int
    id: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """How to run: in which folder, what hidden code goes before and after, and whom to tell of the progress.

    `progress` gets the number of cells done and the number of all; `timeout` is in seconds for one cell.
    """

    folder: Path
    before: str = ""
    after: str = ""
    progress: Callable[[int, int], None] | None = None
    timeout: int | None = None


def code_cells(text: str) -> tuple[CellToRun, ...]:
    """The code cells of a notebook's text, of whatever nbformat version, as the newest version would hold them.

    Raises:
        NotebookUnreadable: nbformat can't read it.
    """
    import nbformat

    with quiet():
        try:
            node: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        except Exception as error:
            raise NotebookUnreadable(f"nbformat can't read the notebook: {error}") from error
    return tuple(
        CellToRun(index, cell.get("id", ""), cell.source, tuple(cell.metadata.get("tags", ())))
        for index, cell in enumerate(node.cells)
        if cell.cell_type == "code"
    )


def run(cells: Sequence[CellToRun], visit: Visit) -> None:
    """Run the cells in order in a fresh kernel; nothing is written.

    Raises:
        CellFailed: a cell raised, took too long, or its kernel died.
        NbprodError: the kernel did not start, or the hidden code failed.
    """
    with quiet():
        from nbprod.adapters.papermill import engine

        engine.execute(tuple(cells), visit)


def plain(traceback: str | Sequence[str]) -> str:
    r"""The traceback without colours.

    >>> plain(["\x1b[31mValueError\x1b[0m", "no"])
    'ValueError\nno'
    """
    text = traceback if isinstance(traceback, str) else "\n".join(traceback)
    return ANSI.sub("", text)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """papermill, nbclient and traitlets say nothing of their own: failures come back as exceptions."""
    logger = logging.getLogger("papermill")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
