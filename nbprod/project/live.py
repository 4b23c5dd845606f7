"""The live session of one kernel: what its steps read, made and cost, and how they stand now."""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError
from nbprod.model.diagnostic import Severity
from nbprod.model.live import Execution, Feedback, LiveRun, StepState
from nbprod.project.livenotebook import LiveNotebook
from nbprod.record import Observer, load
from nbprod.record.document import place_of
from nbprod.record.freshness import states
from nbprod.record.shares import order_of, ran, share_of, texts, warnings
from nbprod.record.verdict import summed, told

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, MutableMapping

    from nbprod.model.graph import CellFacts, Graph, Step
    from nbprod.model.record import StepSeen
    from nbprod.project.place import Place
    from nbprod.project.reproducing import Planned
    from nbprod.project.restoring.live import LiveCache

NO_VALUES = (types.ModuleType, types.FunctionType, type)  # what a cell defines rather than makes


@dataclass(frozen=True, slots=True)
class Watched:
    """The step's cell that runs now: its share of the step, and what was to be said before it started."""

    step: Step
    share: Step
    cell: int
    facts: CellFacts
    warnings: tuple[str, ...]


class Session:
    """Follows a kernel from cell to cell. `namespace` is the notebook's; `find` gives its file, if it is known."""

    def __init__(self, namespace: MutableMapping[str, Any], find: Callable[[], Path | None]) -> None:
        self.notebook = LiveNotebook(find)
        self._namespace = namespace
        self._runs: dict[str, LiveRun] = {}
        self._running: Execution | None = None
        self._watched: tuple[Watched, ...] = ()
        self._observer: Observer | None = None
        self._cache: LiveCache | None = None
        self._seen: StepSeen | None = None  # of the cell that has just run
        self._restored: tuple[list[dict[str, Any]], StepSeen] | None = None

    def close(self) -> None:
        """Stop to watch; leave nothing behind in the process."""
        if self._cache is not None:
            self._cache.close()
        if self._observer is not None:
            self._observer.detach()

    @property
    def restored(self) -> list[dict[str, Any]] | None:
        """What the cell that is about to run would display; its names stand for what it would make: it need not run."""
        return self._restored[0] if self._restored is not None else None

    @property
    def watches(self) -> bool:
        """Whether what the running cell displays is to be noted."""
        return self._cache is not None and bool(self._watched)

    def ran_before(self, source: str, key: str = "") -> None:
        """A cell ran before this session began to follow the kernel."""
        self.notebook.runs(source, key)

    def start(self, source: str, *, key: str = "", tags: tuple[str, ...] = (), deleted: Collection[str] = ()) -> None:
        """A cell is about to run; when it belongs to a step, its inputs are looked at."""
        self._watched, self._restored = (), None
        self._running = self.notebook.runs(source, key, tags, deleted)
        if self.notebook.may_have_steps_in(self._running):
            self._watched = self._watch(self._running.key)
        for each in self._watched:
            self._observe(self.graph()).before(each.share)
        if len(self._watched) == 1 and not self._watched[0].step.function:
            self._restored = self._restore(self._watched[0], self._observe(self.graph()))

    def finish(
        self, raised: BaseException | None = None, shown: list[dict[str, Any]] | None = None
    ) -> tuple[Feedback, ...]:
        """The cell has run; return what there is to say of each step that it belongs to, nothing if it raised.

        `shown` is what it displayed, None where nobody knows.
        """
        if self._cache is not None:
            self._cache.stop()
        running, watched = self._running, self._watched
        self._running, self._watched = None, ()
        if running is not None:
            self.notebook.has_run(running)
        if self._observer is None:
            return ()
        if not watched:
            self._observer.border.moved()
        said = [self._finished(each, self._observer, raised) for each in watched]
        if self._cache is not None and self._restored is None:
            self._cache.ran(shown or [], self._seen if raised is None and shown is not None else None)
        self._restored = self._seen = None
        return tuple(each for each in said if each is not None)

    def _finished(self, watched: Watched, observer: Observer, raised: BaseException | None) -> Feedback | None:
        if self._restored is not None:
            return self._was_restored(watched, observer, self._restored[1])
        if raised is not None:
            observer.drop(watched.share)
            self._keep(watched, None, type(raised).__name__)
            return None
        if watched.step.function and not any(map(self._is_value, watched.facts.writes)):
            observer.drop(watched.share)  # the cell only defines the function
            return None
        seen = self._seen = observer.after(replace(watched.share, outputs=self._made(watched)))
        feedback = self._feedback(watched, seen)
        self._keep(watched, seen, "")
        return feedback

    def _restore(self, watched: Watched, observer: Observer) -> tuple[list[dict[str, Any]], StepSeen] | None:
        """Look the cell up. What that opens, imports, takes and draws is not the step's doing."""
        observer.pause(watched.share)
        restored = self._looked_up(watched)
        if restored is None:
            observer.resume(watched.share)
        return restored

    def _looked_up(self, watched: Watched) -> tuple[list[dict[str, Any]], StepSeen] | None:
        from nbprod.project.place import find_root
        from nbprod.project.restoring.live import LiveCache

        path = self.notebook.path
        home = path.parent if path is not None else Path.cwd()
        if self._cache is None:
            self._cache = LiveCache(self._namespace)
        look = self.notebook.look()
        return self._cache.restore(look.notebook, look.graph, watched.cell, (find_root(home), home))

    def _was_restored(self, watched: Watched, observer: Observer, seen: StepSeen) -> Feedback:
        observer.drop(watched.share)
        observer.border.moved()
        self._keep(watched, seen, "")
        return replace(self._feedback(watched, seen), restored=True)

    def graph(self) -> Graph:
        """Return the graph of the notebook as it stands."""
        return self.notebook.look().graph

    def states(self) -> tuple[StepState, ...]:
        """Return how each step stands, in notebook order."""
        graph = self.graph()
        return states(graph, self._runs, self._parameters([each.name for each in graph.parameters]))

    def step_names(self) -> tuple[str, ...]:
        """The names of the steps."""
        return tuple(each.name for each in self.graph().steps)

    def frames(self) -> dict[str, tuple[str, ...]]:
        """The names of frames, and of steps, each with the frames that it stands for."""
        found = [name for name, value in self._namespace.items() if not name.startswith("_") and is_frame(value)]
        made = {name: tuple(each for each in run.outputs if each in found) for name, run in self._runs.items()}
        return {name: frames for name, frames in made.items() if frames} | {name: (name,) for name in found}

    def _watch(self, key: str) -> tuple[Watched, ...]:
        look = self.notebook.look()
        cell = place_of(key, look.cells)
        facts = look.facts(cell)
        steps = [each for each in look.graph.steps if cell in each.cells]
        if cell is None or facts is None or not steps:
            return ()
        hidden = self.notebook.hidden(cell, facts)
        return tuple(Watched(each, share_of(each, facts), cell, facts, hidden) for each in steps)

    def _observe(self, graph: Graph) -> Observer:
        if self._observer is None:
            self._observer = Observer(self._namespace, graph, Path.cwd())
        self._observer.graph = graph
        return self._observer

    def _made(self, watched: Watched) -> tuple[str, ...]:
        """What the cell made for later steps; while no later step reads anything of it, every value that it bound."""
        if watched.step.outputs:
            return watched.share.outputs
        defined = {each.name for each in watched.step.definitions}
        source = texts(watched.step)[order_of(watched.step, watched.cell)]
        names = sorted(watched.facts.writes - defined, key=lambda name: (source.find(name), name))
        return tuple(each for each in names if self._is_value(each))

    def _is_value(self, name: str) -> bool:
        known = name in self._namespace and not name.startswith("_")
        return known and not isinstance(self._namespace[name], NO_VALUES)

    def _parameters(self, names: Collection[str]) -> dict[str, str]:
        return {name: repr(self._namespace[name]) for name in names if name in self._namespace}

    def _feedback(self, watched: Watched, seen: StepSeen) -> Feedback:
        from nbprod.project.schemas import verdicts

        place = self._place()
        ends = order_of(watched.step, watched.cell) == len(texts(watched.step)) - 1
        found = verdicts(seen, self._namespace, self._previous(watched.step, place), place) if ends else ()
        cells = watched.step.cells
        several = len(cells) > 1 and not watched.step.function
        return Feedback(
            watched.step.name,
            part=f"{cells.index(watched.cell) + 1} of {len(cells)}" if several else "",
            reads=tuple(each.name for each in seen.inputs),
            makes=tuple((each.name, each.summary) for each in seen.outputs),
            seconds=seen.seconds,
            schema=summed(found),
            warnings=(*watched.warnings, *warnings(seen), *told(found), *faults(self.graph(), watched.cell)),
        )

    def stages(self) -> Planned | None:
        """How the stages of dvc.yaml stand that run the notebook's steps; None where nobody can say."""
        from nbprod.project.reproducing import of_notebook
        from nbprod.repro.unsupported import LeftToDvc

        path = self.notebook.path
        try:
            return of_notebook(path, self.graph()) if path is not None else None
        except (NbprodError, LeftToDvc, OSError):
            return None

    def _place(self) -> Place | None:
        from nbprod.project import place_of as place

        path = self.notebook.path
        return place(path, self.graph()) if path is not None else None

    def _previous(self, step: Step, place: Place | None) -> StepSeen | None:
        """What was last seen of the step: in this kernel, or else in the stored record."""
        run = self._runs.get(step.name)
        if run is not None and run.whole is not None:
            return run.whole
        recorded = load(place.record_file) if place else None
        return recorded.step(step.name) if recorded else None

    def _keep(self, watched: Watched, seen: StepSeen | None, raised: str) -> None:
        step = watched.step
        parameters = self._parameters(step.parameters)
        before = self._runs.get(step.name)
        run = ran(before, step, watched.cell, seen, parameters=parameters, raised=raised)
        self._runs[step.name] = run
        if seen is not None and run.whole is not None and run.whole is run.seen and not watched.warnings:
            self._record(run.whole)

    def _record(self, seen: StepSeen) -> None:
        from nbprod.project.liverecord import keep

        place, graph = self._place(), self.graph()
        if place is not None:
            keep(place, graph, seen, self._parameters([each.name for each in graph.parameters]))


def faults(graph: Graph, cell: int, most: int = 3) -> tuple[str, ...]:
    """Return what analysis found wrong with the cell, hints left out, as sentences."""
    found = [each for each in graph.diagnostics if each.cell == cell and each.severity is not Severity.HINT]
    return tuple(f"{each.message} ({each.code})" for each in found[:most])


def is_frame(value: object) -> bool:
    """Whether it is a pandas or polars frame; neither library is imported to find out."""
    kind = type(value)
    return str(kind.__module__).partition(".")[0] in {"pandas", "polars"} and kind.__name__ in {
        "DataFrame",
        "LazyFrame",
    }
