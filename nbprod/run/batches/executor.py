"""Who performs the runs. An executor is small, so that another cluster can join as one file."""

from __future__ import annotations

import contextlib
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nbprod.run.batches.engine import Engine
from nbprod.run.batches.performing import perform
from nbprod.run.batches.turns import MOST, Turn, Turns, half_of_memory_is_free

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from nbprod.model.batch import Entry
    from nbprod.run.batches.advancing import Told
    from nbprod.run.batches.runs import Run
    from nbprod.run.batches.shared import Shared

PATIENCE = 5.0  # seconds that runs have to end when they are interrupted


class Executor(Protocol):
    """Performs the runs of a batch, several at once."""

    def ready(self, preload: Sequence[str]) -> None:
        """Runs will come that import these."""
        ...

    def entries(self, shared: Shared, runs: Iterable[Run], tell: Told) -> Generator[Entry]:
        """Yield what became of each run as soon as it ended; what still runs is stopped when the generator is closed.

        `tell` hears, in whatever thread, how far runs are that have not ended. A run that raises (the disk is full, the
        storage is gone) ends the batch: what it raised is raised here.
        """
        ...


@dataclass(slots=True)
class Local:
    """This machine: threads that wait for the processes which runs are executed in; `jobs` compute at once."""

    jobs: int = 1
    _ahead: Engine | None = None

    def ready(self, preload: Sequence[str]) -> None:
        """Begin to import them."""
        self._ahead = Engine(preload)

    def entries(self, shared: Shared, runs: Iterable[Run], tell: Told) -> Generator[Entry]:
        """Yield what became of each run as soon as it ended."""
        todo = iter(runs)
        ended: queue.SimpleQueue[Entry | BaseException | None] = queue.SimpleQueue()
        taking = threading.Lock()
        turns = Turns(self.jobs, half_of_memory_is_free)

        def work() -> None:
            with contextlib.suppress(StopIteration):
                while turn := turns.begin():
                    with turn:
                        with taking:
                            run = next(todo)
                        found = _ending(shared, run, engine, tell, turn)
                        if isinstance(found, BaseException) or (shared.fail_fast and not found.is_complete):
                            turns.close()  # at once: a short run would be over before anybody has looked at this one
                        ended.put(found)
            ended.put(None)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(MOST * self.jobs)]
        with self._engine(shared.preload) as engine:
            try:
                for each in threads:
                    each.start()
                yield from _until(ended, len(threads))
            finally:
                turns.close()
                engine.stop()
                for each in threads:
                    each.join(PATIENCE)

    def _engine(self, preload: Sequence[str]) -> Engine:
        ahead, self._ahead = self._ahead, None
        return ahead or Engine(preload)


def _ending(shared: Shared, run: Run, engine: Engine, tell: Told, turn: Turn) -> Entry | BaseException:
    """What became of the run, or what it raised, which is to be raised where the batch is."""
    try:
        return perform(shared, run, engine, tell, turn)
    except BaseException as error:  # noqa: BLE001 - see above
        return error


def _until(ended: queue.SimpleQueue[Entry | BaseException | None], working: int) -> Iterator[Entry]:
    while working:
        found = ended.get()
        if isinstance(found, BaseException):
            raise found
        if found is None:
            working -= 1
        else:
            yield found
