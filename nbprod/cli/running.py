"""How far a batch is: a live display in a terminal, elsewhere a line for each run."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from nbprod.report import batched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbprod.model.batch import Advance, Entry
    from nbprod.run.batches.plan import Plan


@dataclass(frozen=True, slots=True)
class Show:
    """Whom to tell of each run that ended, and of the steps of those that have not; all is shown on standard error."""

    ended: Callable[[Entry], None]
    advance: Callable[[Advance], None] = lambda _: None


@contextmanager
def running(plan: Plan, jobs: int) -> Iterator[Show]:
    """Yield whom to tell how far the batch is."""
    click.echo(f"  {batched.summary(plan, jobs)}", err=True)
    for note in plan.notes:
        click.echo(f"  note: {note}", err=True)
    if sys.stderr.isatty():
        yield from _live(plan, jobs)
    else:
        yield _plain(len(plan.standing.todo))


def _plain(total: int) -> Show:
    ended = 0

    def tell(entry: Entry) -> None:
        nonlocal ended
        ended += 1
        click.echo(f"  {ended}/{total}  {batched.ended(entry)}", err=True)

    return Show(tell)


def _live(plan: Plan, jobs: int) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    steps = len({step for _, step in plan.shared.steps})
    left = Left(len(plan.standing.todo), steps, batched.estimate(plan, jobs))
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

        def advance(how: Advance) -> None:
            left.advance(how)
            bar.update(task, said=left.said())

        yield Show(tell, advance)


class Left:
    """Counts what ended and guesses the time that is left: by the record at first, then by what the runs took.

    `steps` are those of one run. Several threads may tell at once.

    >>> from nbprod.model.batch import Advance
    >>> left = Left(2, 3, None)
    >>> left.advance(Advance("a", done=1, restored=1))
    >>> left.said()
    'steps: 1 done, 1 restored'
    """

    def __init__(self, total: int, steps: int, seconds: float | None) -> None:
        self.total, self.steps, self.seconds = total, steps, seconds
        self.ended = self.failed = 0
        self._counts: dict[str, tuple[int, int]] = {}  # steps done and restored, by run
        self._going: set[str] = set()
        self._telling = threading.Lock()
        self.began = time.monotonic()

    def add(self, entry: Entry) -> None:
        """A run has ended."""
        with self._telling:
            self.ended += 1
            self.failed += not entry.is_complete
            self._counts[entry.name] = entry.done, entry.restored
            self._going.discard(entry.name)

    def advance(self, how: Advance) -> None:
        """A run is that far; what comes late, when it has ended, says nothing new."""
        with self._telling:
            if how.run in self._going or how.run not in self._counts:
                self._going.add(how.run)
                self._counts[how.run] = how.done, how.restored

    def said(self) -> str:
        """What is shown beside the bar."""
        with self._telling:
            done = sum(each for each, _ in self._counts.values())
            restored = sum(each for _, each in self._counts.values())
            parts = [f"{self.failed} failed"] if self.failed else []
            if done + restored:
                parts.append(f"steps: {done} done, {restored} restored")
            guess = self._guess()
        return " · ".join([*parts, f"{batched.span(guess)} left"] if guess is not None else parts)

    def _guess(self) -> float | None:
        if not self.ended:
            return max(self.seconds - (time.monotonic() - self.began), 0) if self.seconds is not None else None
        gone = self.ended + sum(sum(self._counts[each]) for each in self._going) / max(self.steps, 1)
        return (time.monotonic() - self.began) / gone * (self.total - gone)
