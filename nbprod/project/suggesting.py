"""Suggest: marks for a notebook that has none, judged by analysis and, when they are written, by a recorded run."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.errors import CellFailed, NotebookFaulty, UsageError
from nbprod.model.diagnostic import Severity
from nbprod.project import trials

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import Record
    from nbprod.project import Progress
    from nbprod.project.notebookfile import NotebookFile
    from nbprod.project.trials import Unfit
    from nbprod.suggest import Suggestion
    from nbprod.suggest.flow import Flow
    from nbprod.suggest.segments import Segments

ROUNDS = 8  # recorded runs, each after joining what the last one showed to be one
BORDER_FAULTS = ("NB203", "NB204", "NB205", "NB208", "NB301", "NB307")


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was suggested, the marked notebook as text, and where it was written (None: nowhere)."""

    suggestion: Suggestion
    text: str
    written: Path | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chooses from: the notebook as it will be written, and what is suggested for it."""

    notebook: Notebook
    suggestion: Suggestion
    uncarried: frozenset[int]

    def changed(self, change: Callable[[Segments, Flow], Segments]) -> Choice:
        """Return the choice with other steps, and what analysis says of them."""
        from nbprod import suggest
        from nbprod.project import analyse

        found = suggest.chosen(self.notebook, analyse, self.suggestion, change, uncarried=self.uncarried)
        return replace(self, suggestion=found)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A notebook on its way: its file, its document with the parameters cell, and how it reads."""

    file: NotebookFile
    document: dict[str, Any]
    notebook: Notebook
    uncarried: frozenset[int]


def suggest(
    path: str | Path,
    *,
    out: Path | None = None,
    magics: bool = False,
    run: bool | None = None,
    choose: Callable[[Choice], Suggestion] | None = None,
    progress: Progress | None = None,
) -> Suggested:
    """Return suggested marks for a notebook without any; with `out`, write the marked notebook there.

    Tags that were made for Kale are no marks of ours: they say where steps begin, and how they are called.

    `run`: record the marked notebook and join the steps between which a value can't be handed over; by default when
    it is written, so that export finds a fresh record. A notebook that does not run by itself is marked all the same.

    `choose` is shown the suggestion before anything is written, and returns what is to be written in its place.

    A notebook that has steps already keeps them: what comes back are its own, and `out` gets it as it is; to `choose`
    for it is a UsageError.
    """
    from nbprod.project import locate, read
    from nbprod.project.notebookfile import opened
    from nbprod.suggest import marking

    standing, file = read(path), opened(Path(path), locate(path).notebook.read_bytes())
    document = marking.without_kale(file.document)
    standing = _reading(document, str(path)) if marking.is_kales(document) else standing
    own = _own_steps(standing)
    if own is not None:
        if choose is not None:
            raise UsageError(
                f"{path} has marks of its own, and the table changes only what is suggested",
                hint="Leave -i out, or take the marks out first.",
            )
        if out is not None:
            _write(out, file.written(file.document, out))
        return Suggested(own, file.text, out)
    draft, found = _suggestion(file, document)
    if choose is not None and draft.notebook.code_cells:
        found = choose(Choice(draft.notebook, found, draft.uncarried))
    if out is not None:
        _write(out, _text(draft, found, out, magics=magics))
        if run is not False and found.segments and not found.errors:
            found = _tried(draft, found, out, magics=magics, progress=progress)
    text = _text(draft, found, out or Path(path), magics=magics)
    return Suggested(_located(found, draft, text if out else file.text, out or file.path), text, out)


def _own_steps(standing: Notebook) -> Suggestion | None:
    """The steps that the notebook has by marks of its own; None if it has no mark."""
    from nbprod.project import analyse
    from nbprod.suggest import LeftOut, Segment, Suggestion

    graph = analyse(standing)
    if not graph.steps and all(cell.mark is None for cell in standing.cells):
        return None
    steps = tuple(Segment(each.cells, why=("marked already",), name=each.name) for each in graph.steps)
    held = {cell for each in steps for cell in each.cells}
    outside = tuple(LeftOut(each.index, "it has no mark") for each in standing.code_cells if each.index not in held)
    return Suggestion(steps, outside, graph)


def _located(found: Suggestion, draft: _Draft, text: str, path: Path) -> Suggestion:
    """The suggestion with lines of the file that its reader has: the marked one, or else that without marks."""
    from nbprod.adapters import jupytext
    from nbprod.model.diagnostic import ordered, placed
    from nbprod.read import file_lines

    if not jupytext.is_text(str(path)):
        return found
    lines = file_lines(text, [each.source for each in draft.notebook.cells])
    diagnostics = ordered(placed(found.graph.diagnostics, lines))
    return replace(found, graph=replace(found.graph, diagnostics=diagnostics, file_lines=lines))


def _suggestion(file: NotebookFile, document: dict[str, Any]) -> tuple[_Draft, Suggestion]:
    """The steps, with the settings in a cell of their own unless the steps are better off without."""
    from nbprod import suggest
    from nbprod.project import analyse
    from nbprod.suggest import marking

    plain = _draft(file, document)
    settings = suggest.settings(plain.notebook, analyse)
    if settings:
        split = _draft(file, marking.with_parameters(plain.document, settings))
        found = suggest.steps(split.notebook, analyse, uncarried=split.uncarried)
        if not found.errors:
            return split, replace(found, settings=settings)
    return plain, suggest.steps(plain.notebook, analyse, uncarried=plain.uncarried)


