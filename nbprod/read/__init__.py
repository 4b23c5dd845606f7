"""Reading: a notebook's text becomes cells with their marks, and each code cell plain Python.

nbformat's adapter gives the raw cells. `cells` reads one: `marks` finds what the cell is for, `magics` turns what only
a notebook understands into plain Python, line by line, so that a fault in line 7 is a fault in line 7 of the cell.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING

from nbprod.adapters import jupytext, nbformat
from nbprod.errors import NotebookUnreadable
from nbprod.model.faults import OTHER_KERNEL
from nbprod.model.notebook import Cell, Notebook, Role
from nbprod.read.cells import Reading, code_cell
from nbprod.read.filelines import file_lines
from nbprod.read.including import Included, as_main
from nbprod.read.magics import Known
from nbprod.read.names import bound_names, uses_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.adapters.nbformat import RawCell

__all__ = ["file_lines", "notebook"]

PYTHONS = re.compile(r"^(i?python\d*|xpython|sage)$", re.IGNORECASE)
OWN_DISPLAY = re.compile(r"(^|\s)(import[^\n]*\bdisplay\b|(def|class)\s+display\b|display\s*=[^=])")


def notebook(
    text: str | bytes,
    path: str,
    transform: Callable[[str], str],
    beside: Callable[[str], str | bytes | None] = lambda _: None,
) -> Notebook:
    r"""Return the notebook; what is wrong with a cell stands in its `faults`, with the whole in `notes`.

    Notebooks in jupytext's formats are told by the path's suffix. `transform` is IPython's transformer of a cell's
    text; `beside` gives the content of a file by its path from the notebook's folder, or None: what a cell runs with
    `%run FILE` is read in its place. Raises NotebookUnreadable if the text is no notebook.

    >>> cells = '[{"cell_type": "code", "metadata": {}, "source": "%%step load\\nflights = [12, 40, 3]"}]'
    >>> read = notebook('{"nbformat": 4, "metadata": {}, "cells": ' + cells + '}', "flights.ipynb", str)
    >>> read.cells[0].mark.step, read.cells[0].python
    ('load', '\nflights = [12, 40, 3]')
    """
    raw = nbformat.parse(jupytext.as_ipynb(nbformat.decoded(text, path), path), path)
    language = "" if not raw.language or PYTHONS.match(raw.language) else raw.language
    notes = raw.notes + ((OTHER_KERNEL.at(None, language=language),) if language else ())
    reading = _reading(raw.cells, transform, language, _including(beside, transform, frozenset({path})))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a cell's "\d" is its author's business, and Python tells of it when it runs
        cells = tuple(_cell(index, cell, reading) for index, cell in enumerate(raw.cells))
    sources = [cell.source for cell in raw.cells]
    lines = file_lines(nbformat.decoded(text, path), sources) if jupytext.is_text(path) else ()
    return Notebook(path.replace("\\", "/"), cells, notes, lines)


def _including(
    beside: Callable[[str], str | bytes | None], transform: Callable[[str], str], above: frozenset[str]
) -> Callable[[str], Included | None]:
    """Return what reads the files that cells run; `above` are those that are being read."""

    def included(file: str) -> Included | None:
        text = None if file in above else beside(file)
        if text is None:
            return None
        try:
            raw = nbformat.parse(jupytext.as_ipynb(nbformat.decoded(text, file), file), file)
        except NotebookUnreadable:
            return None
        reading = _reading(raw.cells, transform, "", _including(beside, transform, above | {file}))
        cells = [_cell(index, cell, reading) for index, cell in enumerate(raw.cells) if cell.kind == "code"]
        kept = [cell for cell in cells if cell.role is not Role.SKIPPED]
        needs = tuple(need for cell in kept for need in cell.needs)
        return Included(as_main("\n".join(cell.python for cell in kept)), needs)

    return included


def _reading(
    cells: Sequence[RawCell],
    transform: Callable[[str], str],
    language: str,
    beside: Callable[[str], Included | None],
) -> Reading:
    sources = [cell.source for cell in cells if cell.kind == "code"]

    @cache
    def names() -> frozenset[str]:
        return bound_names(sources)

    @cache
    def lines_are_used() -> bool:
        return uses_lines(sources)

    own_display = any("display" in source and OWN_DISPLAY.search(source) for source in sources)
    known = Known(names, lines_are_used)
    return Reading(transform, known, language, has_own_display=own_display, beside=beside)


def _cell(index: int, cell: RawCell, reading: Reading) -> Cell:
    if cell.kind != "code":
        return Cell(index, cell.id, Role.TEXT, cell.source, cell.tags)
    return code_cell(index, cell.id, cell.source, cell.tags, reading)
