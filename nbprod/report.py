"""What the faces print: verbs' results as text for people and as JSON for machines. Nothing here prints."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from nbprod.errors import CellFailed, NotebookFaulty
from nbprod.model.diagnostic import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbprod.errors import NbprodError
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph
    from nbprod.model.record import Record, StepSeen
    from nbprod.project import Verified
    from nbprod.project.exporting import Exported
    from nbprod.run import OutputCompared, StepRun

COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.HINT: "cyan"}
MOST = 50  # diagnostics shown in a terminal; --json has all


def has_errors(found: Iterable[Diagnostic]) -> bool:
    """Whether one of the diagnostics stops export."""
    return any(each.severity is Severity.ERROR for each in found)


def diagnostics(found: Sequence[Diagnostic]) -> str:
    """Return the diagnostics as aligned lines, at most 50, and a last line that counts them."""
    if not found:
        return ""
    rows = [(_place(each), each) for each in found[:MOST]]
    width = max(len(place) for place, _ in rows)
    lines = [line for place, each in rows for line in _lines(place.ljust(width), each)]
    if len(found) > MOST:
        lines.append(f"  … and {len(found) - MOST} more: --json has all")
    return "\n".join([*lines, f"  {counted(found)}. nbprod explain {_worst(found).code}"])


def counted(found: Sequence[Diagnostic]) -> str:
    """Return how many there are of each severity.

    >>> counted([])
    'no faults'
    """
    counts = Counter(each.severity for each in found)
    return ", ".join(plural(counts[kind], str(kind)) for kind in Severity if counts[kind]) or "no faults"


def plural(count: int, word: str) -> str:
    """Return the count with its word.

    >>> plural(1, "error"), plural(2, "edge")
    ('1 error', '2 edges')
    """
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _worst(found: Sequence[Diagnostic]) -> Diagnostic:
    return min(found, key=lambda each: list(Severity).index(each.severity))


def _place(each: Diagnostic) -> str:
    if each.cell is None:
        return "notebook"
    return f"cell {each.cell}, line {each.line}" if each.line else f"cell {each.cell}"


def _lines(place: str, each: Diagnostic) -> list[str]:
    code = click.style(each.code, fg=COLOURS[each.severity])
    first = f"  {place}   {code}  {each.message}"
    pad = " " * (len(place) + len(each.code) + 7)
    return [first, *(f"{pad}{line}" for line in each.hint.splitlines())]


def checked(graph: Graph) -> str:
    """Return the diagnostics, or one line that says what was found to be in order."""
    if not graph.diagnostics:
        return f"  {counts(graph)}: nothing stands in the way of nbprod export {graph.notebook}"
    return diagnostics(graph.diagnostics)


def counts(graph: Graph) -> str:
    """Return how many steps, edges and parameters the graph has."""
    parts = (len(graph.steps), "step"), (len(graph.edges), "edge"), (len(graph.parameters), "parameter")
    return ", ".join(plural(count, word) for count, word in parts)


def diagnostics_json(graph: Graph) -> str:
    """Return the diagnostics as a JSON list."""
    return as_json([asdict(each) for each in graph.diagnostics])


def graph(found: Graph, form: str) -> str:
    """Return the graph as "text", "json" or "mermaid"."""
    from nbprod.emit import drawing

    if form == "json":
        return as_json(drawing.as_json(found))
    return drawing.mermaid(found) if form == "mermaid" else drawing.text(found)


def svg(found: Graph) -> str:
    """Return the graph as a picture."""
    from nbprod.emit import drawing

    return drawing.svg(found)


def recorded(record: Record) -> str:
    """Return a table: each step with what it made, its seconds and its peak memory."""
    rows = [_recorded_row(seen) for seen in record.steps]
    total = sum(seen.seconds for seen in record.steps)
    return f"{table(rows)}\n  {plural(len(rows), 'step')} recorded in {total:.1f} s: .nbprod/record/"


def _recorded_row(seen: StepSeen) -> tuple[str, ...]:
    made = ", ".join(f"{each.name} {each.summary}" for each in seen.outputs) or "nothing"
    return seen.step, made, f"{seen.seconds:.2f} s", f"{seen.peak_memory / 1e6:,.0f} MB"


def record_json(record: Record) -> str:
    """Return the record as JSON."""
    return as_json(asdict(record))


def exported(done: Exported) -> str:
    """Return what became of the files, and what to run next."""
    from nbprod.project.writing import Fate

    verbs = (
        ("wrote", done.paths(Fate.WRITTEN)),
        ("merged", done.paths(Fate.MERGED)),
        ("kept", done.paths(Fate.KEPT, Fate.ORPHANED)),
        ("removed", done.paths(Fate.REMOVED)),
        ("conflict", done.paths(Fate.CONFLICT)),
    )
    lines = [f"  {counts(done.graph)}      nbprod graph {done.graph.notebook}"]
    lines += [f"  {verb.ljust(9)}{_gathered(paths)}{_why(verb)}" for verb, paths in verbs if paths]
    if not any(paths for _, paths in verbs):
        lines.append("  current  every file is as this notebook exports it")
    lines.append(f"  next     dvc repro   ·   nbprod verify {done.graph.notebook}")
    found = diagnostics(done.diagnostics)
    return "\n".join([*lines, found] if found else lines)


def _gathered(paths: Sequence[str]) -> str:
    """Return the files, those of one folder counted when they are many."""
    if len(paths) <= 4:
        return "   ".join(paths)
    tops = Counter(_top(path) for path in paths)
    return "   ".join(
        top if count == 1 and not top.endswith("/") else f"{top} ({count})" for top, count in tops.items()
    )


def _top(path: str) -> str:
    parts = path.split("/")
    if parts[0] == "tests" and len(parts) > 2:
        return f"{parts[0]}/{parts[1]}/"
    return f"{parts[0]}/" if len(parts) > 1 else path


def _why(verb: str) -> str:
    reasons = {
        "kept": "   your edits",
        "merged": "   your edits and the new export",
        "conflict": "   your edits stand; nothing was lost",
    }
    return reasons.get(verb, "")


def exported_json(done: Exported) -> str:
    """Return what became of each file, and the diagnostics, as JSON."""
    files = [{"path": each.path, "fate": str(each.fate)} for each in done.changes]
    return as_json(
        {"package": done.package, "files": files, "diagnostics": [asdict(each) for each in done.diagnostics]}
    )


def verified(done: Verified) -> str:
    """Return one table of all outputs, the first difference of each that differs, and the verdict."""
    rows = [(each.step, each.name, each.summary, "equal" if each.equal else "DIFFERENT") for each in done.outputs]
    lines = [table(rows)] if rows else []
    lines += [line for each in done.outputs if not each.equal for line in _difference(each)]
    same, total = sum(each.equal for each in done.outputs), len(done.outputs)
    verdict = "the pipeline computes what the notebook computes" if done.equal else "the pipeline differs"
    return "\n".join([*lines, f"  {verdict}: {same} of {total} outputs equal"])


def _difference(each: OutputCompared) -> list[str]:
    lines = [f"  {each.step}.{each.name}: {each.difference}"]
    return [*lines, f"    likely cause: {each.cause}"] if each.cause else lines


def verified_json(done: Verified) -> str:
    """Return the comparison as JSON."""
    outputs = [asdict(each) | {"equal": each.equal} for each in done.outputs]
    return as_json({"equal": done.equal, "outputs": outputs})


def ran(run: StepRun) -> str:
    """Return one line: what the step made, and how long it took."""
    made = ", ".join(f"{each.name} {each.summary}" for each in run.outputs) or "nothing"
    return f"{run.step}: makes {made} · {run.seconds:.2f} s"


def ran_json(run: StepRun) -> str:
    """Return what ran as JSON."""
    return as_json(asdict(run))


def failure(error: NbprodError) -> str:
    """Return an error as the terminal shows it: the user's own traceback or diagnostics first, then what to do."""
    parts = []
    if isinstance(error, CellFailed) and error.traceback:
        parts.append(error.traceback.rstrip())
    if isinstance(error, NotebookFaulty) and error.diagnostics:
        parts.append(diagnostics(error.diagnostics))
    return "\n".join([*parts, click.style("nbprod: ", fg="red") + str(error)])


