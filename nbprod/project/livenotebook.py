"""The notebook of a live kernel as it stands: the saved file, what ran since, and what analysis makes of both."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.model.graph import Graph
from nbprod.model.live import Execution, LiveCell
from nbprod.model.notebook import INJECTED, Notebook
from nbprod.record.document import as_text, identified, live_cells, saved_cells
from nbprod.record.hidden import hidden_state
from nbprod.run.parameters.cell import HEADING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from nbprod.model.graph import CellFacts


@dataclass(frozen=True, slots=True)
class Look:
    """The live notebook at one moment."""

    cells: tuple[LiveCell, ...] = ()
    graph: Graph = field(default_factory=lambda: Graph(""))
    notebook: Notebook = field(default_factory=lambda: Notebook("", ()))

    def facts(self, at: int | None) -> CellFacts | None:
        """What analysis found of the cell at that place."""
        return next((each for each in self.graph.cells if each.index == at), None)


@dataclass(slots=True)
class Saved:
    """The notebook's file as last looked at; `at` is when it was saved."""

    path: Path | None = None
    at: float = 0.0
    cells: tuple[LiveCell, ...] | None = None

    def refresh(self, path: Path | None) -> None:
        """Read the file again when it, or which one it is, has changed."""
        at = path.stat().st_mtime if path is not None and path.is_file() else 0.0
        if (path, at) != (self.path, self.at):
            self.path, self.at = path, at
            self.cells = saved_cells(path.read_text(encoding="utf-8", errors="replace")) if path and at else None


class LiveNotebook:
    """Follows which cells ran; `find` gives the notebook's file, if it is known."""

    def __init__(self, find: Callable[[], Path | None]) -> None:
        self._find = find
        self._saved = Saved()
        self._executions: dict[str, Execution] = {}
        self._deleted: set[str] = set()
        self._look = Look()
        self._unattributed: list[Execution] = []
        self._writers: dict[str, Execution] = {}

    @property
    def path(self) -> Path | None:
        """The notebook's file, if it is known."""
        return self._find()

    def runs(self, source: str, key: str = "", tags: tuple[str, ...] = (), deleted: Collection[str] = ()) -> Execution:
        """A cell is about to run: return it, with the key by which it is known.

        Where the frontend tells no tags, as papermill, the cell that papermill has injected is known by its first line.
        """
        if not key and not tags and source.startswith(f"{HEADING}\n"):
            tags = (INJECTED,)
        self._deleted.update(deleted)
        key = key or self._identified(source)
        self._deleted.discard(key)
        self._executions[key] = execution = Execution(key, source, tags, time.time())
        return execution

    def has_run(self, execution: Execution) -> None:
        """The cell ran to its end, or as far as it came: it may have set names."""
        self._unattributed.append(execution)

    def look(self) -> Look:
        """Return the notebook, analysed; what didn't change since the last look is not analysed again."""
        cells = self._cells()
        if cells != self._look.cells:
            from nbprod.project import analyse

            read = as_read(cells, self._saved.path.name if self._saved.path else "notebook")
            self._look = Look(cells, analyse(read), read)
        return self._look

    def unsaved(self) -> bool:
        """Whether cells as they last ran differ from the saved notebook."""
        self._saved.refresh(self.path)
        saved = {each.key: each.source for each in self._saved.cells or ()}
        newer = (each for each in self._executions.values() if each.at > self._saved.at)
        return any(saved.get(each.key) != each.source for each in newer)

    def may_have_steps_in(self, execution: Execution) -> bool:
        """Whether it is worth a look: the cell is marked, or the notebook has marks that are no first lines."""
        if execution.source.lstrip().startswith("%%step") or any(each.startswith("step:") for each in execution.tags):
            return True
        cells = self._cells()
        return any("@step" in each.source or any(tag.startswith("step:") for tag in each.tags) for each in cells)

    def hidden(self, at: int, facts: CellFacts) -> tuple[str, ...]:
        """Return what the cell reads that a run from the top would give another value."""
        self._attribute()
        return hidden_state(at, facts.reads, self._look.cells, self._look.graph.cells, self._writers)

    def _cells(self) -> tuple[LiveCell, ...]:
        self._saved.refresh(self.path)
        return live_cells(self._saved.cells, self._saved.at, self._executions.values(), self._deleted)

    def _identified(self, source: str) -> str:
        cells = self._cells()
        found = identified(source, cells)
        old = next((each for each in cells if each.key == found), None)
        if old is None or goes_on_with(source, old.source):
            return f"ran-{len(self._executions)}"
        return old.key

    def _attribute(self) -> None:
        """Note who last set each name, now that it matters: the cells that ran since are analysed together."""
        pending, self._unattributed = self._unattributed, []
        if not pending:
            return
        ran = tuple(LiveCell(str(at), each.source, each.tags) for at, each in enumerate(pending))
        facts = {each.index: each.writes for each in analysed(ran, "session").cells}
        for at, execution in enumerate(pending):
            self._writers.update(dict.fromkeys(facts.get(at, ()), execution))


def goes_on_with(new: str, old: str) -> bool:
    r"""Whether a cell needs what only the other one makes: then it is no later version of it, however alike they look.

    >>> goes_on_with("%%step clean\nrows = rows[1:]", "%%step clean\nrows = table[1:]")
    True
    >>> goes_on_with("%%step clean\nrows = table[2:]", "%%step clean\nrows = table[1:]")
    False
    """
    if new == old:
        return False
    first, second = analysed((LiveCell("old", old, ()), LiveCell("new", new, ())), "cells").cells
    return not set(second.reads).isdisjoint(set(first.writes) - set(first.reads))


def analysed(cells: tuple[LiveCell, ...], name: str) -> Graph:
    """Return the graph of those cells."""
    from nbprod.project import analyse

    return analyse(as_read(cells, name))


def as_read(cells: tuple[LiveCell, ...], name: str) -> Notebook:
    """Return those cells as a notebook."""
    from nbprod.adapters import ipython
    from nbprod.read import notebook

    return notebook(as_text(cells), name, ipython.transform)
