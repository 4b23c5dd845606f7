"""A batch before its first run: what is asked for, held to the notebook, named, and compared with what is there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbprod.errors import ParametersRefused, UsageError
from nbprod.project import analyse, fresh_record
from nbprod.project.batchwork import work
from nbprod.project.place import locate
from nbprod.run.batches import resume, runs, shared
from nbprod.run.batches.folder import Folder
from nbprod.run.batches.plan import Plan, only
from nbprod.run.batches.runs import Run
from nbprod.run.batches.spec import Spec, combinations
from nbprod.run.parameters import from_data, injected, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import Record
    from nbprod.project.place import Place
    from nbprod.record.restoring import Plan as Restorable
    from nbprod.run.parameters import Declarations

NAME = "run"  # the column of a table that names its runs, where the notebook has no such parameter
FAULTS = 20  # told at once


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch is run: `only` are names of runs, or patterns of them; seconds of `timeout` are for one run."""

    out: str
    timeout: float | None = None
    retries: int = 0
    fail_fast: bool = False
    fresh: bool = False
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """The notebook as it is when the batch begins; `salt` is what tells this batch's runs from others' of that code."""

    place: Place
    content: bytes
    document: dict[str, Any]
    graph: Graph
    declarations: Declarations
    preload: tuple[str, ...]
    plan: Restorable
    salt: tuple[Any, ...] = ()


def planned(
    path: str | Path, spec: Spec, options: Options, ready: Callable[[tuple[str, ...]], None] = lambda _: None
) -> Plan:
    """Return the batch that would run; `ready` hears early what its runs will import.

    Raises:
        ParametersRefused: Values are not what the parameters take; all that is wrong, in whichever run.
        UsageError: The batch is empty, two runs are the same or have one name, or the folder is another notebook's.
    """
    subject, folder = _subject(path, ready), Folder(options.out)
    claimed = resume.claim_of(folder, subject.place.relative)
    if options.fresh and not options.only:
        claimed = replace(claimed, afresh=claimed.afresh + 1)
    subject = replace(subject, salt=(shared.code_of(subject.document), claimed.afresh))
    named, varied = _asked(subject, spec) if not spec.is_empty else _asked_before(subject, claimed)
    each = claimed.each if spec.is_empty else spec.each[0] if spec.each else ""
    made = tuple(_run(name, values, subject, each) for name, values in named.items())
    given = {name for values in named.values() for name in values}
    recorded = fresh_record(subject.place, subject.graph)
    standing = _standing(made, only(made, options.only), folder, options)
    return Plan(
        options.out,
        _shared(subject, options, folder),
        subject.place.notebook,
        subject.content,
        subject.document,
        made,
        standing,
        tuple(name for name in subject.declarations.names if name in given),
        varied,
        replace(
            claimed,
            varied=varied,
            each=each,
            runs=tuple({"name": one.name, "parameters": one.parameters} for one in made),
        ),
        work(standing.todo, subject.graph, subject.plan, recorded),
        _notes(subject, recorded),
    )


def _notes(subject: Subject, recorded: Record | None) -> tuple[str, ...]:
    """What a person should know before the first run."""
    metrics = any(step.mark.metrics for step in subject.graph.steps)
    notes = () if metrics else ("no step declares --metrics, so the index will hold none",)
    written = {path for step in recorded.steps for path in step.files_written} if recorded else set()
    written |= {path for path, _ in recorded.written_outside} if recorded else set()
    if not written:
        return notes
    files = ", ".join(sorted(written)[:3]) + (" …" if len(written) > 3 else "")
    return (*notes, f"the notebook writes {files} in its own folder, and so does each run: name it by a parameter")


def _standing(all_runs: tuple[Run, ...], chosen: tuple[Run, ...], folder: Folder, options: Options) -> resume.Standing:
    """What is complete stays, but for what was chosen to run afresh; nothing runs that was not chosen."""
    found = resume.standing(all_runs, folder)
    ids = {run.id for run in chosen}
    if options.fresh:
        return replace(found, todo=chosen, kept=tuple(each for each in found.kept if each.id not in ids))
    return replace(found, todo=tuple(run for run in found.todo if run.id in ids))


