"""`batch`: the same notebook with many values, each piece of work done once."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbprod.emit.batchreport import page
from nbprod.errors import ParametersRefused, UsageError
from nbprod.model.batch import Entry, Index, Status
from nbprod.project import analyse
from nbprod.project.place import locate
from nbprod.run.batches import index as indexing
from nbprod.run.batches import resume, runs, shared
from nbprod.run.batches.folder import Folder
from nbprod.run.batches.journal import Journal
from nbprod.run.batches.plan import Plan, only
from nbprod.run.batches.runs import Run
from nbprod.run.batches.spec import Spec, combinations
from nbprod.run.parameters import from_data, injected, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from nbprod.model.graph import Graph
    from nbprod.project.place import Place
    from nbprod.run.batches.executor import Executor
    from nbprod.run.parameters import Declarations

RUNS_FILE = "runs.json"
SNAPSHOT = "notebook.ipynb"
REPORT = "report.html"
NAME = "run"  # the column of a table that names its runs, where the notebook has no such parameter
FAULTS = 20  # told at once
INTERVAL = 5.0  # seconds between two renderings of the index, and at least twenty times what one takes


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
class Batched:
    """What became of a batch: an entry for each of its runs, in order, and their index."""

    out: str
    entries: tuple[Entry, ...]
    index: Index
    kept: int = 0

    @property
    def failed(self) -> tuple[Entry, ...]:
        """The runs that failed."""
        return tuple(each for each in self.entries if each.status is Status.FAILED)


@dataclass(frozen=True, slots=True)
class Subject:
    """The notebook as it is when the batch begins."""

    place: Place
    document: dict[str, Any]
    graph: Graph
    declarations: Declarations


def planned(path: str | Path, spec: Spec, options: Options) -> Plan:
    """Return the batch that would run.

    Raises:
        ParametersRefused: Values are not what the parameters take; all that is wrong, in whichever run.
        UsageError: The batch is empty, two runs are the same or have one name, or the folder is another notebook's.
    """
    subject = _subject(path)
    folder = Folder(options.out)
    resume.refuse_foreign(folder, subject.place.relative)
    asked = _asked(subject, spec) if not spec.is_empty else _asked_before(subject, folder)
    chosen = only(asked.runs, options.only)
    return replace(
        asked,
        out=options.out,
        shared=replace(asked.shared, out=folder.absolute, timeout=options.timeout, retries=options.retries),
        standing=_standing(asked.runs, chosen, folder, options),
    )


def _standing(all_runs: tuple[Run, ...], chosen: tuple[Run, ...], folder: Folder, options: Options) -> resume.Standing:
    """What is complete stays, but for what was chosen to run afresh; nothing runs that was not chosen."""
    found = resume.standing(all_runs, folder)
    ids = {run.id for run in chosen}
    if options.fresh:
        return replace(found, todo=chosen, kept=tuple(each for each in found.kept if each.id not in ids))
    return replace(found, todo=tuple(run for run in found.todo if run.id in ids))


def _subject(path: str | Path) -> Subject:
    from nbprod.adapters import ipython
    from nbprod.project.notebookfile import opened
    from nbprod.project.parameters import declared
    from nbprod.read import notebook

    place = locate(path)
    content = place.notebook.read_bytes()
    read = notebook(content, place.relative, ipython.transform, place.beside)
    document = shared.bare(opened(place.notebook, content).document)
    return Subject(place, document, analyse(read), declared(read, place.notebook.parent))


def _asked(subject: Subject, spec: Spec) -> Plan:
    """The runs that the spec means."""
    combined = combinations(spec)
    names: list[str | None] = [None] * len(combined)
    if NAME not in subject.declarations.names:
        names = [str(each[NAME]) if NAME in each else None for each in combined]
        combined = tuple({name: value for name, value in each.items() if name != NAME} for each in combined)
    values = _held(subject.declarations, combined)
    varied = tuple(name for name in spec.varied if name in subject.declarations.names)
    called = runs.names(values, varied, names)
    return _plan(subject, dict(zip(called, values, strict=True)), varied)


def _asked_before(subject: Subject, folder: Folder) -> Plan:
    """The runs that the folder's last batch had."""
    content = folder.read(RUNS_FILE)
    if content is None:
        raise UsageError(
            "nothing is asked for", hint="Say what varies: --grid NAME=A,B,C, --file runs.csv or --each 'data/*.csv'."
        )
    earlier = json.loads(content)
    values = _held(subject.declarations, [each["parameters"] for each in earlier["runs"]])
    called = [each["name"] for each in earlier["runs"]]
    return _plan(subject, dict(zip(called, values, strict=True)), tuple(earlier["varied"]))


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


