"""The text of an `.ipynb`: the sources of its cells are changed where they stand, and no other byte of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import NotebookUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BLANKS = re.compile(r"[ \t\r\n]*")
PLAIN = {"outputs": "[]", "execution_count": "null"}
DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a value stands in the text."""

    start: int
    end: int


def with_sources(content: bytes, sources: Mapping[int, str]) -> bytes:
    r"""Return the notebook's file with other sources for some cells, by their index.

    Lines that a cell had before stay as they were written; new ones are written in its way.

    >>> with_sources(b'{"cells": [{"source": ["a = 1\\n", "b = 2"]}]}', {0: "a = 1\nb = 3"})
    b'{"cells": [{"source": ["a = 1\\n", "b = 3"]}]}'

    Raises:
        NotebookUnreadable: the notebook has another format than 4.
    """
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = content.decode(encoding)
    spans = dict(enumerate(_sources(text)))
    escaped = "\\u" in text and text.isascii()
    for index in sorted(sources, reverse=True):
        span = spans[index]
        written = _written(text[span.start : span.end], sources[index], escaped=escaped)
        text = f"{text[: span.start]}{written}{text[span.end :]}"
    return text.encode(encoding, errors="backslashreplace")


def without_outputs(content: bytes) -> bytes:
    r"""Return the notebook's file without the outputs and execution counts of its cells.

    >>> without_outputs(b'{"cells": [{"outputs": [1], "execution_count": 3}], "nbformat": 4}')
    b'{"cells": [{"outputs": [], "execution_count": null}], "nbformat": 4}'

    Raises:
        ValueError: it is no JSON.
    """
    text = content.decode()
    json.loads(text)
    start = _past_blanks(text, len(text) - len(text.lstrip("\ufeff")))
    cells = dict(_members(text, start)).get("cells")
    found: list[tuple[_Span, str]] = []
    for cell in _elements(text, cells.start) if cells else ():
        members = dict(_members(text, cell.start))
        found += [(members[name], plain) for name, plain in PLAIN.items() if name in members]
    for span, plain in sorted(found, key=lambda each: each[0].start, reverse=True):
        text = f"{text[: span.start]}{plain}{text[span.end :]}"
    return text.encode()


def _sources(text: str) -> Iterator[_Span]:
    """Yield where the source of each cell stands."""
    start = _past_blanks(text, len(text) - len(text.lstrip("\ufeff")))
    cells = dict(_members(text, start)).get("cells")
    if cells is None:
        raise NotebookUnreadable("the notebook has an old format", hint="Save it in JupyterLab, then try again.")
    for cell in _elements(text, cells.start):
        yield dict(_members(text, cell.start))["source"]


def _members(text: str, start: int) -> Iterator[tuple[str, _Span]]:
    """Yield the keys of the object that begins there, with their values."""
    at = _past_blanks(text, start + 1)
    while text[at] != "}":
        key, at = DECODER.raw_decode(text, at)
        at = _past_blanks(text, _past_blanks(text, at) + 1)
        _, end = DECODER.raw_decode(text, at)
        yield key, _Span(at, end)
        at = _past_comma(text, end)


def _elements(text: str, start: int) -> Iterator[_Span]:
    """Yield the elements of the array that begins there."""
    at = _past_blanks(text, start + 1)
    while text[at] != "]":
        _, end = DECODER.raw_decode(text, at)
        yield _Span(at, end)
        at = _past_comma(text, end)


def _past_comma(text: str, at: int) -> int:
    at = _past_blanks(text, at)
    return _past_blanks(text, at + 1) if text[at] == "," else at


def _past_blanks(text: str, at: int) -> int:
    found = BLANKS.match(text, at)
    return found.end() if found else at


def _written(standing: str, source: str, *, escaped: bool) -> str:
    """The source as JSON, in the way of what stands there: one text or a list of lines, with its gaps."""
    if not standing.startswith("["):
        return _dumped(source, escaped=escaped)
    if "\\r\\n" in standing:
        source = source.replace("\n", "\r\n")
    lines = source.splitlines(keepends=True)
    spans = list(_elements(standing, 0))
    known = {json.loads(each): each for each in (standing[span.start : span.end] for span in spans)}
    gap = standing[1 : spans[0].start] if spans else ""
    between = standing[spans[0].end : spans[1].start] if len(spans) > 1 else f",{gap or ' '}"
    closing = standing[spans[-1].end : -1] if spans else ""
    written = between.join(known.get(each) or _dumped(each, escaped=escaped) for each in lines)
    return f"[{gap}{written}{closing}]" if lines else "[]"


def _dumped(value: Any, *, escaped: bool) -> str:
    return json.dumps(value, ensure_ascii=escaped)
