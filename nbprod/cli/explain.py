"""`nbprod explain`."""

from __future__ import annotations

import click

from nbprod.cli.app import main


@main.command(short_help="Explain a diagnostic, or list them all.")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the explanation, or all of them, as JSON.")
def explain(code: str | None, *, as_json: bool) -> None:
    """Explain a diagnostic: why it matters, a notebook that has it, and the cure. Without CODE: list all."""
    from nbprod import report

    code = code.upper() if code else None
    if as_json:
        click.echo(report.explained_json(code))
    else:
        click.echo(report.explained(code) if code else report.catalogue())
