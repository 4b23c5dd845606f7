"""How a run of stages is shown while it goes on: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from nbprod.adapters import process
from nbprod.report.reproduced import LAST_LINES, ended, megabytes, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbprod.repro.outcomes import Listener, Outcome

MOST = 12  # running stages that are shown at once


@contextmanager
def listening(jobs: int, *, as_json: bool) -> Iterator[tuple[Listener, bool]]:
    """Yield who listens to a run, and whether what stages print must be captured for them.

    What stages print goes to standard error where JSON goes to standard output.
    """
    if sys.stderr.isatty() and not as_json:
        live = Live()
        try:
            yield live, True
        finally:
            live.close()
    else:
        yield Lines(several=jobs > 1, err=as_json), jobs > 1 or as_json


class Tail:
    """Whose lines were printed last, and how many of them: they need not be shown again where it fails."""

    def __init__(self) -> None:
        self.name = ""
        self.count = 0

    def printed(self, name: str) -> None:
        """A line of that stage was printed."""
        self.count = self.count + 1 if name == self.name else 1
        self.name = name

    def without_repeats(self, outcome: Outcome) -> Outcome:
        """Return the outcome, without its log if that has just been printed."""
        repeats = outcome.name == self.name and self.count >= min(len(outcome.log), LAST_LINES)
        self.name = ""
        return replace(outcome, log=()) if repeats else outcome


class Lines:
    """A line when a stage begins and one when it ends; what stages print side by side is named."""

    def __init__(self, *, several: bool, err: bool) -> None:
        self.several = several
        self.err = err
        self.tail = Tail()

    def planned(self, names: Sequence[str]) -> None:
        """Nothing: the end counts them."""

    def started(self, name: str, commands: Sequence[str], pid: int) -> None:  # noqa: ARG002  (a listener's)
        """Say what runs."""
        click.echo(f"{name}: {commands[0]}", err=self.err)

    def line(self, name: str, text: str) -> None:
        """Pass on what a stage printed."""
        self.tail.printed(name)
        click.echo(f"{name} | {text}" if self.several else text, err=self.err)

    def ended(self, outcome: Outcome) -> None:
        """Say how it ended, if something was to be done."""
        if outcome.ending != "fresh":
            click.echo(ended(self.tail.without_repeats(outcome)), err=self.err)


@dataclass(frozen=True, slots=True)
class Seen:
    """A running stage: its process and when it began."""

    pid: int
    began: float
    command: str


class Live:
    """A table at the terminal's bottom: how many wait and are done, and each that runs with its time and memory."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self.console = Console(stderr=True, highlight=False)
        self.running: dict[str, Seen] = {}
        self.counts = {"waiting": 0, "fresh": 0, "ran": 0, "cached": 0, "checked": 0, "failed": 0, "skipped": 0}
        self.lock = threading.Lock()
        self.live = RichLive(get_renderable=self._table, console=self.console, refresh_per_second=4, transient=True)
        self.shown = False
        self.tail = Tail()

    def planned(self, names: Sequence[str]) -> None:
        """All wait."""
        self.counts["waiting"] = len(names)

    def started(self, name: str, commands: Sequence[str], pid: int) -> None:
        """A stage runs now."""
        with self.lock:
            before = self.running.get(name)
            self.running[name] = Seen(pid, before.began if before else time.monotonic(), commands[0])
            first, self.shown = not self.shown, True
        if first:
            self.live.start(refresh=True)

    def line(self, name: str, text: str) -> None:
        """Show what a stage printed above the table."""
        from rich.text import Text

        self.tail.printed(name)
        self.console.print(Text(f"{name} | {text}"))

    def ended(self, outcome: Outcome) -> None:
        """Count it, and say how it ended."""
        from rich.text import Text

        with self.lock:
            self.running.pop(outcome.name, None)
            self.counts["waiting"] -= 1
            self.counts[outcome.ending] += 1
        if self.shown:
            self.live.refresh()  # or what is printed now would stand above a table that still has it running
        if outcome.ending != "fresh":
            self.console.print(Text.from_ansi(ended(self.tail.without_repeats(outcome))))

    def close(self) -> None:
        """Take the table away."""
        if self.shown:
            self.live.stop()

    def _table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        with self.lock:
            numbers = {**self.counts, "waiting": self.counts["waiting"] - len(self.running)}
            counts = ", ".join(f"{count} {what}" for what, count in numbers.items() if count)
            running = list(self.running.items())[:MOST]
        for name, seen in running:
            used = process.memory(seen.pid)
            memory = megabytes(used) if used else ""
            command = Text(seen.command.partition("\n")[0], no_wrap=True, overflow="ellipsis")
            table.add_row(Text(f"  ▸ {name}", no_wrap=True), seconds(time.monotonic() - seen.began), memory, command)
        table.add_row(Text(f"  {counts}", style="dim"))
        return table
