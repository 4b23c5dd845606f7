"""jupytext: notebooks that are texts (`.py`, `.md`, `.Rmd`, `.qmd` …) in the shape of an `.ipynb`."""
# jupytext takes 200 ms to import and is needed for such notebooks only

from __future__ import annotations

import copy
import itertools
import json
import re
from pathlib import PurePosixPath
from typing import Any

from nbprod.errors import NotebookUnreadable

# Quarto's chunks are those of R Markdown: no Quarto needs to be installed to read them.
READ_AS = {".qmd": ".Rmd", ".rmd": ".Rmd"}
QUARTO = ".qmd"
OPTION = "#|"
JSON_SUFFIXES = ("", ".ipynb", ".json")
LAYOUT = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")  # how one text had a cell
MAGIC = re.compile(r"^%%?[a-zA-Z]", re.MULTILINE)
COMMENTED_MAGIC = re.compile(r"^# ?%%?[a-zA-Z]", re.MULTILINE)
OTHERS = {"cell_metadata_filter": "tags,-all"}
QUARTOS = OTHERS | {"notebook_metadata_filter": "-all", "comment_magics": False}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PLAIN_TAG = re.compile(r"[A-Za-z_][\w.-]*(:[\w.-]+)*", re.ASCII)
QUARTO_KERNEL = re.compile(r"^jupyter:[ \t]*\S+\n", re.MULTILINE)
# Quarto's options stand above a cell's magic, which must be first in Jupyter.
MAGIC_BELOW = re.compile(r"\A(?P<options>(#\|[^\n]*\n)+)(?P<magic>(%%[^\n]*(\n|\Z))+)")
OPTIONS_BELOW = re.compile(r"\A(?P<magic>(%%[^\n]*\n)+)(?P<options>(#\|[^\n]*\n)+)")
TAGS_OPTION = re.compile(r"#\|\s*tags\s*:")
NEXT_OPTION = re.compile(r"#\|\s*[\w-]+\s*:")


def is_text(path: str) -> bool:
    """Return whether a path is that of a text which jupytext reads as a notebook.

    >>> is_text("flights.py"), is_text("flights.qmd"), is_text("flights.ipynb"), is_text("flights.csv")
    (True, True, False, False)
    """
    suffix = _suffix(path)
    if suffix in JSON_SUFFIXES:
        return False
    from jupytext.formats import NOTEBOOK_EXTENSIONS

    return _jupytexts(suffix) in NOTEBOOK_EXTENSIONS


def as_ipynb(text: str, path: str) -> str:
    r"""Return the notebook as the JSON of an `.ipynb`, and the text itself if it is one already.

    The cells have no ids, for texts hold none: whoever numbers them gets the same numbers each time.

    >>> found = json.loads(as_ipynb('# %% tags=["step:load"]\nflights = [12, 40, 3]\n', "flights.py"))
    >>> found["cells"][0]["metadata"]["tags"], found["cells"][0]["source"]
    (['step:load'], 'flights = [12, 40, 3]')
    """
    if not text.strip() or not is_text(path):
        return text
    return json.dumps(document(text, path))


def document(text: str, path: str) -> dict[str, Any]:
    r"""Return the text's notebook as an `.ipynb` without ids holds it, all that jupytext found in it kept.

    Tags that stand in a cell's options are tags like any other.

    >>> document("```{python}\n#| tags: [step:load]\nflights = [12]\n```\n", "a.qmd")["cells"][0]["metadata"]
    {'tags': ['step:load']}
    """
    node = _read(text, _jupytexts(_suffix(path)), path)
    metadata = json.loads(json.dumps(node.metadata, default=str))
    if _is_quarto(path) or (MAGIC.search(text) and not COMMENTED_MAGIC.search(text)):
        metadata.setdefault("jupytext", {}).setdefault("comment_magics", False)  # when it is written again
    language = metadata.get("jupytext", {}).get("main_language") or metadata.get("kernelspec", {}).get("language")
    return {
        "nbformat": 4,
        "nbformat_minor": 4,  # the last one without ids
        "metadata": {**metadata, "language_info": {"name": str(language or "python")}},
        "cells": [_cell(each, is_quarto=_is_quarto(path)) for each in node.cells],
    }


def as_text(document: dict[str, Any], path: str, source: str) -> str:
    r"""Return the document as the file at `path` holds it; `source` is the path that it was read from.

    A text of the same format keeps its conventions, as far as jupytext knows them. Of an `.ipynb`'s cells a new text
    gets the sources and the tags.

    >>> cell = {"cell_type": "code", "metadata": {"tags": ["step:load"]}, "source": "flights = [12]", "outputs": []}
    >>> found = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}
    >>> print(as_text(found, "flights.qmd", "flights.ipynb"), end="")
    ```{python}
    #| tags: [step:load]
    flights = [12]
    ```
    """
    if not is_text(path) and not is_text(source):
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    done = copy.deepcopy(document)
    if not is_text(path):
        _make_new(done)
        for cell in done["cells"]:
            cell["source"] = _source(cell).splitlines(keepends=True)
        return json.dumps(done, indent=1, ensure_ascii=False) + "\n"
    if _suffix(path) != _suffix(source):
        _make_new(done)
        done["metadata"]["jupytext"] = dict(QUARTOS if _is_quarto(path) else OTHERS)
    _place_tags(done, path)
    return _written(done, path)


