"""`nbprod step`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbprod.cli.app import main

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

FORKED = "forked"  # by `nbprod repro`, which has moved the previous outputs aside


@main.command(short_help="Run one exported step, as dvc repro does.")
@click.argument("target", metavar="PACKAGE.STEP")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Another folder in place of data/.")
@click.option("--json", "as_json", is_flag=True, help="Print what ran as JSON.")
def step(target: str, data: Path | None, *, as_json: bool) -> None:
    """Run one extracted step from its stored inputs to its stored outputs, as `dvc repro` does.

    dvc.yaml is the wiring: the stem of a dependency's file name is the argument that it feeds. Outputs are validated
    against their schemas and replaced only when all of them are good.
    """
    from nbprod import project, report

    try:
        ran = project.step(target, data=data)
    except BaseException:
        if data is None and click.get_current_context().obj != FORKED:
            _give_back(target)
        raise
    click.echo(report.ran_json(ran) if as_json else report.ran(ran))


def _give_back(target: str) -> None:
    """Where DVC runs us, it has deleted what the stage had made."""
    if not (stage := os.environ.get("DVC_STAGE", "").rpartition(":")[2]):
        return
    from nbprod.project import reproducing

    for path in reproducing.given_back(stage, target):
        click.echo(
            f"nbprod: {path} is gone: DVC has deleted it, and neither its cache nor git's last commit has it.", err=True
        )


def forked(caller: Connection, target: str) -> int:
    """Run `nbprod step TARGET` in a process forked for it, return its exit code, and tell what it had to import."""
    before = set(sys.modules)
    try:
        # Without standalone mode click hands an exit code back as if it were what the command returned.
        code: object = main.main(["step", target], prog_name="nbprod", standalone_mode=False, obj=FORKED)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    if isinstance(code, int) and code:
        return code
    caller.send([name for name in sys.modules if name not in before and _elsewhere(name)])
    return 0


def _elsewhere(name: str) -> bool:
    """Whether a module is not the project's own, which may change from run to run."""
    file = getattr(sys.modules[name], "__file__", None)
    return bool(file) and not Path(str(file)).is_relative_to(Path.cwd())
