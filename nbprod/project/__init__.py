"""The verbs, composed: what the command line and the magics call."""

from __future__ import annotations

import ast
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import NotebookFaulty, NotebookUnreadable, ProjectBroken
from nbprod.model.diagnostic import Severity, ordered, placed
from nbprod.project.neighbours import name_clashes
from nbprod.project.place import Place, find_root, locate, package_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import Record
    from nbprod.project.exporting import Exported
    from nbprod.run import OutputCompared, StepRun

    Progress = Callable[[int, int, str], None]

__all__ = ["Verified", "analyse", "check", "export", "graph", "locate", "read", "record", "step", "verify", "write"]


@dataclass(frozen=True, slots=True)
class Verified:
    """Every output of every step, as the notebook and as the pipeline made it.

    `unseeded` are the steps whose draws nothing seeds: both sides began them at the same random state.
    """

    outputs: tuple[OutputCompared, ...]
    unseeded: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return all(each.equal for each in self.outputs)


def read(path: str | Path) -> Notebook:
    """Return the notebook at that path; raises NotebookUnreadable."""
    from nbprod.adapters import ipython
    from nbprod.read import notebook

    place = locate(path)
    try:
        content = place.notebook.read_bytes()
    except OSError as error:
        raise NotebookUnreadable(f"{path} can't be read: {error.strerror}") from error
    return notebook(content, place.relative, ipython.transform, place.beside)


def analyse(notebook: Notebook, record: Record | None = None) -> Graph:
    """Return the notebook's graph with all diagnostics, those of reading among them."""
    from nbprod.analyse import graph as analyse_graph

    found = analyse_graph(notebook, record)
    faults = [fault for cell in notebook.cells for fault in cell.faults]
    diagnostics = ordered(placed([*notebook.notes, *faults, *found.diagnostics], notebook.file_lines))
    return replace(found, diagnostics=diagnostics, file_lines=notebook.file_lines)


def place_of(path: str | Path, graph: Graph) -> Place:
    """Return where the notebook lives, its package named so that it shadows nothing the notebook imports."""
    place = locate(path)
    return replace(place, package=package_name(place.notebook.stem, imported_modules(graph, place.package)))


def imported_modules(graph: Graph, like: str) -> set[str]:
    """Return the top-level modules that the steps import, looking only where the name `like` stands."""
    sources = {each.source for step in graph.steps for each in step.definitions if each.kind == "import"}
    sources |= {each.python for step in graph.steps for each in step.blocks}
    trees = (ast.parse(source) for source in sources if like in source)
    return {name.partition(".")[0] for tree in trees for node in ast.walk(tree) for name in _modules(node)}


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


def check(path: str | Path) -> Graph:
    """Return the notebook's graph; its diagnostics are all that was found, by a fresh record too if there is one.

    Among them are the modules whose code was edited, so that it is no longer what the notebook says.
    """
    from nbprod.project.diverging import diverged

    found = graph(path)
    edited = diverged(place_of(path, found))
    return replace(found, diagnostics=ordered([*found.diagnostics, *edited])) if edited else found


def graph(path: str | Path) -> Graph:
    """Return the notebook's graph, settled by its record where that is fresh."""
    notebook, static, place = looked_at(path)
    recorded = fresh_record(place, static)
    return _among_others(settled(notebook, recorded), place) if recorded else static


def looked_at(path: str | Path) -> tuple[Notebook, Graph, Place]:
    """The notebook, its graph without a record, and where it lives."""
    notebook = read(path)
    static = analyse(notebook)
    place = place_of(path, static)
    return notebook, _among_others(static, place), place


def _among_others(graph: Graph, place: Place) -> Graph:
    """The graph with what the project's other notebooks have against its names."""
    return replace(graph, diagnostics=ordered([*graph.diagnostics, *name_clashes(place, graph)]))


def settled(notebook: Notebook, recorded: Record) -> Graph:
    """Return the graph that the record decides, with what the record found wrong."""
    from nbprod.record import file_edges, findings

    found = analyse(notebook, recorded)
    return replace(
        found,
        edges=(*found.edges, *file_edges(found, recorded)),
        diagnostics=ordered([*found.diagnostics, *placed(findings(found, recorded), found.file_lines)]),
    )


def fresh_record(place: Place, graph: Graph) -> Record | None:
    """Return the stored record if every step's code is what it was recorded with; else None."""
    from nbprod.record import load, stale

    recorded = load(place.record_file)
    return recorded if recorded and not stale(recorded, graph) else None


def _shown_before(place: Place, notebook: Notebook, static: Graph) -> Graph:
    """The graph that a fresh record shows, so that one run is enough to see every value that crosses."""
    earlier = fresh_record(place, static)
    shown = analyse(notebook, earlier) if earlier else static
    return shown if is_sound(shown) else static


def _has_samples(recorded: Record) -> bool:
    """Whether it comes from a run of the whole notebook: steps recorded live have no samples."""
    return all(seen.sample is not None for seen in recorded.steps)


def record(path: str | Path, *, states: Path | None = None, progress: Progress | None = None) -> Record:
    """Run the notebook top to bottom in a fresh kernel, keep what was seen, and return it.

    Runs with one folder `states` begin each step whose draws nothing seeds at the same random state.

    Raises NotebookFaulty when analysis finds errors, CellFailed when a cell raises; the old record then stands.
    """
    notebook, static, place = looked_at(path)
    return _record(place, notebook, _shown_before(place, notebook, static), states=states, progress=progress)


