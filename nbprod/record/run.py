"""Runs a notebook top to bottom in a fresh kernel, observed: `nbprod record`."""

from __future__ import annotations

import json
import pickle
import platform
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.adapters import jupytext, nbformat, papermill
from nbprod.errors import CellFailed, NotebookFaulty, NotebookUnreadable
from nbprod.model.graph import CellKind
from nbprod.model.record import Record
from nbprod.record import raising, store
from nbprod.record.kernel import RESULT, Plan
from nbprod.values import whole_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbprod.adapters.papermill import CellToRun
    from nbprod.model.graph import Graph

    Progress = Callable[[int, int, str], None]

MODULE = "nbprod.record.kernel"
START = "__import__({module!r}, fromlist=['start']).start({plan!r})"
FINISH = "await __import__({module!r}, fromlist=['finish']).finish()"


def run(  # noqa: PLR0913  (what to run, where, and what to keep of it)
    notebook: Path,
    graph: Graph,
    *,
    root: Path,
    folder: Path,
    values: Path | None = None,
    parameters: Mapping[str, Any] | None = None,
    states: Path | None = None,
    progress: Progress | None = None,
) -> Record:
    """Return what a run of the notebook in a fresh kernel shows; its samples are put into `folder`, all or none.

    With `values`, every output of every step is stored there as `<step>/<name>.<extension>`, and no samples are made.
    Steps whose draws nothing seeds begin at the random states that the folder `states` keeps, or are kept there.
    `parameters` are set after the parameters cell, as the Python values that they are. `progress` gets the cells done,
    their number, and the step that comes next. Cells tagged skip are left out.

    Raises:
        CellFailed: a cell raised or its kernel died; nothing on disk has changed.
        NotebookFaulty: a step did not run, for no cell calls it, or holds what a cell that may raise raised at.
        WriteFailed: the samples can't be written.
    """
    cells = _cells(notebook, graph)
    with tempfile.TemporaryDirectory(prefix="nbprod-record-") as name:
        scratch = Path(name)
        plan = Plan(
            graph=graph,
            ids={each.id: each.index for each in cells},
            sources={each.index: each.source for each in cells},
            root=root.absolute(),
            home=notebook.parent.absolute(),
            scratch=scratch,
            values=values,
            parameters=dict(parameters or {}),
            states=states.absolute() if states else None,
        )
        _visit(cells, plan, progress)
        result = json.loads((scratch / RESULT).read_text(encoding="utf-8"))
        raising.refuse([raising.Raised(*each) for each in result["raised"]], graph, plan.sources)
        record = _record(result, graph)
        if values is None:
            made = scratch / "samples"
            with whole_folder(folder / "samples") as draft:
                if made.is_dir():
                    shutil.copytree(made, draft, dirs_exist_ok=True)
    return record


def _visit(cells: tuple[CellToRun, ...], plan: Plan, progress: Progress | None) -> None:
    path = plan.scratch / "plan.pickle"
    path.write_bytes(pickle.dumps(plan))
    visit = papermill.Visit(
        folder=plan.home,
        before=START.format(module=MODULE, plan=str(path)),
        after=FINISH.format(module=MODULE),
        progress=_told(cells, plan.graph, progress) if progress else None,
    )
    try:
        papermill.run(cells, visit)
    except CellFailed as failed:
        lines = plan.graph.file_lines
        if failed.cell < len(lines) and lines[failed.cell]:
            failed.message = (
                f"line {lines[failed.cell] + (failed.line or 1) - 1} of {plan.graph.notebook}: {failed.message}"
            )
        raise


def _told(cells: tuple[CellToRun, ...], graph: Graph, progress: Progress) -> Callable[[int, int], None]:
    steps = {cell: step.name for step in graph.steps for cell in step.cells}
    names = [steps.get(each.index, "") for each in cells]

    def tell(done: int, total: int) -> None:
        progress(done, total, names[done] if done < total else "samples")

    return tell


def _cells(notebook: Path, graph: Graph) -> tuple[CellToRun, ...]:
    """The cells to run, under the ids that the graph knows them by."""
    try:
        text = jupytext.as_ipynb(nbformat.decoded(notebook.read_bytes(), str(notebook)), str(notebook))
    except OSError as error:
        raise NotebookUnreadable(f"{notebook} can't be read: {error}") from error
    ids = {each.index: each.id for each in graph.cells}
    skipped = {each.index for each in graph.cells if each.kind is CellKind.SKIPPED}
    return tuple(
        papermill.CellToRun(each.index, ids.get(each.index) or each.id, each.source, each.tags)
        for each in papermill.code_cells(text)
        if each.index not in skipped
    )


def _record(result: dict[str, Any], graph: Graph) -> Record:
    unseen = {step.name for step in graph.steps} - {each["step"] for each in result["steps"]}
    if unseen:
        name = min(unseen)
        hint = "A decorated step is called at the top level of a cell."
        raise NotebookFaulty(f"step '{name}' did not run", (), hint=hint)
    return Record(
        notebook=graph.notebook,
        recorded=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        packages=_pairs(result["packages"]),
        steps=tuple(store.seen(each) for each in result["steps"]),
        parameters=_pairs(result["parameters"]),
        parameter_types=_pairs(result["parameter_types"]),
        star_names=tuple((module, tuple(names)) for module, names in result["star_names"]),
        search_path=tuple(result["search_path"]),
        written_outside=tuple((path, cell) for path, cell in result["written_outside"]),
        changed_outside=tuple((name, cell) for name, cell in result["changed_outside"]),
    )


def _pairs(items: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in items)
