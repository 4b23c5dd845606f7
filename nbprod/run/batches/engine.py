"""How a run's notebook is executed: in a process forked from one that has imported what the notebook imports."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nbprod.adapters.openmp import side_by_side
from nbprod.errors import CellFailed, NbprodError
from nbprod.run.batches import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.adapters.ipykernel.client import Turn
    from nbprod.run.batches.shared import Document

    OnCell = Callable[[int, Any], None]

BEGIN = "nbprod.project.batchchild:begin"  # named, for it lies above: it runs in the notebook's process
OWN = (BEGIN.partition(":")[0], "nbprod.record.restoring")  # what of ours a run imports
LAST = "nbprod.record.restoring.modules:look_around()"  # at what all the others have imported
GRACE = 5.0  # seconds that a cell which hears no alarm has beyond the run's
PLACE = re.compile(r"^cell \d+(, line \d+)? (raised )?")
CHANCES = 3  # for a run whose restored values were lost: each of them is made anew


class Stopped(NbprodError):
    """The batch was stopped while the notebook ran."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Where an execution ended early: the cell as the executed notebook counts it, and why."""

    cell: int | None
    error: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """The executed notebook, and what ended it early; `restored` are the cells that did not run."""

    document: Document
    failure: Failure | None = None
    restored: frozenset[int] = frozenset()


class Engine:
    """A process that runs are forked from; several threads may execute notebooks at once."""

    def __init__(self, preload: Sequence[str] = ()) -> None:
        from nbprod.adapters.ipykernel.serving import kernel_server

        self.server = kernel_server((*OWN, *preload, LAST), side_by_side(os.environ))
        self.stopped = threading.Event()

    def execute(
        self,
        document: Document,
        folder: str,
        orders: inside.Orders,
        plan: Any = None,
        on_cell: OnCell | None = None,
        turn: Turn | None = None,
    ) -> Executed:
        """Run the notebook top to bottom, then keep what is wanted; the whole is stopped when its time is up.

        `on_cell` is told each code cell that has ended, by its index; `turn` is given away while a cell waits for what
        another run computes.

        Raises:
            Stopped: `stop` was called meanwhile.
            NbprodError: No process could be started.
        """
        for _ in range(CHANCES):
            executed = self._executed(document, folder, orders, plan, on_cell, turn)
            lost = Path(orders.folder) / inside.LOST
            if not lost.exists():
                break
            lost.unlink()
        return executed

    def _executed(
        self,
        document: Document,
        folder: str,
        orders: inside.Orders,
        plan: Any,
        on_cell: OnCell | None,
        turn: Turn | None,
    ) -> Executed:
        from nbprod.adapters.papermill.running import run_notebook

        node = _with_end(document)
        failure = None
        timeout = None if orders.timeout is None else orders.timeout + GRACE
        try:
            run_notebook(
                node,
                folder=folder,
                server=self.server,
                restorer=(BEGIN, (orders, plan)),
                environment=os.environ | side_by_side(os.environ),
                timeout=timeout,
                on_cell=on_cell,
                ahead=True,
                turn=turn,
            )
        except CellFailed as error:
            failure = _failure(error, orders)
        if self.stopped.is_set():
            raise Stopped("the batch was stopped")
        return _without_end(node, failure)

    def stop(self) -> None:
        """Stop what runs."""
        self.stopped.set()
        self.server.interrupt()

    def close(self) -> None:
        """End the process, and what was forked from it."""
        self.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _with_end(document: Document) -> Any:
    """The notebook with the hidden cell that keeps what is wanted."""
    import nbformat

    end = nbformat.v4.new_code_cell(inside.HIDDEN)  # type: ignore[no-untyped-call]
    if (document["nbformat"], document.get("nbformat_minor", 0)) < (4, 5):
        end.pop("id", None)
    node: Any = nbformat.from_dict(document)  # type: ignore[no-untyped-call]
    node.cells = [*node.cells, end]
    return node


def _without_end(node: Any, failure: Failure | None) -> Executed:
    node.cells = node.cells[:-1]
    restored = frozenset(
        at for at, cell in enumerate(node.cells) if cell.metadata.get("nbprod", {}).get("restored", False)
    )
    return Executed(node, failure, restored)


def _failure(error: CellFailed, orders: inside.Orders) -> Failure:
    """The failure in the run's own words; what the hidden cell raised is no cell's."""
    words = PLACE.sub("", error.message)
    cell = None if error.cell == orders.hidden else error.cell
    return Failure(cell, words if error.traceback else f"{words}. {error.hint}", error.traceback)
