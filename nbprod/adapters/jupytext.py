"""jupytext: notebooks that are texts (`.py`, `.md`, `.Rmd`, `.qmd` …) in the shape of an `.ipynb`."""
# jupytext takes 200 ms to import and is needed for such notebooks only

from __future__ import annotations

import itertools
import json
from pathlib import PurePosixPath
from typing import Any

from nbprod.errors import NotebookUnreadable

# Quarto's chunks are those of R Markdown: no Quarto needs to be installed to read them.
READ_AS = {".qmd": ".Rmd", ".rmd": ".Rmd"}
OPTION = "#|"


def as_ipynb(text: str, path: str) -> str:
    r"""Return the notebook as the JSON of an `.ipynb`, and the text itself if it is one already.

    The cells have no ids, for texts hold none: whoever numbers them gets the same numbers each time.

    >>> found = json.loads(as_ipynb('# %% tags=["step:load"]\nflights = [12, 40, 3]\n', "flights.py"))
    >>> found["cells"][0]["metadata"]["tags"], found["cells"][0]["source"]
    (['step:load'], 'flights = [12, 40, 3]')
    """
    suffix = PurePosixPath(path.replace("\\", "/")).suffix
    if suffix in ("", ".ipynb", ".json") or not text.strip():
        return text
    from jupytext.formats import NOTEBOOK_EXTENSIONS

    suffix = READ_AS.get(suffix.lower(), suffix)
    if suffix not in NOTEBOOK_EXTENSIONS:
        return text
    return json.dumps(_content(_read(text, suffix, path)))


def _read(text: str, suffix: str, path: str) -> Any:
    import jupytext

    try:
        return jupytext.reads(text, fmt=suffix)
    except Exception as error:  # what may be any text can make it raise anything
        raise NotebookUnreadable(
            f"{path} cannot be read as a {suffix} notebook: {error}",
            hint=f"Try what jupytext says of it: jupytext --to ipynb --output - {path}",
        ) from error


def _content(node: Any) -> dict[str, Any]:
    metadata = node.metadata
    language = metadata.get("jupytext", {}).get("main_language") or metadata.get("kernelspec", {}).get("language")
    return {
        "nbformat": 4,
        "nbformat_minor": 4,  # the last one without ids
        "metadata": {"language_info": {"name": str(language or "python")}},
        "cells": [_cell(each) for each in node.cells],
    }


def _cell(cell: Any) -> dict[str, Any]:
    if cell.cell_type != "code":
        return {"cell_type": cell.cell_type, "metadata": {}, "source": cell.source}
    tags = cell.metadata.get("tags", [])
    tags = [tags] if isinstance(tags, str) else [str(each) for each in tags]
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": [*tags, *_option_tags(cell.source)]},
        "outputs": [],
        "source": cell.source,
    }


def _option_tags(source: str) -> list[str]:
    """The tags among a Quarto cell's own options: comments at its top, such as `#| tags: [parameters]`."""
    rows = list(itertools.takewhile(lambda row: row.startswith(OPTION), source.split("\n")))
    if not rows:
        return []
    import yaml

    try:
        options = yaml.safe_load("\n".join(row.removeprefix(OPTION) for row in rows))
    except yaml.YAMLError:
        return []
    tags = options.get("tags") if isinstance(options, dict) else None
    return [tags] if isinstance(tags, str) else [str(each) for each in tags or ()]
