"""An engine of papermill's that lets a run be observed.

It is papermill's own with three things more: each execute request carries the cell's id and tags, as JupyterLab's do;
hidden code can run before the first cell and after the last; and what fails is a `CellFailed` that names the cell as
the notebook counts it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.execute import execute_notebook

from nbprod.adapters.papermill import plain
from nbprod.adapters.papermill.failing import translated
from nbprod.errors import NbprodError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.adapters.papermill import CellToRun, Visit

NAME = "nbprod-record"
RECORDING = "NBPROD_RECORDING"  # tells the extension, should a cell load it, that the kernel is observed already
# Jupyter's default: figures show inline and are closed after each cell, whatever the caller's environment says.
INLINE = "module://matplotlib_inline.backend_inline"


def execute(cells: tuple[CellToRun, ...], visit: Visit) -> None:
    """Run the cells through papermill with this engine."""
    nodes = [_node(place, each) for place, each in enumerate(cells)]
    execute_notebook(
        new_notebook(cells=nodes),  # type: ignore[no-untyped-call]
        None,
        engine_name=NAME,
        kernel_name="python3",
        progress_bar=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        cells_to_run=cells,
        visit=visit,
    )


def _node(place: int, cell: CellToRun) -> Any:
    return new_code_cell(cell.source, id=f"cell-{place}", metadata={"tags": list(cell.tags)})  # type: ignore[no-untyped-call]


class RecordEngine(Engine):  # type: ignore[misc]
    """papermill's way to run a notebook, with a client of ours."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the notebook that `nb_man` holds."""
        visit: Visit = options["visit"]
        client = RecordClient(
            nb_man,
            kernel_name=kernel_name,
            log=logging.getLogger("papermill"),
            resources={"metadata": {"path": str(visit.folder)}},
            timeout=visit.timeout,
            startup_timeout=options.get("start_timeout", 60),
            shutdown_kernel="immediate",
        )
        client.cells_to_run, client.visit = options["cells_to_run"], visit
        # What the kernel's process itself says (warnings of its server) is nobody's output.
        client.execute(env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


papermill_engines.register(NAME, RecordEngine)


class RecordClient(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client: the kernel is this Python, and requests say which cell they are."""

    cells_to_run: tuple[CellToRun, ...] = ()
    visit: Visit

    def create_kernel_manager(self) -> Any:
        """A manager of kernels of the Python that runs now, whatever kernelspecs the machine has."""
        specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
        return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs, parent=self)

    def papermill_execute_cells(self) -> None:
        """Run the hidden code, the cells, and the hidden code after them."""
        try:
            self._hidden(self.visit.before)
            for place, cell in enumerate(self.cells_to_run):
                self._one(place, cell)
                if self.visit.progress:
                    self.visit.progress(place + 1, len(self.cells_to_run))
            self._hidden(self.visit.after)
        except KeyboardInterrupt:
            # The cell's own children get a chance to end before the kernel is killed.
            with contextlib.suppress(Exception):
                run_sync(self.km.interrupt_kernel)()
            raise

    def _one(self, place: int, cell: CellToRun) -> None:
        self.kc.session.metadata = _metadata(cell)
        node = self.nb.cells[place]
        self.nb_man.cell_start(node, place)
        with translated(cell.index):
            self.execute_cell(node, place)
        # papermill takes any error output for a failure, also where the cell's tag allows it.
        node.outputs = [each for each in node.outputs if each.output_type != "error"]
        self.nb_man.cell_complete(node, cell_index=place)

    def _hidden(self, code: str) -> None:
        if not code:
            return
        self.kc.session.metadata = {}
        try:
            reply = self.wait_for_reply(self.kc.execute(code, silent=True, store_history=False))
        except DeadKernelError:
            reply = None
        if reply is None or reply["content"]["status"] != "ok":
            raise NbprodError(_observer_fault(reply), hint="This is a fault of nbprod's: please report it.")


def _environment() -> dict[str, str]:
    # A kernel that JupyterLab started hands its notebook's name down to children, who aren't that notebook.
    kept = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    return {**kept, "MPLBACKEND": INLINE, RECORDING: "1"}


def _metadata(cell: CellToRun) -> dict[str, object]:
    return {"cellId": cell.id, "tags": list(cell.tags), "nbprod": {"cell": cell.index}}


def _observer_fault(reply: Mapping[str, Any] | None) -> str:
    if reply is None:
        return "the kernel died while nbprod replayed the steps on their samples"
    return f"observing the notebook failed\n{plain(reply['content'].get('traceback', []))}"
