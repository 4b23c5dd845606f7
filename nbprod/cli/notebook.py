"""The commands on a notebook: check, graph, record, export, verify."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbprod.cli.app import main
from nbprod.cli.terminal import columns, named, progress

NOTEBOOK = click.Path(path_type=Path)


@main.command(short_help="Say what stands in the way, each with its cell and its cure.")
@click.argument("notebook", type=NOTEBOOK)
@click.option("--json", "as_json", is_flag=True, help="Print the diagnostics as JSON.")
def check(notebook: Path, *, as_json: bool) -> None:
    """Print all diagnostics of NOTEBOOK at once; exit 1 if one is an error.

    Each names its cell, its line and what to do; `nbprod explain CODE` tells more.
    """
    from nbprod import project, report

    graph = project.check(notebook)
    click.echo(
        report.diagnostics_json(graph) if as_json else report.checked(graph, named(notebook), columns(sys.stdout))
    )
    sys.exit(1 if report.has_errors(graph.diagnostics) else 0)


@main.command(short_help="Print the steps and what flows between them.")
@click.argument("notebook", type=NOTEBOOK)
@click.option("--json", "form", flag_value="json", help="Cells, parameters, steps, edges and diagnostics as JSON.")
@click.option("--mermaid", "form", flag_value="mermaid", help="A Mermaid flowchart, for Markdown.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the picture to this file.")
@click.option("--status", "with_status", is_flag=True, help="Say of each step how its stage of dvc.yaml stands.")
def graph(notebook: Path, form: str | None, svg: Path | None, *, with_status: bool) -> None:
    """Print the steps of NOTEBOOK and what flows between them.

    With a fresh record (nbprod record) the graph knows what the run saw, too: values that changed in place.
    """
    from nbprod import project, report
    from nbprod.project import reproducing
    from nbprod.report import reproduced
    from nbprod.repro.unsupported import LeftToDvc

    found = project.graph(notebook)
    try:
        stages = reproducing.of_notebook(notebook, found) if with_status else None
    except LeftToDvc as left:
        click.echo(f"nbprod: how the stages stand is left to DVC ({left}): dvc status", err=True)
        stages = None
    states = stages.by_step if stages else None
    if svg:
        project.write(svg, report.svg(found, states).encode())
        click.echo(f"wrote {svg}", err=True)
    if form or not svg:
        click.echo(report.graph(found, form or "text", states))
    if stages and not form and not svg:
        click.echo(f"\n{reproduced.planned(stages)}")
    if report.has_errors(found.diagnostics):
        click.echo(report.faulty(found, named(notebook)), err=True)


@main.command(short_help="Run the notebook once and keep what was seen.")
@click.argument("notebook", type=NOTEBOOK)
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
def record(notebook: Path, *, as_json: bool) -> None:
    """Run NOTEBOOK top to bottom in a fresh kernel and keep what was seen at every step.

    Types, shapes, fingerprints, files opened, a small sample, time and memory go to .nbprod/record/.
    """
    from nbprod import project, report

    with progress("recording") as advance:
        recorded = project.record(notebook, progress=advance)
    click.echo(report.record_json(recorded) if as_json else report.recorded(recorded, named(notebook)))


@main.command(short_help="Write package, tests, schemas, dvc.yaml, params.yaml.")
@click.argument("notebook", type=NOTEBOOK)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
@click.option("--overwrite", is_flag=True, help="Where your edit and the export conflict, take the export's lines.")
@click.option("--record/--no-record", "again", default=None, help="Record again, or never (default: when stale).")
@click.option("--json", "as_json", is_flag=True, help="Print what became of each file as JSON.")
def export(notebook: Path, *, only_check: bool, overwrite: bool, again: bool | None, as_json: bool) -> None:
    """Write the package, its tests and schemas, dvc.yaml and params.yaml from NOTEBOOK.

    Records first when the last record is stale. What you changed in a generated file is kept. Where your change and
    the new export touch the same lines the conflict is shown, and nothing is written until you decide.
    """
    from nbprod import project, report

    with progress("recording") as advance:
        exported = project.export(notebook, dry=only_check, overwrite=overwrite, again=again, progress=advance)
    click.echo(
        report.exported_json(exported) if as_json else report.exported(exported, named(notebook), columns(sys.stdout))
    )
    sys.exit(1 if report.has_errors(exported.diagnostics) else 0)


@main.command(short_help="Compare every output of the notebook and the pipeline.")
@click.argument("notebook", type=NOTEBOOK)
@click.option("--rtol", type=click.FloatRange(min=0), default=0.0, help="Relative tolerance (default: exactly equal).")
@click.option("--atol", type=click.FloatRange(min=0), default=0.0, help="Absolute tolerance (default: exactly equal).")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def verify(notebook: Path, *, rtol: float, atol: float, as_json: bool) -> None:
    """Run NOTEBOOK and the extracted pipeline side by side and compare every output of every step.

    Exit 1 where they differ, with the first difference and its likely cause.
    """
    from nbprod import project, report

    with progress("verifying") as advance:
        verified = project.verify(notebook, rtol=rtol, atol=atol, progress=advance)
    click.echo(report.verified_json(verified) if as_json else report.verified(verified))
    sys.exit(0 if verified.equal else 1)
