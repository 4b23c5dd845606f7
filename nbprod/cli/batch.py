"""`nbprod batch`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbprod.cli.app import INTERRUPTED, main
from nbprod.cli.terminal import columns, named

if TYPE_CHECKING:
    from nbprod.project.batches import Batched, Options
    from nbprod.run.batches.executor import Executor
    from nbprod.run.batches.plan import Plan
    from nbprod.run.batches.spec import Spec


@main.command(short_help="Run the notebook with many values, each piece of work once.")
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option("-p", "--parameter", "fixed", metavar="NAME=VALUE", multiple=True, help="A value for all runs.")
@click.option("--grid", metavar="NAME=A,B,C", multiple=True, help="Every value, with every one of other --grid.")
@click.option("--zip", "zipped", metavar="NAME=A,B,C", multiple=True, help="Side by side with other --zip.")
@click.option("--file", "table", metavar="PATH", help="A row a run: .csv, .yaml or .parquet.")
@click.option("--each", metavar="PATTERN", help="A run for each file that the pattern finds; with --as.")
@click.option("--as", "each_name", metavar="NAME", help="The parameter that gets the file's path.")
@click.option("--out", metavar="DIR", help="Where the runs go: a folder or a URL (s3://…). Default: batches/NOTEBOOK.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="How many compute at once. Default: one a processor.")
@click.option("--cluster", metavar="ADDRESS", help="Run on the Dask cluster of that scheduler: tcp://host:8786.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Stop longer runs.")
@click.option("--retries", type=click.IntRange(min=0), default=0, help="More chances for a run that fails.")
@click.option("--keep-going/--fail-fast", default=True, help="After a failed run go on (default), or stop at once.")
@click.option("--resume/--fresh", default=True, help="Keep what is complete and unchanged (default), or run all again.")
@click.option("--only", metavar="RUN", multiple=True, help="Just the runs of that name or pattern.")
@click.option("--dry-run", is_flag=True, help="Print the plan; run and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of each run as JSON.")
def batch(notebook: Path, *, as_json: bool, dry_run: bool, jobs: int | None, cluster: str | None, **words: Any) -> None:
    """Run NOTEBOOK once for each combination of values, as papermill would, and keep an index of all runs.

    \b
      nbprod batch flights.ipynb --grid strength=0.1,0.5,1 --grid seed=1..5      15 runs
      nbprod batch report.ipynb --file stores.csv                               a run a row
      nbprod batch clean.ipynb --each 'data/*.csv' --as path                    a run a file
      nbprod batch report.ipynb --grid day=2026-01-01..2026-12-31 -p shop=001   every day of a year

    Values are held to the notebook's parameters cell before anything runs: 001 stays "001" where a str is wanted, a
    day is a date. In OUT are then runs/RUN/notebook.ipynb (executed), its outputs and metrics, and over all runs
    index.csv, index.parquet and report.html.

    Whatever stops a batch, the same command goes on: what is complete and unchanged stays, what failed or changed runs.
    Without --grid, --file and the like, the runs are those of the last time.
    """  # noqa: D301  (click wants the character itself)
    from nbprod.project import batches
    from nbprod.report import batched

    jobs = jobs or batches.processors()
    spec, options = _spec(notebook, **words), _options(notebook, **words)
    if dry_run:
        plan = batches.planned(notebook, spec, options)
        click.echo(batched.plan_json(plan) if as_json else batched.plan(plan, jobs, columns(sys.stdout)))
        return
    performing = batches.executor(jobs, cluster)
    plan = batches.planned(notebook, spec, options, performing.ready)
    done = _performed(notebook, plan, options, performing, jobs=jobs, cluster=cluster, as_json=as_json)
    sys.exit(1 if done.failed else 0)


def _performed(
    notebook: Path, plan: Plan, options: Options, performing: Executor, *, jobs: int, cluster: str | None, as_json: bool
) -> Batched:
    from nbprod.cli.running import running
    from nbprod.project import batches
    from nbprod.report import batched

    try:
        with running(plan, jobs) as show:
            done = batches.performed(plan, performing, options, show.ended, show.advance)
    except KeyboardInterrupt:
        click.echo(f"\n{batched.stopped(plan, named(notebook), cluster)}", err=True)
        sys.exit(INTERRUPTED)
    click.echo(batched.done_json(done) if as_json else batched.done(done, named(notebook), columns(sys.stdout)))
    return done


def _spec(
    notebook: Path, *, fixed: Any, grid: Any, zipped: Any, table: str | None, each: str | None, each_name: str | None,
    **_: object,
) -> Spec:  # fmt: skip
    from nbprod.run.batches import asked

    return asked.typed(notebook.parent, fixed, grid, zipped, table, (each, each_name))


def _options(
    notebook: Path, *, out: str | None, timeout: float | None, retries: int, keep_going: bool, resume: bool,
    only: tuple[str, ...], **_: object,
) -> Options:  # fmt: skip
    from nbprod.project.batches import Options, default_out

    return Options(
        out or default_out(notebook), timeout, retries, fail_fast=not keep_going, fresh=not resume, only=only
    )