def _record(
    place: Place,
    notebook: Notebook,
    graph: Graph,
    *,
    values: Path | None = None,
    states: Path | None = None,
    progress: Progress | None = None,
) -> Record:
    """Run the notebook; once more where the run shows values to cross that nobody looked at. Keep it, or its values."""
    from nbprod.record import run, save

    refuse_faulty(graph)
    if progress:
        progress(0, len(graph.cells), "starting a kernel")
    for last_try in (False, True):
        recorded = run(
            place.notebook,
            graph,
            root=place.root,
            folder=place.record_folder,
            values=values,
            states=states,
            progress=progress,
        )
        shown = analyse(notebook, recorded)
        if last_try or not _crossing(shown) - _crossing(graph) or not is_sound(shown):
            break
        graph = shown
        if values:
            shutil.rmtree(values)
    if values is None:
        save(recorded, place.record_file)
    return recorded


def _crossing(graph: Graph) -> set[tuple[str, str, str]]:
    """What enters and leaves the steps."""
    entering = {(step.name, "in", name) for step in graph.steps for name in step.input_names}
    return entering | {(step.name, "out", name) for step in graph.steps for name in step.outputs}


def is_sound(graph: Graph) -> bool:
    """Whether none of the diagnostics is an error."""
    return all(each.severity is not Severity.ERROR for each in graph.diagnostics)


def refuse_faulty(graph: Graph, having: str = "has") -> None:
    """Raise NotebookFaulty with all diagnostics when one of them is an error."""
    errors = [each for each in graph.diagnostics if each.severity is Severity.ERROR]
    if errors:
        count = f"{len(errors)} error" + ("s" if len(errors) > 1 else "")
        raise NotebookFaulty(f"{graph.notebook} {having} {count}, so nothing was written", graph.diagnostics)


def export(
    path: str | Path,
    *,
    dry: bool = False,
    overwrite: bool = False,
    again: bool | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write the package, tests, schemas, dvc.yaml and params.yaml, and return what became of each file.

    Records first when there is no fresh record (`again`: always, or with False never). With `dry`, and where one of the
    diagnostics is an error, nothing is written. With `overwrite` a conflict is no error: the export's lines win.
    """
    from nbprod.project.exporting import export_recorded

    notebook, static, place = looked_at(path)
    refuse_faulty(static)
    recorded = None if again else fresh_record(place, static)
    if recorded is None or not _has_samples(recorded):
        if again is False:
            raise NotebookFaulty(
                f"{place.relative} has no fresh record",
                [],
                hint=f"Run nbprod record {place.typed}, or leave --no-record away.",
            )
        recorded = _record(place, notebook, static, progress=progress)
    found = settled(notebook, recorded)
    return export_recorded(place, notebook, found, recorded, dry=dry, overwrite=overwrite)


def verify(path: str | Path, *, rtol: float = 0.0, atol: float = 0.0, progress: Progress | None = None) -> Verified:
    """Run the notebook in a kernel and the extracted pipeline in processes of its own, and compare every output.

    A step whose draws nothing seeds begins at the same random state on both sides, so that equal code draws the same.

    Raises ProjectBroken before anything runs when the notebook has not been exported.
    """
    from nbprod.run import compare, pipeline
    from nbprod.values import draws

    notebook, static, place = looked_at(path)
    refuse_faulty(static)
    if not (place.root / place.package / "__init__.py").is_file():
        raise ProjectBroken(f"{place.relative} has not been exported", hint=f"Run nbprod export {place.typed}")
    notebook_ran, pipeline_ran = halves(progress, len(static.steps))
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="nbprod-verify-") as scratch:
        expected, made = Path(scratch) / "notebook", Path(scratch) / "pipeline"
        expecting = _shown_before(place, notebook, static)
        states = made / draws.KEPT
        recorded = _record(place, notebook, expecting, values=expected, states=states, progress=notebook_ran)
        pipeline(place.package, root=place.root, data=made, progress=pipeline_ran)
        found = settled(notebook, recorded)
        compared = compare(expected, made, found, recorded, root=place.root, tolerances=(rtol, atol), began=began)
        return Verified(compared, tuple(each.step for each in recorded.steps if each.unseeded))


def halves(progress: Progress | None, stages: int) -> tuple[Progress | None, Progress | None]:
    """Return two progresses that count on in one: the notebook's cells first, then the pipeline's stages."""
    if progress is None:
        return None, None
    cells = 0

    def notebook_ran(done: int, total: int, label: str) -> None:
        nonlocal cells
        cells = total
        progress(done, total + stages, f"notebook: {label}" if label and done < total else "")

    def pipeline_ran(done: int, total: int, label: str) -> None:
        progress(cells + done, cells + total, f"pipeline: {label}" if label else "comparing")

    return notebook_ran, pipeline_ran


def step(target: str, *, data: Path | None = None) -> StepRun:
    """Run one extracted step from its stored inputs to its stored outputs."""
    from nbprod import run

    here = Path.cwd()
    return run.step(target, root=here if (here / "dvc.yaml").exists() else find_root(here), data=data)


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    from nbprod.values import write_whole

    write_whole(path, content)