def explained(code: str) -> str:
    """Return why a diagnostic matters, a bad example and its cure; raises UsageError for an unknown code."""
    import difflib

    from nbprod.errors import UsageError
    from nbprod.model.faults import FAULTS

    fault = FAULTS.get(code)
    if fault is None:
        near = difflib.get_close_matches(code, FAULTS, n=1)
        raise UsageError(f"no diagnostic {code!r}", hint=f"Did you mean {near[0]}?" if near else "nbprod explain: all")
    title = f"{fault.code} · {fault.severity} · {fault.title}"
    return "\n\n".join([title, fault.why, "Bad:\n" + indent(fault.bad), "Cured:\n" + indent(fault.cure)])


def catalogue() -> str:
    """Return every diagnostic, a line each."""
    from nbprod.model.faults import FAULTS

    return table([(each.code, str(each.severity), each.title) for each in FAULTS.values()])


def indent(text: str) -> str:
    """Return the text four columns to the right."""
    return "\n".join(f"    {line}".rstrip() for line in text.strip("\n").splitlines())


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as aligned columns, two columns from the left.

    >>> print(table([("load", "flights"), ("evaluate", "metrics")]))
      load       flights
      evaluate   metrics
    """
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_json(value: Any) -> str:
    """Return JSON that a person can read as well."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
