"""`nbprod hook`: what git and CI call."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbprod.cli.app import main


@main.command(short_help="What git's hooks and CI call.")
@click.argument("what", type=click.Choice(["current", "outputs", "notebooks"]))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def hook(what: str, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Check what is about to be committed; exit 1 if it should not be.

    \b
      current     exported modules are what their notebooks say, as both are staged
      outputs     takes the outputs out of the FILES, or else of the staged notebooks
      notebooks   lists the project's exported notebooks, one a line
    """  # noqa: D301  (click wants the character itself)
    from nbprod.project import hooking
    from nbprod.report import started

    if what == "notebooks":
        found = hooking.notebooks(Path())
        click.echo(started.listed_json(found) if as_json else "\n".join(found), nl=bool(found or as_json))
    elif what == "outputs":
        stripped = hooking.stripped(files or hooking.staged_notebooks(Path()))
        click.echo(started.stripped(stripped, as_json=as_json), nl=bool(stripped or as_json))
        sys.exit(1 if stripped else 0)
    else:
        checked = hooking.current(Path())
        bad = [each for each in checked if not each.good]
        click.echo(started.current(checked, as_json=as_json), nl=bool(bad or as_json))
        sys.exit(1 if bad else 0)
