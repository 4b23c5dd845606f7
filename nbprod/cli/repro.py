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
    from nbprod import reproduced
    from nbprod.project import reproducing
    from nbprod.repro.unsupported import LeftToDvc

    try:
        found = reproducing.planned(".", targets)
    except LeftToDvc as left:
        _dvc_does(left, ["status", *(["--json"] if as_json else []), *targets])
    click.echo(reproduced.planned_json(found) if as_json else reproduced.planned(found))
    sys.exit(0 if found.fresh else 1)


@main.command(short_help="Run what is stale, as dvc repro does, only faster.")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option("--force", "-f", is_flag=True, help="Run fresh stages, too.")
@click.option("--dry", is_flag=True, help="Run nothing: say what would run, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def repro(targets: tuple[str, ...], *, force: bool, dry: bool, as_json: bool) -> None:
    """Run the stages of dvc.yaml that are stale (or TARGETs and all that they need)."""
    from nbprod import reproduced
    from nbprod.project import reproducing
    from nbprod.repro.unsupported import LeftToDvc

    flags = ["--force"] if force else []
    try:
        if not dry:
            _dvc_does(None, ["repro", *flags, *targets])
        found = reproducing.planned(".", targets, force=force)
    except LeftToDvc as left:
        _dvc_does(left, ["repro", "--dry", *flags, *targets])
    click.echo(reproduced.planned_json(found) if as_json else reproduced.planned(found, all_stages=False))


def _dvc_does(left: LeftToDvc | None, arguments: Sequence[str]) -> NoReturn:
    """Hand the whole command to DVC, and say so in one line."""
    from nbprod.adapters import dvc

    if left:
        click.echo(f"nbprod: left to DVC ({left}): dvc {arguments[0]}", err=True)
    sys.exit(dvc.run(arguments))
