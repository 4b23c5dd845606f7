"""`nbprod cache`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from nbprod.cli.app import Verb, main

DAYS = {"m": 1 / 1_440, "h": 1 / 24, "d": 1.0, "w": 7.0}


class Verbs(click.Group):
    """The commands below `nbprod cache`."""

    command_class = Verb


@main.group(
    cls=Verbs, invoke_without_command=True, short_help="Show the work that is kept to be restored, or take some away."
)
@click.option("--json", "as_json", is_flag=True, help="Print every entry as JSON.")
@click.pass_context
def cache(ctx: click.Context, *, as_json: bool) -> None:
    """Show what cells' work is kept to be restored in place of running them: by notebook and step, size, and hits.

    The store is .nbprod/cache in the project, or the folder that NBPROD_CACHE names; NBPROD_CACHE_SIZE (10GB) bounds
    it. `nbprod cache prune` takes work away; it is made again when it is needed.
    """
    if ctx.invoked_subcommand is None:
        from nbprod.project.storing import survey
        from nbprod.report import cached

        found = survey(Path.cwd())
        click.echo(cached.as_json(found) if as_json else cached.text(found))


@cache.command(short_help="Take away what was used longest ago.")
@click.option("--max-size", metavar="SIZE", help="Until no more is left than that, such as 5GB.")
@click.option("--older-than", metavar="AGE", help="All that was not used for that long, such as 30d or 12h.")
@click.option("--all", "everything", is_flag=True, help="All of it.")
@click.option("--json", "as_json", is_flag=True, help="Print what went and what is left as JSON.")
def prune(*, max_size: str | None, older_than: str | None, everything: bool, as_json: bool) -> None:
    """Take work away, what was used longest ago first, and never what a running process uses.

    Without an option: down to the bound that the store keeps to by itself (NBPROD_CACHE_SIZE, 10GB).
    """
    from nbprod.project.storing import prune as take_away
    from nbprod.report import cached

    days = age(older_than) if older_than else None
    done = take_away(Path.cwd(), max_size=max_size, days=days, everything=everything)
    click.echo(cached.pruned_json(done) if as_json else cached.pruned(done))


def age(text: str) -> float:
    """Return the days that an age stands for.

    >>> age("30d"), age("12h")
    (30.0, 0.5)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([mhdw])\s*", text.lower())
    if found is None:
        from nbprod.errors import UsageError

        raise UsageError(f"'{text}' is no age", hint="Write it as 30d, 12h or 2w.")
    return float(found[1]) * DAYS[found[2]]
