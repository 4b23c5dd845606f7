"""The command `nbprod`: how its commands are listed, and how what fails becomes a message and an exit code."""

from __future__ import annotations

import difflib
import io
import os
import sys
import traceback
from typing import Any, NoReturn

import click

from nbprod.cli.terminal import columns
from nbprod.errors import NbprodError

ORDER = (
    "init",
    "suggest",
    "check",
    "graph",
    "record",
    "export",
    "sync",
    "verify",
    "step",
    "repro",
    "status",
    "batch",
    "cache",
    "hook",
    "explain",
)
INTERRUPTED = 130  # what shells give a command that Ctrl-C ended


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
        """The commands in the order of a day's work."""
        return sorted(self.commands, key=ORDER.index)

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
