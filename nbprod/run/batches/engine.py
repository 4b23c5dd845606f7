"""How a run's notebook is executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.adapters.papermill import plain, quiet

if TYPE_CHECKING:
    from nbprod.run.batches.shared import Document


@dataclass(frozen=True, slots=True)
class Failure:
    """Where an execution ended early: the cell as the executed notebook counts it, and why."""

    cell: int | None
    error: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """The executed notebook, and what ended it early; `done` and `restored` count its steps."""

    document: Document
    failure: Failure | None = None
    done: int = 0
    restored: int = 0


def execute(document: Document, folder: str, *, after: str = "", timeout: float | None = None) -> Executed:
    """Run the notebook top to bottom, then the hidden code `after`; the whole is stopped after `timeout` seconds."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    node = nbformat.from_dict(document)  # type: ignore[no-untyped-call]
    hidden = nbformat.v4.new_code_cell(after)  # type: ignore[no-untyped-call]
    node.cells.append(hidden)

    class Client(NotebookClient):
        """It tells cells their tags, as JupyterLab does."""

        async def async_execute_cell(self, cell: Any, *places: Any, **options: Any) -> Any:
            assert self.kc is not None
            self.kc.session.metadata = {"cellId": cell.get("id"), "tags": list(cell.metadata.get("tags", ()))}
            return await super().async_execute_cell(cell, *places, **options)

    client = Client(node, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": folder}})
    failure = None
    with quiet():
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failure = _failure(node, error)
    node.cells.remove(hidden)
    return Executed(node, failure)


def _failure(node: Any, error: Exception) -> Failure:
    for at, cell in enumerate(node.cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return Failure(at, f"{output.ename}: {output.evalue}", plain(output.traceback))
    begun = [at for at, cell in enumerate(node.cells) if cell.get("execution_count")]
    return Failure(begun[-1] if begun else None, f"{type(error).__name__}: {error}")
