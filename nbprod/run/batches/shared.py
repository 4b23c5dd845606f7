"""What all runs of a batch share: the notebook as it was when the batch began, and what is kept of each run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nbprod.errors import StorageFailed
from nbprod.model.notebook import INJECTED
from nbprod.run.batches.folder import Folder
from nbprod.run.batches.runs import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SNAPSHOT = "notebook.ipynb"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is stored beside the executed notebook: `role` is metric, plot or out; `cell` is the step's last."""

    name: str
    role: str
    step: str
    cell: int


@dataclass(frozen=True, slots=True)
class Shared:
    """The notebook's name, the folder that it runs in, and where the runs go (`out`); its snapshot lies there.

    `token` tells this call from those before it. `after` and `replaces` say where the parameters' cell goes. A run is
    stopped after `timeout` seconds, and one that fails gets `retries` more chances.
    """

    notebook: str
    folder: str
    out: str = ""
    token: str = ""
    wanted: tuple[Wanted, ...] = ()
    steps: tuple[tuple[int, str], ...] = ()  # (cell, step)
    after: int | None = None
    replaces: int | None = None
    timeout: float | None = None
    retries: int = 0
    preload: tuple[str, ...] = ()
    fail_fast: bool = False  # no run begins after one that failed
    plan: Any = None  # of what may be restored: a record.restoring.Plan

    def step_of(self, cell: int | None) -> str:
        """The step that a cell belongs to, "" if none."""
        return dict(self.steps).get(cell, "") if cell is not None else ""


def code_of(document: Document) -> str:
    """Return what tells the notebook's code from other code: its code cells and their tags; texts don't count."""
    cells = [each for each in document["cells"] if each["cell_type"] == "code"]
    return digest([[_text(each["source"]).strip(), sorted(each["metadata"].get("tags", ()))] for each in cells])


def bare(document: Document) -> Document:
    """Return the document without outputs, each source as one text: what runs begin with."""
    return document | {"cells": [_bare(each) for each in document["cells"]]}


def _bare(cell: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
    return {**cell, "source": _text(cell["source"]), **empty}


@lru_cache(maxsize=4)
def snapshot(out: str, token: str) -> str:  # noqa: ARG001 - another token, another notebook
    """Return the notebook as it was when the batch began.

    Raises:
        StorageFailed: It is not there, as on a cluster's worker that doesn't share the folder.
    """
    content = Folder(out).read(SNAPSHOT)
    if content is None:
        raise StorageFailed(
            f"{out}/{SNAPSHOT} is not there",
            hint="On a cluster --out must be a URL or a folder that all workers share.",
        )
    return content.decode()


def with_parameters(shared: Shared, source: str, parameters: Mapping[str, Any]) -> Document:
    """Return the notebook with the cell that sets the parameters, where papermill puts it."""
    document: Document = json.loads(snapshot(shared.out, shared.token))
    if source:
        document["cells"] = _injected(document["cells"], _cell(document, source), shared)
    document["metadata"]["papermill"] = {"parameters": dict(parameters), "input_path": shared.notebook}
    return document


def _injected(cells: Sequence[Any], cell: Any, shared: Shared) -> list[Any]:
    if shared.replaces is not None:
        return [*cells[: shared.replaces], cell, *cells[shared.replaces + 1 :]]
    at = injected_at(shared)
    return [*cells[:at], cell, *cells[at:]]


def injected_at(shared: Shared) -> int:
    """Return the place of the cell that sets the parameters."""
    if shared.replaces is not None:
        return shared.replaces
    return 0 if shared.after is None else shared.after + 1


def original(cell: int, shared: Shared, *, has_parameters: bool) -> int:
    """Return the number that a cell of an executed notebook has in the notebook itself."""
    if not has_parameters or shared.replaces is not None:
        return cell
    return cell - (cell > injected_at(shared))


def _cell(document: Document, source: str) -> Any:
    made: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": [INJECTED]},
        "outputs": [],
        "source": source,
    }
    has_ids = (document["nbformat"], document.get("nbformat_minor", 0)) >= (4, 5)
    return made | ({"id": INJECTED} if has_ids else {})


def _text(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
