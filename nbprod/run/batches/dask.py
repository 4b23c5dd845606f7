"""A Dask cluster that performs the runs: it exists already, and its workers share the batch's folder."""

from __future__ import annotations

import atexit
import datetime as dt
import threading
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import ClusterFailed, NbprodError
from nbprod.model.batch import Advance, Entry, Status
from nbprod.run.batches.engine import Engine
from nbprod.run.batches.performing import perform_once

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from nbprod.run.batches.advancing import Told
    from nbprod.run.batches.runs import Run
    from nbprod.run.batches.shared import Shared

_engines: dict[str, Engine] = {}  # of this worker, by the batch that it belongs to
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Dask:
    """The cluster of the scheduler at that address, which must answer within the seconds of `patience`.

    Workers may come and go: what one leaves undone another does.
    """

    address: str
    patience: float = 10

    def ready(self, preload: Sequence[str]) -> None:
        """Each worker imports them when its first run comes."""

    def entries(self, shared: Shared, runs: Iterable[Run], tell: Told) -> Generator[Entry]:
        """Yield what became of each run as soon as it ended."""
        with _client(self.address, self.patience) as client:
            client.subscribe_topic(_topic(shared), lambda event: tell(Advance(*event[1])))
            futures = {
                client.submit(on_worker, shared, run, key=f"nbprod-{run.name}-{shared.token}", pure=False): run
                for run in runs
            }
            try:
                yield from _ended(futures, client)
            finally:
                client.cancel(list(futures), force=True)
                if futures:
                    client.run(stop_worker, shared.token)


def on_worker(shared: Shared, run: Run) -> Entry:
    """Perform a run on a worker, whose runs of a batch are forked from one process."""
    from distributed import get_worker

    worker = get_worker()
    with _lock:
        if shared.token not in _engines:
            _end(*_engines)
            _engines[shared.token] = Engine(shared.preload)
            atexit.register(_engines[shared.token].close)
    return perform_once(shared, run, _engines[shared.token], lambda how: worker.log_event(_topic(shared), astuple(how)))


def _topic(shared: Shared) -> str:
    """Under which workers tell how far runs of the batch are."""
    return f"nbprod-{shared.token}"


def stop_worker(token: str) -> None:
    """Stop what a batch still runs on a worker."""
    with _lock:
        _end(token)


def _end(*tokens: str) -> None:
    for token in tokens:
        if engine := _engines.pop(token, None):
            engine.stop()
            engine.close()


def _ended(futures: dict[Any, Run], client: Any) -> Iterator[Entry]:
    from distributed import as_completed

    for future in as_completed(list(futures), loop=client.loop, raise_errors=False):  # type: ignore[no-untyped-call]
        run = futures.pop(future)
        yield _entry(future, run)
        future.release()


def _entry(future: Any, run: Run) -> Entry:
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        entry: Entry = future.result()
        return entry
    error = future.exception() if future.status == "error" else None
    if isinstance(error, KilledWorker):
        return _killed(run)
    if isinstance(error, NbprodError):
        raise error
    if isinstance(error, ImportError):
        raise ClusterFailed(
            f"a worker of the cluster can't run nbprod: {error}",
            hint="Workers need what this machine has: the same Python, nbprod, and what the notebook imports.",
        ) from error
    if error is not None:
        raise error
    raise ClusterFailed(
        "the connection to the scheduler was lost", hint="What is complete is kept: run the same command to go on."
    )


def _killed(run: Run) -> Entry:
    """The entry of a run whose workers died, one after the other: it is the run's fault, or so it looks."""
    error = "every worker that had this run died: it may need more memory than they have"
    ended = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Entry(run.name, run.id, Status.FAILED, run.parameters, error=error, ended=ended)


@contextmanager
def _client(address: str, patience: float) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterFailed("--cluster needs the package distributed", hint="pip install 'nbprod[dask]'") from error
    try:
        client: Any = Client(address, timeout=patience, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ClusterFailed(
            f"no scheduler answers at {address}: {_brief(error)}",
            hint="Is it running, and its address tcp://HOST:8786?",
        ) from error
    try:
        yield client
    finally:
        client.close()


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
