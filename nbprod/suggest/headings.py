"""The headings that code cells stand under, or the borders that somebody drew for Kale."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.notebook import Notebook

HEADING = re.compile(r"^\s{0,3}(?P<hashes>#{1,6})\s*(?P<title>[^#\s].*?)\s*#*\s*$", re.MULTILINE)
HTML = re.compile(r"<h(?P<level>[1-6])[^>]*>(?P<title>.*?)</h(?P=level)>", re.IGNORECASE | re.DOTALL)
UNDERLINED = re.compile(r"^(?P<title>[^\n#>*\-|].*)\n(?P<line>=+|-{3,})\s*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
FRONT_MATTER = re.compile(r"\A---\n.*?^---\s*$", re.MULTILINE | re.DOTALL)
KALE = "block:"  # how Kale tags the first cell of a step
KALE_APART = {"imports", "functions", "pipeline-parameters", "pipeline-metrics"}
SKIPPED = "skip"
TAGGED = 0  # the level of what is no heading but a tag
Path = tuple[tuple[int, str], ...]  # (level, title) from the outermost heading to the innermost


def paths(notebook: Notebook) -> dict[int, Path]:
    r"""Return, for each code cell by index, the headings that it stands under.

    >>> from nbprod.model.notebook import Cell, Notebook
    >>> text, code = Cell(0, "a", Role.TEXT, "# Flights\n## Load"), Cell(1, "b", Role.PLAIN, "")
    >>> paths(Notebook("n.ipynb", (text, code)))
    {1: ((1, 'Flights'), (2, 'Load'))}
    """
    found: dict[int, Path] = {}
    current: Path = ()
    if any(tag.startswith(KALE) for cell in notebook.cells for tag in cell.tags):
        return _of_kale(notebook)
    for cell in notebook.cells:
        if cell.role is not Role.TEXT:
            found[cell.index] = current
            continue
        for level, title in headings(cell.source):
            current = (*(each for each in current if each[0] < level), (level, title))
    return found


def _of_kale(notebook: Notebook) -> dict[int, Path]:
    """The names of Kale's steps: a cell whose tags name none, as `block:` does not, belongs to what stands above it."""
    found: dict[int, Path] = {}
    current: Path = ()
    for cell in notebook.code_cells:
        if KALE_APART & set(cell.tags):
            current = ()
        elif names := [tag.removeprefix(KALE) for tag in cell.tags if tag.startswith(KALE) and tag != KALE]:
            current = ((TAGGED, names[-1]),)
        found[cell.index] = () if SKIPPED in cell.tags else current
    return found


def headings(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield the headings of a Markdown text with their levels, in order.

    >>> list(headings("---\ntitle: Flights\n---\n\n# Load"))
    [(1, 'Load')]
    """
    bare = FENCE.sub("", FRONT_MATTER.sub("", text))
    found = [(each.start(), len(each["hashes"]), each["title"]) for each in HEADING.finditer(bare)]
    found += [(each.start(), int(each["level"]), each["title"]) for each in HTML.finditer(bare)]
    found += [(each.start(), 1 if each["line"][0] == "=" else 2, each["title"]) for each in UNDERLINED.finditer(bare)]
    yield from ((level, plain(title)) for _, level, title in sorted(found) if plain(title))


def plain(title: str) -> str:
    """Return a heading without its markup, its number and Pandoc's attributes.

    >>> plain("3.1 **Load** the [data](#data) `now` {#sec-load .unnumbered}")
    'Load the data now'
    """
    text = re.sub(r"<[^>]*>|\s*\{\s*[#.-][^{}]*\}\s*$", "", title)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`$]+(?=\w)|(?<=\w)[*`$]+|\*+", "", text)
    return re.sub(r"^\s*(?:\d+(?:\.\d+)*[.):]*|[A-Za-z][.)])\s+", "", text).strip()