def _make_new(document: dict[str, Any]) -> None:
    """Take out what says how another file had the notebook."""
    metadata = document["metadata"]
    metadata.pop("jupytext", None)
    metadata.setdefault("kernelspec", dict(KERNEL))
    for cell in document["cells"]:
        for name in LAYOUT:
            cell.get("metadata", {}).pop(name, None)
    first = document["cells"][0] if document["cells"] else {}
    if first.get("cell_type") == "raw":  # Quarto's header names the kernel, too
        first["source"] = QUARTO_KERNEL.sub("", _source(first))


def _place_tags(document: dict[str, Any], path: str) -> None:
    """Put tags and options where the format has them, and see that jupytext writes them."""
    for cell in document["cells"]:
        source = _source(cell)
        cell["source"] = OPTIONS_BELOW.sub(r"\g<options>\g<magic>", source) if _is_quarto(path) else source
    tagged = [cell for cell in document["cells"] if cell.get("metadata", {}).get("tags")]
    for cell in tagged:
        tags, standing = cell["metadata"].pop("tags"), _option_tags(cell["source"])
        others = [each for each in tags if each not in standing]  # what an option says need not be said twice
        if others and _is_quarto(path) and cell["cell_type"] == "code":
            cell["source"] = _with_option(cell["source"], [*standing, *others])
        elif others:
            cell["metadata"]["tags"] = others
    settings = document["metadata"].setdefault("jupytext", {})
    filtered = str(settings.get("cell_metadata_filter", "")).split(",")
    if tagged and not _is_quarto(path) and {"-all", "-tags"} & set(filtered) and "tags" not in filtered:
        settings["cell_metadata_filter"] = ",".join(["tags", *(each for each in filtered if each != "-tags")])


def _written(document: dict[str, Any], path: str) -> str:
    import jupytext
    import nbformat

    suffix = _jupytexts(_suffix(path))
    known = document["metadata"].get("jupytext", {}).get("text_representation", {}).get("extension")
    node = nbformat.from_dict(document)  # type: ignore[no-untyped-call]
    text: str = jupytext.writes(node, fmt="py:percent" if suffix == ".py" and known != suffix else suffix)
    return text if text.endswith("\n") else text + "\n"


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source") or ""
    return source if isinstance(source, str) else "".join(source)


def _suffix(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).suffix


def _jupytexts(suffix: str) -> str:
    return READ_AS.get(suffix.lower(), suffix)


def _is_quarto(path: str) -> bool:
    return _suffix(path).lower() == QUARTO


def _read(text: str, suffix: str, path: str) -> Any:
    import jupytext

    try:
        return jupytext.reads(text, fmt=suffix)
    except Exception as error:  # what may be any text can make it raise anything
        raise NotebookUnreadable(
            f"{path} cannot be read as a {suffix} notebook: {error}",
            hint=f"Try what jupytext says of it: jupytext --to ipynb --output - {path}",
        ) from error


def _cell(cell: Any, *, is_quarto: bool) -> dict[str, Any]:
    metadata = json.loads(json.dumps(cell.metadata, default=str))
    if cell.cell_type != "code":
        return {"cell_type": cell.cell_type, "metadata": metadata, "source": cell.source}
    tags = metadata.pop("tags", [])
    tags = [tags] if isinstance(tags, str) else [str(each) for each in tags]
    tags = list(dict.fromkeys([*tags, *_option_tags(cell.source)]))
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {**metadata, "tags": tags} if tags else metadata,
        "outputs": [],
        "source": MAGIC_BELOW.sub(r"\g<magic>\g<options>", cell.source) if is_quarto else cell.source,
    }


def _option_rows(source: str) -> list[str]:
    """A Quarto cell's own options: comments at its top, such as `#| tags: [parameters]`."""
    return list(itertools.takewhile(lambda row: row.startswith(OPTION), source.split("\n")))


def _option_tags(source: str) -> list[str]:
    rows = _option_rows(source)
    if not rows:
        return []
    import yaml

    try:
        options = yaml.safe_load("\n".join(row.removeprefix(OPTION) for row in rows))
    except yaml.YAMLError:
        return []
    tags = options.get("tags") if isinstance(options, dict) else None
    return [tags] if isinstance(tags, str) else [str(each) for each in tags or ()]


def _with_option(source: str, tags: list[str]) -> str:
    """The source with the option `tags`, in the place of the one that it has, else behind its other options."""
    rows = _option_rows(source)
    first = next((at for at, row in enumerate(rows) if TAGS_OPTION.match(row)), len(rows))
    after = next((at for at, row in enumerate(rows) if at > first and NEXT_OPTION.match(row)), len(rows))
    written = ", ".join(each if PLAIN_TAG.fullmatch(each) else json.dumps(each) for each in tags)
    options = [*rows[:first], f"{OPTION} tags: [{written}]", *rows[after:]]
    return "\n".join([*options, *source.split("\n")[len(rows) :]])
