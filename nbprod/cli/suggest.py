"""`nbprod suggest`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbprod.cli.app import main
from nbprod.cli.terminal import named, progress

if TYPE_CHECKING:
    from nbprod.project.suggesting import Choice
    from nbprod.suggest import Suggestion


@main.command(short_help="Suggest marks for a notebook that has none.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the marked notebook here.")
@click.option("--write", "in_place", is_flag=True, help="Write the marks into NOTEBOOK itself.")
@click.option("--magics", is_flag=True, help="Mark with %%step lines instead of cell tags.")
@click.option("--run/--no-run", default=None, help="Try the marks in a recorded run (default: when writing).")
@click.option("-i", "--interactive", is_flag=True, help="Choose in a table before the marks are written.")
@click.option("--json", "as_json", is_flag=True, help="Print what was chosen and why as JSON.")
def suggest(
    notebook: Path,
    *,
    out: Path | None,
    in_place: bool,
    magics: bool,
    run: bool | None,
    interactive: bool,
    as_json: bool,
) -> None:
    """Print which cells of NOTEBOOK to mark as steps, why, and what stays outside.

    Headings, the names that flow between cells and what can be stored decide where steps begin and end. With -o or
    --write the marks are written, and tried: the notebook then runs once, and steps between which a value can't be
    handed over become one. Exit 1 if something still stands in the way of export.

    With -i a table of all cells opens first: look at each with its reasons, rename, split and join steps, take cells
    out or in, and see at once what that would break; w writes, q leaves without writing.
    """
    from nbprod.project.suggesting import suggest as suggest_marks
    from nbprod.report import suggested

    if out and in_place:
        raise click.UsageError("-o and --write are two ways to write: choose one.")
    if interactive and not (out or in_place):
        raise click.UsageError("-i chooses what is written: say where, with -o FILE or --write.")
    with progress("trying") as advance:
        done = suggest_marks(
            notebook,
            out=notebook if in_place else out,
            magics=magics,
            run=run,
            choose=chosen if interactive else None,
            progress=advance,
        )
    click.echo(suggested.as_json(done) if as_json else suggested.text(done, named(notebook)))
    sys.exit(1 if done.suggestion.errors else 0)


def chosen(choice: Choice) -> Suggestion:
    """Return what a person chooses in the table; leaving it ends the command."""
    from nbprod.choosing import choose

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("-i needs a terminal: without one, leave it out.")
    found = choose(choice)
    if found is None:
        click.echo("nothing written")
        raise click.exceptions.Exit(0)
    return found
