"""`nbprod init`."""

from __future__ import annotations

from pathlib import Path

import click

from nbprod.cli.app import main


@main.command(short_help="Make a repository ready: git, DVC, CI, hooks.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of each file as JSON.")
def init(folder: Path, *, dry_run: bool, as_json: bool) -> None:
    """Make FOLDER (the current one) a repository that is ready for notebooks and their pipelines.

    Sets up git and DVC, writes what each should ignore, a pyproject.toml with what the notebooks import, a workflow for
    GitHub or GitLab (by the repository's remote; both if it has none) that checks, reproduces and verifies, and hooks
    that let no outputs and no stale export into a commit.

    What stands there already is not changed: for such files it says what to add by hand. Running it again changes
    nothing.
    """
    from nbprod.project.starting import init as make_ready
    from nbprod.report import started

    done = make_ready(folder, dry=dry_run)
    click.echo(started.as_json(done) if as_json else started.text(done))
