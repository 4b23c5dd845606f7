"""One run from beginning to end, wherever it is performed: on this machine or on a cluster's worker."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import TYPE_CHECKING, Any

from nbprod.model.batch import Entry, Status
from nbprod.run.batches import endings, keeping
from nbprod.run.batches.advancing import Advancing
from nbprod.run.batches.folder import Folder
from nbprod.run.batches.inside import Orders
from nbprod.run.batches.shared import injected_at, original, with_parameters

if TYPE_CHECKING:
    from pathlib import Path

    from nbprod.adapters.ipykernel.client import Turn
    from nbprod.run.batches.advancing import Told
    from nbprod.run.batches.engine import Engine, Executed, Failure
    from nbprod.run.batches.runs import Run
    from nbprod.run.batches.shared import Shared

NOTEBOOK = "notebook.ipynb"
TRACEBACK = "error.txt"
LINE, LINES, WIDTH = 300, 40, 500  # what an entry keeps of an error; the whole of it stands in the run's folder


def perform(shared: Shared, run: Run, engine: Engine, tell: Told, turn: Turn | None = None) -> Entry:
    """Execute the notebook with the run's parameters, store what is kept of it, and return what became of it.

    `tell` hears of steps that are done or restored meanwhile; `turn` is given away while the run waits for another's
    work. The run's folder takes its place whole, so that whoever looks finds an earlier run or this one.

    Raises:
        WriteFailed, StorageFailed: The disk or the storage refused.
        Stopped: The engine was stopped meanwhile; what stood in the folder still stands.
    """
    began = time.monotonic()
    with Folder(shared.out).filling(f"{endings.RUNS}/{run.name}", last=endings.FILE) as folder:
        executed, attempts = _executed(shared, run, engine, folder, tell, turn)
        entry = _entry(shared, run, executed, folder, seconds=time.monotonic() - began, attempts=attempts)
        (folder / endings.FILE).write_text(endings.as_json(entry), encoding="utf-8")
    return entry


def perform_once(shared: Shared, run: Run, engine: Engine, tell: Told) -> Entry:
    """Perform the run, unless this very batch has done so already: a cluster asks again when it lost an answer."""
    earlier = endings.ending(Folder(shared.out), run.name)
    if earlier and (earlier.id, earlier.token) == (run.id, shared.token):
        return earlier
    return perform(shared, run, engine, tell)


def _executed(
    shared: Shared, run: Run, engine: Engine, folder: Path, tell: Told, turn: Turn | None
) -> tuple[Executed, int]:
    """What came of the last attempt, and how many there were; it is all in the folder."""
    document = with_parameters(shared, run.source, run.parameters)
    wanted = tuple((each.name, each.role) for each in shared.wanted)
    orders = Orders(str(folder), wanted, len(document["cells"]), shared.timeout)
    for attempt in range(1, shared.retries + 2):  # noqa: B007 - it says how many there were
        advancing = Advancing(shared, run, tell)
        executed = engine.execute(document, shared.folder, orders, planned(shared, run), advancing, turn)
        if executed.failure is None:
            break
    (folder / NOTEBOOK).write_text(json.dumps(executed.document, indent=1, ensure_ascii=False), encoding="utf-8")
    if executed.failure:
        (folder / TRACEBACK).write_text(executed.failure.traceback or executed.failure.error, encoding="utf-8")
    return executed, attempt


def _entry(shared: Shared, run: Run, executed: Executed, folder: Path, *, seconds: float, attempts: int) -> Entry:
    failure = executed.failure
    cell = _cell(failure, shared, run) if failure else None
    done, restored = _steps(executed, shared, run)
    return Entry(
        run.name,
        run.id,
        Status.FAILED if failure else Status.COMPLETE,
        run.parameters,
        metrics={} if failure else json.loads((folder / keeping.METRICS).read_text(encoding="utf-8")),
        seconds=round(seconds, 3),
        error=_brief(failure.error) if failure else "",
        cell=cell,
        step=shared.step_of(cell),
        traceback=_bounded(failure.traceback) if failure else "",
        ended=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        attempts=attempts,
        done=len(done),
        restored=len(restored),
        notes=keeping.noted(folder),
        token=shared.token,
    )


def planned(shared: Shared, run: Run) -> Any:
    """Return what may be restored of the run's notebook, which has the cell of its parameters."""
    if shared.plan is None or not run.source:
        return shared.plan
    return shared.plan.injected(injected_at(shared), shared.replaces)


def _steps(executed: Executed, shared: Shared, run: Run) -> tuple[set[str], set[str]]:
    """The steps of which some cell ran, and those of which none had to."""
    reached = {
        original(at, shared, has_parameters=bool(run.source))
        for at, cell in enumerate(executed.document["cells"])
        if cell["cell_type"] == "code" and cell.get("execution_count") is not None
    }
    restored = {original(at, shared, has_parameters=bool(run.source)) for at in executed.restored}
    done = {step for cell, step in shared.steps if cell in reached - restored}
    return done, {step for cell, step in shared.steps if cell in restored} - done


def _cell(failure: Failure, shared: Shared, run: Run) -> int | None:
    return None if failure.cell is None else original(failure.cell, shared, has_parameters=bool(run.source))


def _brief(error: str) -> str:
    words = " ".join(error.split())
    return words if len(words) <= LINE else f"{words[: LINE - 1]}…"


def _bounded(traceback: str) -> str:
    lines = [line[:WIDTH] for line in traceback.strip().splitlines()]
    if len(lines) > LINES:
        half = LINES // 2
        lines = [*lines[:half], f"… {len(lines) - LINES} lines left out …", *lines[-half:]]
    return "\n".join(lines)
