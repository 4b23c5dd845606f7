"""A notebook's text as plain dicts in the shape of format 4, whatever format it had."""
# nbformat takes 130 ms to import and is needed for old notebooks only

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import NotebookUnreadable
from nbprod.model.faults import MENDED_IDS, OLD_FORMAT

if TYPE_CHECKING:
    from nbprod.model.diagnostic import Diagnostic

CONFLICT_MARKER = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RawCell:
    """One cell, its parts checked: `kind` is code, markdown or raw."""

    id: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawNotebook:
    """The cells, the language that the metadata name ("" if none), and what had to be mended."""

    cells: tuple[RawCell, ...]
    language: str = ""
    notes: tuple[Diagnostic, ...] = ()


def parse(text: str | bytes, path: str = "the notebook") -> RawNotebook:
    """Return the notebook in the shape of format 4; NotebookUnreadable says why it cannot be one.

    >>> parse('{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a = 1"]}]}').cells[0].source
    'a = 1'
    """
    content = _loaded(decoded(text, path), path)
    version = _version(content, path)
    upgraded = content if version == 4 else _upgraded(content, version, path)
    notes: tuple[Diagnostic, ...] = () if version == 4 else (OLD_FORMAT.at(None, version=version, path=path),)
    cells = _cells(upgraded, path)
    named, problem = _with_ids(cells)
    if problem and version == 4 and _has_ids(content):
        count = sum(old.id != new.id for old, new in zip(cells, named, strict=True))
        notes += (MENDED_IDS.at(None, count=count, problem=problem),)
    return RawNotebook(named, _language(upgraded), notes)


def document(text: str | bytes, path: str = "the notebook") -> dict[str, Any]:
    """Return the notebook's whole document in format 4, for those who change it; NotebookUnreadable like `parse`.

    >>> document('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')["nbformat_minor"]
    5
    """
    content = _loaded(decoded(text, path), path)
    version = _version(content, path)
    return _mended(content if version == 4 else _upgraded(content, version, path), path)


