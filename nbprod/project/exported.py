"""The notebook as export last read it: what tells an edit of the notebook from one of a module."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from nbprod.errors import NotebookUnreadable
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from pathlib import Path

    from nbprod.model.notebook import Notebook
    from nbprod.project.place import Place


def file(place: Place) -> Path:
    """The file that keeps the cells."""
    return place.base / f"{place.package}.cells.json"


def kept(notebook: Notebook) -> bytes:
    """Return the notebook's cells as a small notebook: ids, tags and sources."""
    cells = [
        {
            "cell_type": "markdown" if each.role is Role.TEXT else "code",
            "id": each.id,
            "metadata": {"tags": list(each.tags)} if each.tags else {},
            "source": each.source.splitlines(keepends=True),
        }
        for each in notebook.cells
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def last(place: Place) -> Notebook | None:
    """Return the notebook as the last export read it; None where that is not known."""
    try:
        return reading(file(place).read_bytes(), place)
    except (OSError, NotebookUnreadable):
        return None


def reading(content: bytes, place: Place) -> Notebook:
    """Return what `kept` gave as the notebook that stands at the place."""
    from nbprod.adapters import ipython
    from nbprod.read import notebook

    # As JSON, whatever the format of the notebook's own file is.
    found = notebook(content, f"{place.relative}.ipynb", ipython.transform, place.beside)
    return replace(found, path=place.relative.replace("\\", "/"))
