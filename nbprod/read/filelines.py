"""Where the cells of a notebook that is a text stand in its file."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOVABLE = ("%%", "#|")  # a cell's magics and options, which may stand in another order in the file


def file_lines(text: str, sources: Sequence[str]) -> tuple[int, ...]:
    r"""Return the line, from 1, at which each cell's source begins; 0 for a cell that is not found.

    The lines of the file may be comments where a cell's are Markdown or magics.

    >>> file_lines("# %% [markdown]\n# # Load\n# %%\n# !ls\nx = 1\n\n# %%\ny = 1", ["# Load", "!ls\nx = 1", "y = 1"])
    (2, 4, 8)
    """
    rows = [row.rstrip() for row in text.splitlines()]
    found, below = [], 0
    for source in sources:
        wanted = [row.rstrip() for row in source.split("\n")]
        above = len(list(itertools.takewhile(lambda row: row.startswith(MOVABLE), wanted)))
        body = wanted[above:] if any(wanted[above:]) else wanted
        above = above if body is not wanted else 0
        at = _place(rows, body, below)
        found.append(0 if at is None else max(at - above, 0) + 1)
        below = below if at is None else at + 1
    return tuple(found)


def _place(rows: list[str], body: list[str], below: int) -> int | None:
    """The index of the first row from which the whole body stands; else of one that is like its first."""
    if not any(body):
        return None
    first = [at for at in range(below, len(rows)) if _is_like(rows[at], body[0])]
    for at in first:
        if len(rows) - at >= len(body) and all(map(_is_like, rows[at : at + len(body)], body)):
            return at
    return first[0] if first and body[0] else None


def _is_like(row: str, wanted: str) -> bool:
    return row == wanted or ("#" in row and wanted in (row.replace("# ", "", 1), row.replace("#", "", 1)))
