"""Marks as they are written: into the notebook's cells in memory, and into its file, where nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbprod.model.notebook import Mark, Notebook, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbprod.suggest.suggestion import Segment, Setting

    Document = dict[str, Any]

PARAMETERS = "parameters"
LOADING = "%load_ext nbprod"
KALE_METADATA = "kubeflow_notebook"
KALE_TAGS = ("prev:", "pipeline-parameters", "pipeline-metrics")  # that nobody else has


def without_kale(document: Document) -> Document:
    """Return the document with Kale's `step:` tags as `block:`, its other word for them; any other as it is.

    >>> cell = {"metadata": {"tags": ["step:load", "prev:start"]}}
    >>> without_kale({"metadata": {"kubeflow_notebook": {}}, "cells": [cell]})["cells"][0]["metadata"]["tags"]
    ['block:load', 'prev:start']
    """
    if not is_kales(document):
        return document
    done = _copied(document)
    for cell in done["cells"]:
        if "tags" in cell.get("metadata", {}):
            cell["metadata"]["tags"] = [
                f"block:{tag.removeprefix('step:')}" if tag.startswith("step:") else tag
                for tag in cell["metadata"]["tags"]
            ]
    return done


def is_kales(document: Document) -> bool:
    """Whether the tags were made for Kale, which has `step:` too, but for the first cell of a step only."""
    tags = (tag for cell in document.get("cells", ()) for tag in cell.get("metadata", {}).get("tags", ()))
    return KALE_METADATA in document.get("metadata", {}) or any(tag.startswith(KALE_TAGS) for tag in tags)


def marked(notebook: Notebook, segments: Iterable[Segment]) -> Notebook:
    """Return the notebook with the segments' cells marked as steps."""
    marks = {
        cell: Mark(each.name, outs=each.outs if cell == each.cells[0] else (), figures=each.figures)
        for each in segments
        for cell in each.cells
    }
    cells = [
        replace(cell, role=Role.STEP, mark=marks[cell.index]) if cell.index in marks else cell
        for cell in notebook.cells
    ]
    return replace(notebook, cells=tuple(cells))


def with_tags(document: Document, segments: Iterable[Segment]) -> Document:
    """Return the document with the marks as tags: step:NAME, and outs:RESULT or no-figures on a step's first cell."""
    done = _copied(document)
    for segment in segments:
        for cell in segment.cells:
            declared = [f"outs:{each}" for each in segment.outs] + ["no-figures"] * (not segment.figures)
            _tag(done["cells"][cell], f"step:{segment.name}", *(declared if cell == segment.cells[0] else ()))
    return done


def with_magics(document: Document, segments: Iterable[Segment]) -> Document:
    """Return the document with the marks as `%%step` lines, and a first cell that loads the extension."""
    done = _copied(document)
    for segment in segments:
        for cell in segment.cells:
            outs = f" --outs {' '.join(segment.outs)}" if segment.outs else ""
            declared = f"{outs}{'' if segment.figures else ' --no-figures'}" if cell == segment.cells[0] else ""
            content = done["cells"][cell]
            content["source"] = _like(content["source"], f"%%step {segment.name}{declared}\n{_text(content)}")
    done["cells"].insert(0, _new_cell(done, "load-nbprod", LOADING, ()))
    return done


def with_parameters(document: Document, settings: Sequence[Setting]) -> Document:
    """Return the document with the settings in a cell tagged `parameters`, above the first cell that held one.

    A cell that holds nothing else is tagged as it stands.
    """
    done = _copied(document)
    cells = sorted({each.cell for each in settings})
    if not cells:
        return done
    if len(cells) == 1 and not _rest(done["cells"][cells[0]], settings).strip():
        _tag(done["cells"][cells[0]], PARAMETERS)
        return done
    lines = {cell: _text(done["cells"][cell]).split("\n") for cell in cells}
    texts = ["\n".join(lines[each.cell][each.first - 1 : each.last]) for each in settings]
    for cell in cells:
        content = done["cells"][cell]
        content["source"] = _like(content["source"], _rest(content, [each for each in settings if each.cell == cell]))
    done["cells"].insert(cells[0], _new_cell(done, PARAMETERS, "\n".join(texts), (PARAMETERS,)))
    return done


def _copied(document: Document) -> Document:
    """The document with cells and metadata of its own; outputs, however deeply nested, are nobody's to change."""
    cells = [{**cell, "metadata": {**cell.get("metadata", {})}} for cell in document["cells"]]
    return {**document, "cells": cells}


def _rest(content: Document, settings: Sequence[Setting]) -> str:
    """The cell's text without the settings' lines."""
    gone = {line for each in settings for line in range(each.first, each.last + 1)}
    kept = [line for at, line in enumerate(_text(content).split("\n"), 1) if at not in gone]
    return "\n".join(kept).strip("\n")


def _text(content: Document) -> str:
    source = content.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _like(source: str | list[str], text: str) -> str | list[str]:
    """The text in the form that the file has: one string, or a list of lines."""
    return text if isinstance(source, str) else text.splitlines(keepends=True)


def _tag(content: Document, *tags: str) -> None:
    metadata = content.setdefault("metadata", {})
    standing = metadata.get("tags", [])
    metadata["tags"] = [*standing, *(each for each in tags if each not in standing)]


def _new_cell(document: Document, name: str, text: str, tags: tuple[str, ...]) -> Document:
    cell: Document = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": []}
    cell["source"] = text.splitlines(keepends=True)
    if tags:
        cell["metadata"]["tags"] = list(tags)
    taken = [each.get("id") for each in document["cells"]]  # whatever JSON an id is
    if document.get("nbformat", 4) == 4 and document.get("nbformat_minor", 0) >= 5:
        while name in taken:
            name += "-"
        cell["id"] = name
    return cell
