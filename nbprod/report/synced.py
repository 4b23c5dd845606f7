"""What `nbprod sync` prints: each cell's difference, what stays in the modules and why. Nothing here prints."""

from __future__ import annotations

import difflib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.emit.back import Left
    from nbprod.project.exporting import Exported
    from nbprod.project.pairing import CellChange
    from nbprod.project.syncing import Synced

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def text(done: Synced, notebook: str) -> str:
    """Return what changed in the notebook, or would, and what can't."""
    lines = [line for each in done.changes for line in _cell(each)]
    lines += [line for each in done.left for line in _stays(each)]
    return "\n".join([*lines, _verdict(done, notebook)])


def _cell(change: CellChange) -> Iterator[str]:
    where = f"cell {change.cell}" if change.cell is not None else "no cell"
    title = click.style(f"{where} ({change.id})", bold=True)
    yield f"  {title}   from {', '.join(change.files)}"
    if change.conflict:
        both = "both changed the same lines" if change.cell is not None else "the notebook has this cell no more"
        yield f"  {click.style('conflict', fg='red')}: {both}"
    yield from (f"    {_coloured(line)}" for line in difference(change))
    yield ""


def difference(change: CellChange) -> list[str]:
    """Return the change as a unified diff, without the lines that name files."""
    found = difflib.unified_diff(change.before.split("\n"), change.after.split("\n"), lineterm="", n=2)
    return list(found)[2:]


def _coloured(line: str) -> str:
    return click.style(line, fg=COLOURS[line[0]]) if line[:1] in COLOURS else line


def _stays(each: Left) -> Iterator[str]:
    first, _, rest = each.text.partition("\n")
    word = "stays" if each.harmless else click.style("can't go back", fg="yellow")
    yield f"  {word}   {each.path}, line {each.line}: {first}{' …' if rest else ''}"
    yield f"          {each.why}"


def _verdict(done: Synced, notebook: str) -> str:
    cells = len(done.changes)
    if done.conflicts:
        return (
            f"  nothing was written: nbprod sync {notebook} --take notebook, or --take module, "
            "says whose lines win; or edit one of the two"
        )
    if cells:
        return (
            f"  {'wrote' if done.written else 'to write'}   {cells} cell{'s' if cells > 1 else ''} of {done.notebook}"
        )
    if done.behind:
        return f"  the notebook is ahead of its modules: {', '.join(done.behind)}"
    if any(not each.harmless for each in done.left):
        return "  the modules have what the notebook lacks, as said above"
    return "  the notebook and its modules say the same"


def as_json(done: Synced, exported: Exported | None) -> str:
    """Return the same as JSON, with what became of the exported files."""
    cells = [asdict(each) | {"diff": difference(each)} for each in done.changes]
    return json.dumps(
        {
            "differs": done.differs,
            "written": done.written,
            "cells": cells,
            "left": [asdict(each) | {"line": each.line} for each in done.left],
            "behind": list(done.behind),
            "files": [{"path": each.path, "fate": str(each.fate)} for each in exported.changes] if exported else [],
        },
        indent=2,
        ensure_ascii=False,
    )
