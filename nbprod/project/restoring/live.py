"""Steps of a live notebook: what took long and would give the same again is restored in place of running."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from nbprod.model.graph import RANDOM_STATES, CellKind
from nbprod.project.restoring.planning import plan_of
from nbprod.record.restoring import Restorer
from nbprod.record.store import seen as seen_in
from nbprod.values import draws

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path

    from nbprod.cache import Entry
    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import StepSeen
    from nbprod.record.restoring import Plan

LEAST = 0.5  # seconds that a cell has to have taken: whoever waits for less is not to wonder whether it ran


class LiveCache:
    """Stands between a live notebook's step cells and the store. Every name counts as needed: anybody may come next."""

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self._namespace = namespace
        self._restorer: Restorer | None = None
        self._looked: tuple[Notebook, Plan] | None = None
        self._cell = -1

    def restore(
        self, notebook: Notebook, graph: Graph, cell: int, folders: tuple[Path, Path]
    ) -> tuple[list[dict[str, Any]], StepSeen] | None:
        """Bind what the cell would make, and return what it displayed and what was seen of it; None: it is to run.

        `folders` are the project's and the notebook's own.
        """
        self._cell = -1
        kinds = {each.index: each.kind for each in graph.cells}
        if kinds.get(cell) is not CellKind.STEP:
            return None
        plan = self._plan(notebook, graph, folders)
        restorer = self._with(self._cautious(plan, cell))
        with self._all_or_nothing():
            outputs = restorer.restore(cell)
            if outputs is None:
                self._cell = cell
                return None
            restorer.bind()
            restorer.names.touch_all()  # what is remembered of values keeps them alive
            return outputs, seen_in(restorer.fates[cell].more)

    def stop(self) -> None:
        """The cell ended: what follows is not its doing."""
        if self._restorer is not None:
            self._restorer.stop()

    def ran(self, outputs: list[dict[str, Any]], seen: StepSeen | None) -> None:
        """Keep what the cell made, if it took long enough; `seen` is None where it raised."""
        cell, self._cell = self._cell, -1
        if self._restorer is not None and cell >= 0:
            more = asdict(seen) if seen is not None else {}
            self._restorer.ran(cell, outputs, failed=seen is None, more=more)
            self._restorer.names.touch_all()

    def close(self) -> None:
        """Leave nothing behind."""
        if self._restorer is not None:
            self._restorer.close()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Whatever goes wrong, and at Ctrl-C: the cell is to run on what was there before."""
        names, states = dict(self._namespace), draws.states(RANDOM_STATES.values())
        try:
            yield
        except BaseException:
            self._namespace.clear()
            self._namespace.update(names)
            draws.put_all(states)
            self.close()
            self._restorer = None
            raise

    def _plan(self, notebook: Notebook, graph: Graph, folders: tuple[Path, Path]) -> Plan:
        if self._looked is None or self._looked[0] is not notebook:
            made = plan_of(notebook, graph, root=folders[0], folder=folders[1])
            self._looked = notebook, replace(made, least=LEAST, eager=True)
        return self._looked[1]

    def _cautious(self, plan: Plan, cell: int) -> Plan:
        everything = frozenset(self._namespace).union(*(each.writes | each.reads for each in plan.cells.values()))
        return replace(plan, cells={cell: replace(plan.cells[cell], live=everything)})

    def _with(self, plan: Plan) -> Restorer:
        """The session's restorer, with the notebook as it is now; other cells ran since it was last asked."""
        if self._restorer is None or self._restorer.store.folder != plan.folder:
            self.close()
            self._restorer = Restorer(plan, self._namespace, accepts=_was_seen)
        self._restorer.goes_on(plan)
        return self._restorer


def _was_seen(entry: Entry) -> bool:
    """Whether somebody noted what a step's feedback tells: a batch does not."""
    try:
        seen_in(entry.facts["more"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return True
