"""What `nbprod init` and its hooks print. Nothing here prints."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from nbprod.report import plural, synced, table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nbprod.project.hooking import Checked
    from nbprod.project.starting import Started


def text(done: Started) -> str:
    """Return what became of each part, what to add by hand, and what to do next."""
    rows = [(_verb(str(each.fate), done), each.path) for each in done.parts]
    lines = [table(rows)]
    for each in done.parts:
        if each.lacking:
            lines.append(f"\n  {each.path} was there already. Add to it by hand:")
            lines += [f"    {line}" for line in each.lacking]
    if done.written:
        notebook = shlex.quote(done.notebooks[0]) if done.notebooks else "notebooks/NAME.ipynb"
        lines.append(f"\n  next   nbprod check {notebook}   ·   nbprod export {notebook}   ·   git add -A")
    return "\n".join(lines)


def _verb(fate: str, done: Started) -> str:
    return fate if done.written or fate == "kept" else "to create"


def as_json(done: Started) -> str:
    """Return the same as JSON."""
    return _json(asdict(done) | {"folder": str(done.folder)})


def stripped(paths: Sequence[Path], *, as_json: bool) -> str:
    """Return which notebooks had outputs, and what to do now."""
    names = [path.as_posix() for path in paths]
    if as_json:
        return _json({"stripped": names})
    if not names:
        return ""
    lines = [f"  took the outputs out of {name}" for name in names]
    return "\n".join([*lines, "  git add them again, then commit"])


def current(checked: Sequence[Checked], *, as_json: bool) -> str:
    """Return what of the notebooks and their modules differs; "" where nothing does."""
    if as_json:
        return _json([asdict(each) | {"good": each.good} for each in checked])
    lines: list[str] = []
    bad = [each for each in checked if not each.good]
    for each in bad:
        lines.append(click.style(each.notebook, bold=True))
        lines.append(synced.text(each.synced, each.notebook) if each.synced else f"  {each.problem}")
    if bad:
        lines.append(
            f"  {plural(len(bad), 'notebook')} and its modules differ as staged: run nbprod sync, git add both"
        )
    return "\n".join(lines)


def listed_json(names: Sequence[str]) -> str:
    """Return the notebooks as JSON."""
    return _json(list(names))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
