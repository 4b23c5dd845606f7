"""`nbprod step`."""

from __future__ import annotations

from pathlib import Path

import click

from nbprod.cli.app import main


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

    ran = project.step(target, data=data)
    click.echo(report.ran_json(ran) if as_json else report.ran(ran))


def forked(_: object, target: str) -> int:
    """Run `nbprod step TARGET` in a process that has been forked for it, and return its exit code."""
    try:
        # Without standalone mode click hands an exit code back as if it were what the command returned.
        code: object = main.main(["step", target], prog_name="nbprod", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return code if isinstance(code, int) else 0
