"""`nbprod repro` and `nbprod status`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from nbprod.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.repro.unsupported import LeftToDvc


@main.command(short_help="Say which stages are fresh, which are stale, and why.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--json", "as_json", is_flag=True, help="Print states and reasons as JSON.")
def status(targets: tuple[str, ...], *, as_json: bool) -> None:
    """Say for each stage of dvc.yaml (or for TARGETs and all that they need) whether it is fresh, and why not.

    Nothing runs and nothing changes. Exit 1 if something is stale.
    """
    from nbprod.project import reproducing
    from nbprod.report import reproduced
    from nbprod.repro.unsupported import LeftToDvc

    try:
        found = reproducing.planned(".", targets)
    except LeftToDvc as left:
        _dvc_does(left, ["status", *(["--json"] if as_json else []), *targets])
    click.echo(reproduced.planned_json(found) if as_json else reproduced.planned(found))
    sys.exit(0 if found.fresh else 1)


@main.command(short_help="Run what is stale, as dvc repro does, only faster.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--jobs", "-j", type=click.IntRange(min=1), default=1, help="How many stages run side by side.")
@click.option("--force", "-f", is_flag=True, help="Run fresh stages, too.")
@click.option("--dry", is_flag=True, help="Run nothing: say what would run, and why.")
@click.option("--pull", is_flag=True, help="First let DVC pull what is missing, and earlier runs.")
@click.option("--keep-going", "-k", is_flag=True, help="After a failure, run what doesn't need the failed stage.")
@click.option("--json", "as_json", is_flag=True, help="Print how each stage ended as JSON.")
def repro(
    targets: tuple[str, ...], jobs: int, *, force: bool, dry: bool, pull: bool, keep_going: bool, as_json: bool
) -> None:
    """Run the stages of dvc.yaml that are stale (or TARGETs and all that they need), and what then is stale below.

    The same stages as `dvc repro`, the same dvc.lock, cache and run cache: DVC can't tell the difference. A TARGET is
    a stage, a group of stages, a dvc.yaml, PATH/dvc.yaml:STAGE or a .dvc file. What nbprod doesn't do itself it leaves
    to DVC, and says so. A stage that fails keeps its previous outputs. Exit 1 if one fails.
    """
    from nbprod.cli.reproshow import listening
    from nbprod.project import reproducing
    from nbprod.report import reproduced
    from nbprod.repro.unsupported import LeftToDvc

    flags = {"--force": force, "--dry": dry, "--pull": pull, "--keep-going": keep_going}
    given = [flag for flag, is_set in flags.items() if is_set]
    try:
        if dry:
            planned = reproducing.planned(".", targets, force=force)
            click.echo(reproduced.planned_json(planned) if as_json else reproduced.planned(planned, all_stages=False))
            return
        with listening(jobs, as_json=as_json) as (listener, captured):
            options = reproducing.options(jobs, force=force, keep_going=keep_going, captured=captured)
            found = reproducing.reproduce(".", targets, options, pull=pull, listener=listener)
    except LeftToDvc as left:
        _dvc_does(left, ["repro", *given, *targets] if not left.rest else _rest(left.rest, force=force))
    click.echo(reproduced.reproduced_json(found) if as_json else reproduced.reproduced(found))
    sys.exit(0 if found.good else 1)


def _rest(stages: Sequence[str], *, force: bool) -> list[str]:
    """What DVC is to run where others have run already: these, and not what they need."""
    return ["repro", "--single-item", *(["--force"] if force else []), *stages]


def _dvc_does(left: LeftToDvc, arguments: Sequence[str]) -> NoReturn:
    """Hand the whole command to DVC, and say so in one line."""
    from nbprod.adapters import dvc

    click.echo(f"nbprod: left to DVC: {left}", err=True)
    sys.exit(dvc.run(arguments))
