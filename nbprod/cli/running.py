"""How far a batch is: a live display in a terminal, elsewhere a line for each run."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from nbprod.report import batched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbprod.model.batch import Entry
    from nbprod.run.batches.plan import Plan


@contextmanager
def running(plan: Plan, jobs: int) -> Iterator[Callable[[Entry], None]]:
    """Yield whom to tell of each run that ends; all is shown on standard error."""
    click.echo(f"  {batched.summary(plan, jobs)}", err=True)
    for note in plan.notes:
        click.echo(f"  note: {note}", err=True)
    if sys.stderr.isatty():
        yield from _live(plan, jobs)
    else:
        yield _plain(len(plan.standing.todo))


def _plain(total: int) -> Callable[[Entry], None]:
    ended = 0

    def tell(entry: Entry) -> None:
        nonlocal ended
        ended += 1
        click.echo(f"  {ended}/{total}  {batched.ended(entry)}", err=True)

    return tell


def _live(plan: Plan, jobs: int) -> Iterator[Callable[[Entry], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    left = _Left(len(plan.standing.todo), batched.estimate(plan, jobs))
    said = TextColumn("{task.fields[said]}")
    columns = (SpinnerColumn(), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(), said)
    bar: Any = Progress(*columns, console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task("runs", total=len(plan.standing.todo), said=left.said())

        def tell(entry: Entry) -> None:
            left.add(entry)
            if not entry.is_complete:
                bar.console.print(f"  {batched.ended(entry)}", markup=False, highlight=False)
            bar.update(task, completed=left.ended, said=left.said())

        yield tell


class _Left:
    """Counts what ended and guesses the time that is left: by the record at first, then by what the runs took."""

    def __init__(self, total: int, seconds: float | None) -> None:
        self.total, self.seconds = total, seconds
        self.ended = self.failed = self.done = self.restored = 0
        self.began = time.monotonic()

    def add(self, entry: Entry) -> None:
        self.ended += 1
        self.failed += not entry.is_complete
        self.done += entry.done
        self.restored += entry.restored

    def said(self) -> str:
        parts = [f"{self.failed} failed"] if self.failed else []
        if self.done + self.restored:
            parts.append(f"steps: {self.done} done, {self.restored} restored")
        guess = self._guess()
        return " · ".join([*parts, f"{batched.span(guess)} left"] if guess is not None else parts)

    def _guess(self) -> float | None:
        left = self.total - self.ended
        if self.ended:
            return (time.monotonic() - self.began) / self.ended * left
        return self.seconds
