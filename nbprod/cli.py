"""The command line: each command parses its words, calls one verb of nbprod.project and prints what came back."""

from __future__ import annotations

import difflib
import io
import os
import shlex
import shutil
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TextIO

import click

from nbprod.errors import NbprodError

if TYPE_CHECKING:
    from nbprod.project.suggesting import Choice
    from nbprod.suggest import Suggestion

NOTEBOOK = click.Path(path_type=Path)
INTERRUPTED = 130  # what shells give a command that Ctrl-C ended
PATIENCE = 2.0  # seconds before plain lines say how far a command is


class Verb(click.Command):
    """A command: what the world or the notebook did wrong becomes one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except NbprodError as error:
            self._fail(ctx, error)
        except KeyboardInterrupt:
            click.echo("\nnbprod: stopped, and nothing was half-written. Run the same command to go on.", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            # Who reads us has gone (| head): Python's flush at exit must find somebody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except OSError as error:
            place = f" {error.filename}" if error.filename else ""
            hint = "Nothing was half-written: mend it, then run the same command again."
            self._fail(ctx, NbprodError(f"the system refused{place}: {error.strerror or error}", hint=hint))
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # noqa: BLE001  (the last resort: our own faults must not look like the notebook's)
            traceback.print_exc()
            fault = f"a fault of nbprod's own: {type(error).__name__}: {error}"
            self._fail(ctx, NbprodError(fault, hint="Please report it, with the lines above."))

    def _fail(self, ctx: click.Context, error: NbprodError) -> NoReturn:
        from nbprod import report

        if ctx.params.get("as_json") or ctx.params.get("form") == "json":
            click.echo(report.failure_json(error))
        else:
            click.echo(report.failure(error, columns(sys.stderr)), err=True)
        ctx.exit(error.exit_code)


class Commands(click.Group):
    """A group that lists its commands in the order of a day's work and suggests the nearest for an unknown one."""

    command_class = Verb

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """The commands in the order in which they were defined."""
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which one is nearest."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            ctx.fail(f"no command {args[0]!r}. " + (f"Did you mean {near[0]!r}?" if near else "See nbprod --help."))
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="nbprod", message="nbprod %(version)s")
def main() -> None:
    """From a notebook with marked steps to a tested package, a DVC pipeline, and the proof that both agree.

    Mark cells with %%step NAME (after %load_ext nbprod), @step or the cell tag step:NAME; then

    \b
      nbprod check  notebooks/flights.ipynb     what stands in the way, all at once
      nbprod export notebooks/flights.ipynb     package, tests, schemas, dvc.yaml, params.yaml
      dvc repro                                 plain DVC runs the pipeline
      nbprod verify notebooks/flights.ipynb     notebook and pipeline, every output compared

    Exit codes: 0 fine; 1 the notebook or the comparison has faults; 2 wrong use, or the world failed.
    """  # noqa: D301  (click wants the character itself)
    for stream in (sys.stdout, sys.stderr):
        # File names and cells may hold what no encoding has, and a terminal may have few letters: both are escaped.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@main.command(short_help="Suggest marks for a notebook that has none.")
@click.argument("notebook", type=NOTEBOOK)
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
    from nbprod import suggested
    from nbprod.project.suggesting import suggest as suggest_marks

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
    click.echo(suggested.as_json(done) if as_json else suggested.text(done, str(notebook)))
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
def graph(notebook: Path, form: str | None, svg: Path | None) -> None:
    """Print the steps of NOTEBOOK and what flows between them.

    With a fresh record (nbprod record) the graph knows what the run saw, too: values that changed in place.
    """
    from nbprod import project, report

    found = project.graph(notebook)
    if svg:
        project.write(svg, report.svg(found).encode())
        click.echo(f"wrote {svg}", err=True)
    if form or not svg:
        click.echo(report.graph(found, form or "text"))
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


def named(notebook: Path) -> str:
    """Return the notebook's path as it can be typed in a shell."""
    return shlex.quote(str(notebook))


def columns(stream: TextIO) -> int:
    """Return how wide the terminal is that the stream goes to; 0 where it goes elsewhere."""
    return shutil.get_terminal_size().columns if stream.isatty() else 0


class progress:  # noqa: N801  (a context manager that reads as a word)
    """Shows on standard error how far a verb is: a live line in a terminal, elsewhere plain lines after two seconds."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.bar: Any = None
        self.said = self.latest = ""
        self.alarm = threading.Timer(PATIENCE, self._say)
        self.alarm.daemon = True

    def __enter__(self) -> Self:
        self.began = time.monotonic()
        if not sys.stderr.isatty():
            self.alarm.start()
        return self

    def __call__(self, done: int, total: int, label: str = "") -> None:
        """Say that `done` of `total` units are done, and what is under way."""
        if sys.stderr.isatty():
            self._live(done, total, label)
        elif label:
            self.latest = label
            if time.monotonic() - self.began > PATIENCE:
                self._say()

    def _say(self) -> None:
        if self.latest != self.said:
            self.said = self.latest
            click.echo(f"{self.what}: {self.latest}", err=True)

    def _live(self, done: int, total: int, label: str) -> None:
        if self.bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(30), TextColumn("{task.completed}/{task.total}"))
            self.bar = Progress(
                *columns, TimeElapsedColumn(), TextColumn("{task.fields[label]}"),
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self.task = self.bar.add_task(self.what, total=total, label=label)
            self.bar.start()
        self.bar.update(self.task, completed=done, total=total, label=label)

    def __exit__(self, *_: object) -> None:
        self.alarm.cancel()
        if self.bar is not None:
            self.bar.stop()
