"""What commands say and show in a terminal, and where there is none."""

from __future__ import annotations

import shlex
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 2.0  # seconds before plain lines say how far a command is


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
