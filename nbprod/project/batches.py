"""`batch`: the same notebook with many values, each piece of work done once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.emit.batchreport import page
from nbprod.model.batch import Entry, Index, Status
from nbprod.project.batchplans import Options, planned
from nbprod.run.batches import asked, resume, shared
from nbprod.run.batches import index as indexing
from nbprod.run.batches.endings import endings
from nbprod.run.batches.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from nbprod.model.batch import Advance
    from nbprod.run.batches.executor import Executor
    from nbprod.run.batches.plan import Plan

__all__ = ["Batched", "Options", "batch_of_values", "default_out", "executor", "performed", "planned", "processors"]

REPORT = "report.html"
INTERVAL = 5.0  # seconds between two renderings of the index, and at least twenty times what one takes


@dataclass(frozen=True, slots=True)
class Batched:
    """What became of a batch: an entry for each of its runs, in order, and their index."""

    out: str
    entries: tuple[Entry, ...]
    index: Index
    kept: int = 0
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Entry, ...]:
        """The runs that failed."""
        return tuple(each for each in self.entries if each.status is Status.FAILED)


def batch_of_values(
    path: str | Path,
    asked_for: tuple[Any, ...],
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    **words: Any,
) -> pd.DataFrame:
    """Return the index of the batch that Python's values ask for; raises as `planned` and `performed` do."""
    only = words.pop("only", ())
    options = Options(str(out or default_out(path)), only=(only,) if isinstance(only, str) else tuple(only), **words)
    spec = asked.given(Path(path).parent, *asked_for)
    performing = executor(jobs, cluster)
    done = performed(planned(path, spec, options, performing.ready), performing, options)
    return indexing.frame(done.index)


def default_out(path: str | Path) -> str:
    """Return the folder of a batch that was given none.

    >>> default_out("notebooks/flights.ipynb")
    'batches/flights'
    """
    return f"batches/{Path(path).stem}"


def executor(jobs: int | None, cluster: str | None) -> Executor:
    """Return who performs the runs: `jobs` processes of this machine, or the cluster at that address."""
    if cluster:
        from nbprod.run.batches.dask import Dask

        return Dask(cluster)
    from nbprod.run.batches.executor import Local

    return Local(jobs or processors())


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def performed(
    plan: Plan,
    executor: Executor,
    options: Options,
    tell: Callable[[Entry], None] | None = None,
    advance: Callable[[Advance], None] = lambda _: None,
) -> Batched:
    """Run what is to be run, tell of each run that ends, and return what became of all.

    `advance` hears of the steps of runs that have not ended yet, from other threads.

    Whatever stops it, Ctrl-C too, the index is written of what is complete by then.

    Raises:
        WriteFailed, StorageFailed: The disk or the storage refused.
        ClusterFailed: The cluster can't be reached, or was lost.
    """
    folder = Folder(options.out)
    resume.claim(folder, plan.claimed)
    folder.write(shared.SNAPSHOT, json.dumps(plan.document, indent=1, ensure_ascii=False).encode())
    progress = _Progress(plan, folder)
    running = executor.entries(plan.shared, plan.standing.todo, advance)
    try:
        for entry in running:
            progress.add(entry)
            if tell:
                tell(entry)
            if options.fail_fast and not entry.is_complete:
                break
    finally:
        running.close()
        progress.gather()
        progress.render()
    return progress.batched()


class _Progress:
    """The entries so far; the index is rendered now and then."""

    def __init__(self, plan: Plan, folder: Folder) -> None:
        self.plan, self.folder = plan, folder
        self.entries = {each.id: each for each in (*plan.standing.failed, *plan.standing.kept)}
        self.next = time.monotonic() + INTERVAL

    def add(self, entry: Entry) -> None:
        self.entries[entry.id] = entry
        if time.monotonic() > self.next:
            self.render()

    def gather(self) -> None:
        """Take up the runs that ended while the batch was stopped, before anybody was told."""
        left = {run.id for run in self.plan.standing.todo} - self.entries.keys()
        if left:
            self.entries |= {each.id: each for each in endings(self.folder).values() if each.id in left}

    def render(self) -> None:
        began = time.monotonic()
        index = self.index()
        failed = [each for each in self.listed() if each.status is Status.FAILED]
        with uninterrupted():
            for name, content in (indexing.files(index) | {REPORT: page(index, failed).encode()}).items():
                self.folder.write(name, content)
        self.next = time.monotonic() + max(INTERVAL, 20 * (time.monotonic() - began))

    def listed(self) -> tuple[Entry, ...]:
        return tuple(
            self.entries.get(run.id) or Entry(run.name, run.id, Status.WAITING, run.parameters)
            for run in self.plan.runs
        )

    def index(self) -> Index:
        return indexing.index(self.listed(), self.plan.parameters, self.plan.varied, self.plan.shared.notebook)

    def batched(self) -> Batched:
        return Batched(self.folder.url, self.listed(), self.index(), len(self.plan.standing.kept), self.notes())

    def notes(self) -> tuple[str, ...]:
        """What the runs had to say, each once, and whether the notebook is another one by now."""
        said = dict.fromkeys(note for entry in self.entries.values() for note in entry.notes)
        if _is_edited(self.plan):
            said[f"{self.plan.shared.notebook} has changed since the batch began: all runs are of what it was then"] = (
                None
            )
        return tuple(said)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hear Ctrl-C at the end of the block: within an import, it would leave a module that is half there."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt


def _is_edited(plan: Plan) -> bool:
    try:
        return plan.notebook.read_bytes() != plan.content
    except OSError:
        return True