def _plan(subject: Subject, named: Mapping[str, Mapping[str, Any]], varied: tuple[str, ...]) -> Plan:
    code = shared.code_of(subject.document)
    made = tuple(_run(name, values, code, subject) for name, values in named.items())
    given = {name for values in named.values() for name in values}
    return Plan(
        "",
        _shared(subject),
        made,
        resume.Standing(made),
        tuple(name for name in subject.declarations.names if name in given),
        varied,
    )


def _run(name: str, values: Mapping[str, Any], code: str, subject: Subject) -> Run:
    given = {key: plain(value) for key, value in values.items()}
    source = injected(subject.declarations, values) if values else ""
    return Run(name, runs.digest([code, given]), given, source)


def _shared(subject: Subject) -> shared.Shared:
    return shared.Shared(
        subject.place.relative,
        json.dumps(subject.document),
        str(subject.place.notebook.parent),
        "",
        tuple(_wanted(subject.graph)),
        tuple((cell, step.name) for step in subject.graph.steps for cell in step.cells),
        subject.declarations.after,
        subject.declarations.replaces,
    )


def _wanted(graph: Graph) -> Iterable[shared.Wanted]:
    for step in graph.steps:
        mark = step.mark
        for role, names in (("metric", mark.metrics), ("plot", mark.plots), ("out", mark.outs)):
            yield from (shared.Wanted(name, role, step.name, step.cells[-1]) for name in names)


def performed(plan: Plan, executor: Executor, options: Options, tell: Callable[[Entry], None] | None = None) -> Batched:
    """Run what is to be run, tell of each run that ends, and return what became of all.

    Whatever stops it, Ctrl-C too, the index is written of what is complete by then.

    Raises:
        WriteFailed, StorageFailed: The disk or the storage refused.
    """
    folder = Folder(options.out)
    resume.claim(folder, plan.shared.notebook)
    if options.fresh and not options.only:
        Journal(folder).forget()
    _write_beginning(plan, folder)
    progress = _Progress(plan, folder)
    running = executor.entries(plan.shared, plan.standing.todo)
    try:
        for entry in running:
            progress.add(entry)
            if tell:
                tell(entry)
            if options.fail_fast and not entry.is_complete:
                break
    finally:
        running.close()
        progress.render()
    return progress.batched()


def _write_beginning(plan: Plan, folder: Folder) -> None:
    """What a later call without a spec goes on with, and the notebook that all runs have in common."""
    listed = [{"name": each.name, "parameters": each.parameters} for each in plan.runs]
    content = {"varied": plan.varied, "runs": listed}
    folder.write(RUNS_FILE, json.dumps(content, ensure_ascii=False, default=str).encode())
    folder.write(SNAPSHOT, json.dumps(json.loads(plan.shared.document), indent=1, ensure_ascii=False).encode())


class _Progress:
    """The entries so far, journalled one by one; the index is rendered now and then."""

    def __init__(self, plan: Plan, folder: Folder) -> None:
        self.plan, self.folder = plan, folder
        self.journal = Journal(folder)
        self.entries = {each.id: each for each in (*plan.standing.failed, *plan.standing.kept)}
        self.next = time.monotonic() + INTERVAL

    def add(self, entry: Entry) -> None:
        self.journal.add(entry)
        self.entries[entry.id] = entry
        if time.monotonic() > self.next:
            self.render()

    def render(self) -> None:
        began = time.monotonic()
        index = self.index()
        failed = [each for each in self.listed() if each.status is Status.FAILED]
        for name, content in (indexing.files(index) | {REPORT: page(index, failed).encode()}).items():
            self.folder.write(name, content)
        self.next = time.monotonic() + max(INTERVAL, 20 * (time.monotonic() - began))

    def listed(self) -> tuple[Entry, ...]:
        return tuple(
            self.entries.get(run.id) or Entry(run.name, run.id, Status.WAITING, run.parameters)
            for run in self.plan.runs
        )

    def index(self) -> Index:
        return indexing.index(self.listed(), self.plan.parameters, self.plan.varied, self.plan.shared.notebook)

    def batched(self) -> Batched:
        return Batched(self.folder.url, self.listed(), self.index(), len(self.plan.standing.kept))