def _mended(content: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the document with those parts in their proper shape that are changed when it is marked."""
    minor = content.get("nbformat_minor")
    known = isinstance(minor, int) and not isinstance(minor, bool)
    cells = [
        {**cell, "metadata": _metadata(cell.get("metadata")), "source": _lines(cell, index, path)}
        for index, cell in enumerate(content["cells"])
    ]
    return {
        **content,
        "cells": cells,
        "metadata": _mapping(content.get("metadata")),
        "nbformat": 4,
        "nbformat_minor": minor if known else 5 if all("id" in cell for cell in cells) else 4,
    }


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _metadata(metadata: Any) -> dict[str, Any]:
    """Return a cell's metadata, whose tags are a list of texts if there are any."""
    kept = _mapping(metadata)
    tags = {"tags": list(_tags(kept))} if "tags" in kept else {}
    return {**kept, **tags}


def _lines(cell: dict[str, Any], index: int, path: str) -> Any:
    """Return a cell's source in the form that it has: one text, or a list of lines."""
    source = cell.get("source")
    text = _source(source, f"cell {index}", path)
    return source if isinstance(source, list | str) else text


def decoded(text: str | bytes, path: str) -> str:
    """Return the notebook's text, which is UTF-8, or UTF-16 with its byte order mark; NotebookUnreadable if neither."""
    if isinstance(text, bytes):
        encoding = "utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
        try:
            text = text.decode(encoding)
        except UnicodeDecodeError as error:
            raise NotebookUnreadable(
                f"{path} is not a notebook: its bytes are not UTF-8 text (byte {error.start})",
                hint="Check that this is the right file.",
            ) from error
    return text.removeprefix("\ufeff")


def _loaded(text: str, path: str) -> dict[str, Any]:
    if not text.strip():
        raise NotebookUnreadable(f"{path} is empty", hint="Save the notebook again, or take it from version control.")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _not_json(text, path, error) from error
    except RecursionError as error:
        raise NotebookUnreadable(
            f"{path} is not a notebook: its JSON is nested too deeply", hint="Check that this is the right file."
        ) from error
    if not isinstance(content, dict):
        raise _no_notebook(path, f"it holds a JSON {_json_type(content)}")
    return content


def _not_json(text: str, path: str, error: ValueError) -> NotebookUnreadable:
    """Say what is likely the matter with text that is no JSON."""
    marker = CONFLICT_MARKER.search(text)
    if marker:
        line = text.count("\n", 0, marker.start()) + 1
        return NotebookUnreadable(
            f"{path} has merge-conflict markers: line {line} is {marker[0][:40]!r}",
            hint="Resolve the conflict (git mergetool, or nbdime), then try again.",
        )
    if not isinstance(error, json.JSONDecodeError):
        return NotebookUnreadable(f"{path} is not JSON: {error}", hint="Check that this is the right file.")
    if text.lstrip().startswith("{") and not text[error.pos :].strip():
        return NotebookUnreadable(
            f"{path} is truncated: its JSON ends in the middle, in line {error.lineno}",
            hint="Save the notebook again, or take it from version control.",
        )
    if error.msg.startswith("Unterminated string") and "\n" not in text[error.pos :].rstrip():
        return NotebookUnreadable(
            f"{path} is truncated: its JSON ends inside a text, in line {error.lineno}",
            hint="Save the notebook again, or take it from version control.",
        )
    return NotebookUnreadable(
        f"{path} is not JSON, so it is no notebook: line {error.lineno}, column {error.colno}: {error.msg}",
        hint="Check that this is the right file, or mend that line.",
    )


def _no_notebook(path: str, problem: str) -> NotebookUnreadable:
    return NotebookUnreadable(f"{path} is not a notebook: {problem}", hint="Check that this is the right file.")


def _version(content: dict[str, Any], path: str) -> int:
    """Return the major version of the format, by the shape where it is not said."""
    if "cells" not in content and "worksheets" not in content:
        raise _no_notebook(path, "it has no cells")
    version = content.get("nbformat", 3 if "worksheets" in content else 4)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _no_notebook(path, f"its nbformat is {str(version)[:40]!r}")
    if version > 4:
        raise NotebookUnreadable(
            f"{path} has notebook format {version}, which is newer than this nbprod knows (4)",
            hint="Upgrade nbprod, or save the notebook as format 4.",
        )
    return version


def _upgraded(content: dict[str, Any], version: int, path: str) -> dict[str, Any]:
    """Return the content as format 4, by nbformat's own conversion."""
    import nbformat

    from_dict: Any = nbformat.from_dict
    convert: Any = nbformat.convert
    try:
        upgraded = convert(from_dict(content), 4)
    except Exception as error:  # a conversion of what may be anything raises anything
        raise NotebookUnreadable(
            f"{path} says that it has notebook format {version}, but cannot be upgraded: {error}",
            hint="Open it in JupyterLab and save it as a new notebook.",
        ) from error
    if not isinstance(upgraded, dict):
        raise _no_notebook(path, f"format {version} could not be upgraded")
    return upgraded


def _cells(content: dict[str, Any], path: str) -> tuple[RawCell, ...]:
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise _no_notebook(path, f"its cells are a JSON {_json_type(cells)}, not a list")
    return tuple(_cell(index, cell, path) for index, cell in enumerate(cells))


def _cell(index: int, cell: Any, path: str) -> RawCell:
    if not isinstance(cell, dict):
        raise _no_notebook(path, f"cell {index} is a JSON {_json_type(cell)}, not an object")
    identity = cell.get("id")
    return RawCell(
        id=identity if isinstance(identity, str) else "",
        kind=str(cell.get("cell_type", "raw")),
        source=_source(cell.get("source", ""), f"cell {index}", path),
        tags=_tags(cell.get("metadata")),
    )


def _source(source: Any, where: str, path: str) -> str:
    """Return the text of a cell, whose line ends are Python's whatever the file had."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if source is None:
        source = ""
    if not isinstance(source, str):
        raise _no_notebook(path, f"the source of {where} is neither text nor a list of lines")
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def _tags(metadata: Any) -> tuple[str, ...]:
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _has_ids(content: dict[str, Any]) -> bool:
    """Whether the format, from 4.5 on, gives every cell an id."""
    minor = content.get("nbformat_minor", 0)
    cells = content["cells"]
    return (isinstance(minor, int) and minor >= 5) or any(isinstance(cell, dict) and "id" in cell for cell in cells)


def _with_ids(cells: tuple[RawCell, ...]) -> tuple[tuple[RawCell, ...], str]:
    """Return the cells, each with an id of its own, and what was wrong with the ids that they had."""
    counts = Counter(cell.id for cell in cells)
    if len(counts) == len(cells) and "" not in counts:
        return cells, ""
    problems = [f"{counts['']} without"] if "" in counts else []
    problems += [f"{count} share {name[:20]!r}" for name, count in counts.items() if name and count > 1]
    taken, named = set(counts), []
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        name = cell.id if cell.id and cell.id not in seen else _free_name(index, taken)
        seen.add(name)
        taken.add(name)
        named.append(RawCell(name, cell.kind, cell.source, cell.tags))
    return tuple(named), ", ".join(problems[:3])


def _free_name(index: int, taken: set[str]) -> str:
    name = f"cell-{index}"
    while name in taken:
        name += "-"
    return name


def _language(content: dict[str, Any]) -> str:
    metadata = content.get("metadata")
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(part) if isinstance(metadata, dict) else None
        named = found.get(key) if isinstance(found, dict) else None
        if isinstance(named, str) and named.strip():
            return named.strip()
    return ""


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "list", str: "text", int: "number", float: "number", type(None): "null"}
    return names[type(value)]
