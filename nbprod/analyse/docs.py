"""The sentence that says what a step does: its docstring, the text above it, or its first comment."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.analyse.trace import ScannedCell
    from nbprod.model.notebook import Cell

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|<[^>]+>")
_SENTENCE = re.compile(r"(.+?[.!?])(?=\s+[A-Z(\"'`]|\s*$)", re.DOTALL)
_NUMBER = re.compile(r"^[\d.]+\)?\s+")
_ATTRIBUTES = re.compile(r"\s*\{\s*[#.-][^{}]*\}\s*$")  # Pandoc's, behind a heading
_FRONT_MATTER = re.compile(r"\A---\n.*?^---\s*$", re.MULTILINE | re.DOTALL)
LONGEST = 160


def docstring_of(body: Sequence[ast.stmt]) -> str:
    """Return the text that stands alone as the first statement."""
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.value.value.strip()
    return ""


def doc_of(scanned: ScannedCell, above: Sequence[Cell], own: str = "") -> str:
    """Return what a step does: its own docstring, else the text right above its first cell, else its first comment."""
    nodes = [statement.node for statement in scanned.statements]
    written = own or docstring_of(nodes)
    if written:
        return written
    for cell in reversed(above):
        if cell.role is not Role.TEXT:
            break
        said = sentence(cell.source)
        if said:
            return said
    return first_comment(scanned.cell.python)


def sentence(markdown: str) -> str:
    r"""Return a text's first sentence, or its heading if that is all it has.

    >>> sentence("## Clean\n\nDrop **cancelled** flights. They never arrive.")
    'Drop cancelled flights.'
    >>> sentence("---\ntitle: Flights\n---\n## 2. Clean the flights {#sec-clean}")
    'Clean the flights'
    """
    heading, paragraph = "", []
    for line in _FRONT_MATTER.sub("", markdown).splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            heading = heading or _ATTRIBUTES.sub("", stripped).lstrip("#").strip()
        elif stripped and not stripped.startswith(("-", "*  ", "|", ">", "```", ":::", "$$", "<", "![")):
            paragraph.append(stripped)
        elif paragraph:
            break
    text = plain(" ".join(paragraph))
    found = _SENTENCE.match(text)
    said = found.group(1) if found else text
    return said if said and len(said) <= LONGEST else _NUMBER.sub("", plain(heading))


def plain(markdown: str) -> str:
    """Return a line of markdown without its markup."""
    return _EMPHASIS.sub("", _LINK.sub(r"\1", markdown)).strip()


def first_comment(python: str) -> str:
    """Return the comment lines with which a cell begins, as one line."""
    said: list[str] = []
    for line in python.splitlines():
        stripped = line.strip()
        if stripped.startswith("#") and not line.startswith("#!"):
            said.append(stripped.lstrip("#").strip())
        elif stripped or said:
            break
    text = " ".join(each for each in said if each)
    found = _SENTENCE.match(text)
    return found.group(1) if found else text