def _draft(file: NotebookFile, document: dict[str, Any]) -> _Draft:
    """Read the notebook as it is, and once more with every cell a step's, to see which cells can't be one."""
    everywhere = json.loads(json.dumps(document))
    for cell in everywhere["cells"]:
        if cell.get("cell_type") == "code":
            cell.setdefault("metadata", {})["tags"] = ["step:trial"]
    tried = _reading(everywhere, str(file.path))
    uncarried = {each.index for each in tried.cells if any(fault.severity is Severity.ERROR for fault in each.faults)}
    return _Draft(file, document, _reading(document, str(file.path)), frozenset(uncarried))


def _reading(document: dict[str, Any], path: str) -> Notebook:
    from nbprod.adapters import ipython
    from nbprod.project import locate
    from nbprod.read import notebook

    # As JSON, whatever the format of the file is.
    read = notebook(json.dumps(document), f"{path}.ipynb", ipython.transform, locate(path).beside)
    return replace(read, path=path)


def _tried(draft: _Draft, found: Suggestion, out: Path, *, magics: bool, progress: Progress | None) -> Suggestion:
    """Record what was written, each time from the same random states where nothing seeds them; mend what runs show."""
    with tempfile.TemporaryDirectory(prefix="nbprod-suggest-") as states:
        return _mended(draft, found, _Runs(out, Path(states), progress), magics=magics)


def _mended(draft: _Draft, found: Suggestion, runs: _Runs, *, magics: bool) -> Suggestion:
    """Where a run shows a border that can't be, join and try again."""
    from nbprod import suggest
    from nbprod.project import analyse

    told: list[str] = []  # why results were taken away
    for _ in range(ROUNDS):
        try:
            trial = runs.trial()
        except CellFailed as failed:
            return replace(found, notes=(f"the notebook does not run by itself: {failed.message}",))
        except NotebookFaulty as faulty:  # no mark cures it
            return replace(found, notes=(faulty.message,))
        better = suggest.improved(
            draft.notebook,
            analyse,
            found,
            trial.faults,
            unfit=trial.unfit,
            restless=trial.restless,
            uncarried=draft.uncarried,
        )
        if better is None:
            return _judged(found, trial, told)
        told += [each.why for each in trial.unfit]
        told += [f"what '{each}' displays looks different in every run" for each in trial.restless]
        found = replace(better, settings=found.settings)
        _write(runs.out, _text(draft, found, runs.out, magics=magics))
    return found


def _judged(found: Suggestion, trial: _Trial, told: list[str]) -> Suggestion:
    """The suggestion with the graph that the runs showed; an error where they left nothing to compare."""
    from nbprod.model.faults import NOTHING_COMPARED

    graph = trial.graph or found.graph
    if told and trial.graph and not trial.shows and not any(step.outputs for step in graph.steps):
        fault = NOTHING_COMPARED.at(graph.steps[0].cells[0], 1, why="; ".join(dict.fromkeys(told)))
        graph = replace(graph, diagnostics=(fault, *graph.diagnostics))
    return replace(found, graph=graph)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What recorded runs say against the marks.

    Faults; outputs that had better not cross, with why; steps whose figures are others in every run; what the graph
    is, and whether any step displays figures.
    """

    faults: tuple[Diagnostic, ...]
    unfit: tuple[Unfit, ...] = ()
    restless: tuple[str, ...] = ()
    graph: Graph | None = None
    shows: bool = False


@dataclass(slots=True)
class _Runs:
    """Recorded runs of what was written: two, or one where an earlier one can be compared with it."""

    out: Path
    states: Path
    progress: Progress | None
    last: Record | None = None

    def trial(self) -> _Trial:
        """What runs of the notebook, as it is marked now, say against its marks."""
        from nbprod.project import read, settled

        try:
            first = self._record()
        except NotebookFaulty as faulty:
            if not faulty.diagnostics:
                raise
            return _Trial(faulty.diagnostics)
        last, self.last = self.last, first
        graph = settled(read(self.out), first)
        faults = tuple(
            each for each in graph.diagnostics if each.code in BORDER_FAULTS or each.severity is Severity.ERROR
        )
        unfit = trials.live(first)
        if faults or unfit:
            return _Trial(faults, unfit, graph=graph)
        other = last if last is not None and trials.has_all(last, first) else self._record()
        restless = tuple(each for each in trials.restless(first, other) if graph.step(each).mark.figures)
        return _Trial((), trials.moving(first, other), restless, graph, any(each.figures for each in first.steps))

    def _record(self) -> Record:
        from nbprod.project import record

        return record(self.out, states=self.states, progress=self.progress)


def _text(draft: _Draft, found: Suggestion, out: Path, *, magics: bool) -> str:
    from nbprod.suggest import marking

    write = marking.with_magics if magics else marking.with_tags
    return draft.file.written(write(draft.document, found.segments), out)


def _write(out: Path, text: str) -> None:
    from nbprod.project import write

    # Half a character, which JSON can name and no encoding holds, is escaped: the same to JSON and in a literal.
    write(out, text.encode(errors="backslashreplace"))
