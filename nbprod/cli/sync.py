"""`nbprod sync`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbprod.cli.app import main
from nbprod.cli.terminal import columns, named, progress

if TYPE_CHECKING:
    from nbprod.project.exporting import Exported
    from nbprod.project.syncing import Synced


@main.command(short_help="Bring edits of the exported modules back into the notebook.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("--check", "--dry-run", "only_check", is_flag=True, help="Write nothing; exit 1 if the two differ.")
@click.option("--take", type=click.Choice(["notebook", "module"]), help="Whose lines win where both changed the same.")
@click.option("--export/--no-export", "exports", default=True, help="Export what changed afterwards (default), or not.")
@click.option("--json", "as_json", is_flag=True, help="Print what changed, and what can't, as JSON.")
def sync(notebook: Path, *, only_check: bool, take: str | None, exports: bool, as_json: bool) -> None:
    """Bring what was edited in the modules of NOTEBOOK back into its cells, then export what the notebook changed.

    Shows the difference of each cell and writes it there, by the cell's id: comments, magics, outputs and metadata
    stay as they are. Where notebook and modules both changed, cells are merged line by line; if both changed the same
    lines the conflict is shown, and nothing is written until --take says whose lines win.

    Exit 1 where the two still differ, or, with --check, where they do at all.
    """
    from nbprod.project.syncing import Take
    from nbprod.project.syncing import sync as bring_back
    from nbprod.report import synced

    done = bring_back(notebook, dry=only_check, take=Take(take) if take else None)
    if not as_json:
        click.echo(synced.text(done, named(notebook)))
    exported = _exported(notebook, done) if exports and not only_check else None
    if as_json:
        click.echo(synced.as_json(done, exported))
    elif exported:
        from nbprod import report

        click.echo(report.exported(exported, named(notebook), columns(sys.stdout)))
    sys.exit(1 if _differs(done, exported, only_check=only_check, exports=exports) else 0)


def _exported(notebook: Path, done: Synced) -> Exported | None:
    """Export where one of the two changed, unless they contradict each other."""
    from nbprod import project

    if done.conflicts or not (done.written or done.behind):
        return None
    with progress("recording") as advance:
        return project.export(notebook, progress=advance)


def _differs(done: Synced, exported: Exported | None, *, only_check: bool, exports: bool) -> bool:
    from nbprod import report

    if only_check:
        return done.differs
    stuck = bool(done.conflicts) or any(not each.harmless for each in done.left)
    return (
        stuck
        or (exported is not None and report.has_errors(exported.diagnostics))
        or (not exports and bool(done.behind))
    )
