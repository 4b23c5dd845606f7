"""Running a notebook in a forked child, as a function that threads may call side by side."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from nbprod.adapters.ipykernel import OURS
from nbprod.adapters.papermill.failing import translated
from nbprod.adapters.papermill.forked import forked
from nbprod.errors import CellFailed, NbprodError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbprod.adapters.forkserver import ForkServer
    from nbprod.adapters.ipykernel.client import Turn

LOG = logging.getLogger(__name__)  # what failed is raised: nbclient need not say it too
LOG.addHandler(logging.NullHandler())


def run_notebook(  # noqa: PLR0913  (all by name)
    nb: Any,
    *,
    folder: str | os.PathLike[str],
    server: ForkServer,
    restorer: tuple[str, Sequence[Any]] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    on_cell: Callable[[int, Any], None] | None = None,
    ahead: bool = False,
    turn: Turn | None = None,
) -> Any:
    """Run the notebook, an nbformat node whose parameters are injected, in a child of its own, and return it.

    The node is changed in place: it has the outputs and papermill's timings, also of a run that fails. `timeout` is in
    seconds for one cell; `on_cell` is told each code cell that is done, by its index among all cells. `restorer`
    ("module:function", arguments) makes a `Restorer` in the child, of the shell and the arguments. `ahead`: have the
    process of another run like this one begin now. The child's environment is the caller's, unless given. `turn` is
    given away while a cell waits for what another process computes.

    Raises:
        CellFailed: a cell raised, took too long, or its process died.
        NbprodError: the child could not be started.
    """
    nb.metadata.papermill = nb.metadata.get("papermill", {})
    manager = _Manager(nb, progress_bar=False, autosave_cell_every=0)
    manager.on_cell = on_cell
    manager.notebook_start()
    options = {"log": LOG, "timeout_func": lambda _: timeout, "resources": {"metadata": {"path": os.fspath(folder)}}}
    try:
        with forked(server, options, restorer=restorer, environment=environment, ahead=ahead, turn=turn) as ready:
            _Client(manager, **ready).execute()
    except (RuntimeError, DeadKernelError) as error:  # before the first cell, or after the last
        raise NbprodError(f"the notebook's process ended: {error}", hint="The machine may lack memory.") from error
    finally:
        manager.notebook_complete()
    return manager.nb


class _Manager(NotebookExecutionManager):  # type: ignore[misc]
    """papermill's bookkeeping, which also tells of each cell."""

    on_cell: Callable[[int, Any], None] | None = None

    def cell_complete(self, cell: Any, cell_index: int, **options: Any) -> None:
        """The cell has ended, one way or another."""
        super().cell_complete(cell, cell_index=cell_index, **options)
        if self.on_cell is not None and cell.cell_type == "code":
            self.on_cell(cell_index, cell)


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Raises what failed as ours; papermill only marks it, and not at all where the process died."""

    def execute_cell(self, cell: Any, cell_index: int, **options: Any) -> Any:
        """Run one cell."""
        if self.km.server.interrupted:
            raise CellFailed(f"cell {cell_index} was not run", cell=cell_index, hint="The run was interrupted.")
        if cell.cell_type != "code":
            return cell
        try:
            return self._replayed(cell, cell_index) or super().execute_cell(cell, cell_index, **options)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as fault:
            if _left(fault):
                raise
            self.nb_man.cell_exception(cell, cell_index=cell_index, exception=fault)
            with translated(cell_index):
                raise

    def _replayed(self, cell: Any, cell_index: int) -> Any:
        """The cell, if it need not run: asked so, it costs a tenth of a run that replays it by messages."""
        runs = cell.source.strip() and self.skip_cells_with_tag not in cell.metadata.get("tags", ())
        if self.km.restorer is None or not runs:
            return None
        timeout = self._get_timeout(cell)
        try:
            replayed = self.kc.replayed(cell_index, cell.source, timeout)
        except TimeoutError:
            raise CellTimeoutError.error_from_timeout_and_cell("restoring it took long", timeout, cell) from None
        if replayed is None:
            return None
        cell.execution_count = replayed[0]
        cell.outputs = nbformat.from_dict(replayed[1])  # type: ignore[no-untyped-call]
        cell.metadata[OURS] = {"restored": True}
        return cell


def _left(fault: Exception) -> bool:
    """A notebook may end with `sys.exit()`, for papermill too."""
    return isinstance(fault, CellExecutionError) and fault.ename == "SystemExit" and fault.evalue in {"", "0"}