def _subject(path: str | Path, ready: Callable[[tuple[str, ...]], None]) -> Subject:
    from nbprod.adapters import ipython
    from nbprod.project.notebookfile import opened
    from nbprod.project.parameters import declared
    from nbprod.project.restoring import plan_of
    from nbprod.read import notebook

    place = locate(path)
    content = place.notebook.read_bytes()
    read = notebook(content, place.relative, ipython.transform, place.beside)
    preload = _preload(read, place.notebook.parent)
    ready(preload)
    document = shared.bare(opened(place.notebook, content).document)
    graph, folder = analyse(read), place.notebook.parent
    return Subject(
        place,
        content,
        document,
        graph,
        declared(read, folder),
        preload,
        plan_of(read, graph, root=place.root, folder=folder),
    )


Named = tuple["dict[str, dict[str, Any]]", tuple[str, ...]]


def _asked(subject: Subject, spec: Spec) -> Named:
    """The values of each run by its name, and the parameters that vary, as the spec means them."""
    combined = combinations(spec)
    names: list[str | None] = [None] * len(combined)
    if NAME not in subject.declarations.names:
        names = [str(each[NAME]) if NAME in each else None for each in combined]
        combined = tuple({name: value for name, value in each.items() if name != NAME} for each in combined)
    values = _held(subject.declarations, combined)
    varied = tuple(name for name in spec.varied if name in subject.declarations.names)
    return dict(zip(runs.names(values, varied, names), values, strict=True)), varied


def _asked_before(subject: Subject, claimed: resume.Claim) -> Named:
    """The same of the runs that the folder had the last time."""
    if not claimed.runs:
        raise UsageError(
            "nothing is asked for", hint="Say what varies: --grid NAME=A,B,C, --file runs.csv or --each 'data/*.csv'."
        )
    values = _held(subject.declarations, [each["parameters"] for each in claimed.runs])
    return dict(zip((each["name"] for each in claimed.runs), values, strict=True)), claimed.varied


def _held(declarations: Declarations, combined: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The values as the notebook's types; all that is wrong in any of them is told at once."""
    values, faults = [], dict[str, None]()
    for each in combined:
        try:
            values.append(from_data(declarations, each))
        except ParametersRefused as refused:
            faults |= dict.fromkeys(refused.faults)
    if faults:
        raise _refused(declarations, list(faults))
    return values


def _refused(declarations: Declarations, faults: list[str]) -> ParametersRefused:
    shown = [f"\n  {each}" for each in faults[:FAULTS]]
    more = [f"\n  … and {len(faults) - FAULTS} more"] if len(faults) > FAULTS else []
    message = f"the values are not what {declarations.notebook} takes:{''.join([*shown, *more])}"
    return ParametersRefused(message, faults, hint="Nothing was run.")


def _run(name: str, values: Mapping[str, Any], subject: Subject, each: str) -> Run:
    """One run; its id is another where the file has changed that `each`, the parameter of `--each`, names."""
    from nbprod.run.batches.tables import version

    given = {key: plain(value) for key, value in values.items()}
    seen = [version(str(given[each]), subject.place.notebook.parent)] if each in given else []
    source = injected(subject.declarations, values) if values else ""
    return Run(name, runs.digest([*subject.salt, given, seen]), given, source)


def _shared(subject: Subject, options: Options, folder: Folder) -> shared.Shared:
    return shared.Shared(
        subject.place.relative,
        str(subject.place.notebook.parent),
        folder.absolute,
        secrets.token_hex(8),
        tuple(_wanted(subject.graph)),
        tuple((cell, step.name) for step in subject.graph.steps for cell in step.cells),
        subject.declarations.after,
        subject.declarations.replaces,
        options.timeout,
        options.retries,
        subject.preload,
        options.fail_fast,
        subject.plan,
    )


def _preload(notebook: Notebook, folder: Path) -> tuple[str, ...]:
    """What runs import: the notebook's imports, and what reaches the store."""
    from nbprod.adapters.fsspec import module_of
    from nbprod.cache import url_beyond
    from nbprod.project.preloading import preloadable

    beyond = url_beyond()
    return (*preloadable(notebook, folder), *filter(None, [module_of(beyond) if beyond else ""]))


def _wanted(graph: Graph) -> Iterable[shared.Wanted]:
    for step in graph.steps:
        mark = step.mark
        for role, names in (("metric", mark.metrics), ("plot", mark.plots), ("out", mark.outs)):
            yield from (shared.Wanted(name, role, step.name, step.cells[-1]) for name in names)
