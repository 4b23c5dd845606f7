"""What the faces print: verbs' results as text for people and as JSON for machines. Nothing here prints."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from dataclasses import asdict, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from nbprod.errors import CellFailed, NotebookFaulty
from nbprod.model.diagnostic import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbprod.errors import NbprodError
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.faults import Fault
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


def diagnostics(found: Sequence[Diagnostic], columns: int = 0) -> str:
    """Return the diagnostics as aligned lines, at most 50, and a last line that counts them.

    A hint that several in a row have stands below the last of them. With `columns`, a
    terminal's width, longer lines go on below where they began.
    """
    if not found:
        return ""
    shown = found[:MOST]
    again = [(each.code, each.hint) == (after.code, after.hint) for each, after in pairwise(shown)]
    rows = [
        (_place(each), replace(each, hint="") if same else each)
        for each, same in zip(shown, [*again, False], strict=True)
    ]
    width = max(len(place) for place, _ in rows)
    lines = [line for place, each in rows for line in _lines(place.ljust(width), each, columns)]
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
        return "project" if each.code.startswith("NB4") else "notebook"
    if each.file_line:
        return f"line {each.file_line} (cell {each.cell})"
    return f"cell {each.cell}, line {each.line}" if each.line else f"cell {each.cell}"


def _lines(place: str, each: Diagnostic, columns: int) -> list[str]:
    pad = len(place) + len(each.code) + 7
    room = max(columns - pad, 30) if columns else 0
    lines = [part for line in (each.message, *each.hint.splitlines()) for part in _wrapped(line, room)]
    code = click.style(each.code, fg=COLOURS[each.severity])
    return [f"  {place}   {code}  {lines[0]}", *(" " * pad + line for line in lines[1:])]


def _wrapped(line: str, room: int) -> list[str]:
    return textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) or [""] if room else [line]


def checked(graph: Graph, notebook: str, columns: int = 0) -> str:
    """Return the diagnostics, or one line that says what was found to be in order."""
    if not graph.diagnostics:
        return f"  {counts(graph)}: nothing stands in the way of nbprod export {notebook}"
    return diagnostics(graph.diagnostics, columns)


def counts(graph: Graph) -> str:
    """Return how many steps, edges and parameters the graph has."""
    parts = (len(graph.steps), "step"), (len(graph.edges), "edge"), (len(graph.parameters), "parameter")
    return ", ".join(plural(count, word) for count, word in parts)


def diagnostics_json(graph: Graph) -> str:
    """Return the diagnostics as a JSON list."""
    return as_json([asdict(each) for each in graph.diagnostics])


def graph(found: Graph, form: str, states: Mapping[str, str] | None = None) -> str:
    """Return the graph as "text", "json" or "mermaid", as JSON with how the steps' stages stand."""
    from nbprod.emit import drawing

    if form == "json":
        return as_json({**drawing.as_json(found), **({"status": states} if states is not None else {})})
    return drawing.mermaid(found) if form == "mermaid" else drawing.text(found)


def svg(found: Graph, states: Mapping[str, str] | None = None) -> str:
    """Return the graph as a picture, each step coloured as its stage stands."""
    from nbprod.emit import drawing

    return drawing.svg(found, states=states)


def recorded(record: Record, notebook: str) -> str:
    """Return a table: each step with what it made, its seconds and its peak memory."""
    rows = [_recorded_row(seen) for seen in record.steps]
    return f"{table(rows)}\n  {plural(len(rows), 'step')} recorded      nbprod export {notebook}"


def _recorded_row(seen: StepSeen) -> tuple[str, ...]:
    made = ", ".join(f"{each.name} {each.summary}" for each in seen.outputs) or "nothing"
    return seen.step, made, f"{seen.seconds:.2f} s", f"{seen.peak_memory / 1e6:,.0f} MB"


def record_json(record: Record) -> str:
    """Return the record as JSON."""
    return as_json(asdict(record))


def exported(done: Exported, notebook: str, columns: int = 0) -> str:
    """Return what became of the files, or would have, and what to run next."""
    lines = [f"  {counts(done.graph)}      nbprod graph {notebook}", *_fates(done)]
    if done.written:
        setup = f"{done.setup}   ·   " if done.setup else ""
        lines.append(f"  next     {setup}dvc repro   ·   nbprod verify {notebook}")
    found = diagnostics(done.diagnostics, columns)
    return "\n".join([*lines, found] if found else lines)


def _fates(done: Exported) -> list[str]:
    from nbprod.project.writing import Fate

    verbs = (
        ("wrote", "to write", done.paths(Fate.WRITTEN)),
        ("merged", "to merge", done.paths(Fate.MERGED)),
        ("kept", "to keep", done.paths(Fate.KEPT)),
        ("left", "to leave", done.paths(Fate.ORPHANED)),
        ("removed", "to remove", done.paths(Fate.REMOVED)),
        ("conflict", "conflict", done.paths(Fate.CONFLICT)),
    )
    width = 9 if done.written else 10
    lines = [
        f"  {(verb if done.written else plan).ljust(width)}{_gathered(paths)}{_why(verb)}"
        for verb, plan, paths in verbs
        if paths
    ]
    return lines or ["  current  every file is as this notebook exports it"]


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
        "left": "   no step makes it now, but you edited it: move what you need, and delete it",
        "merged": "   your edits and the new export",
        "conflict": "   your edits stand",
    }
    return reasons.get(verb, "")


def exported_json(done: Exported) -> str:
    """Return what became of each file, and the diagnostics, as JSON."""
    files = [{"path": each.path, "fate": str(each.fate)} for each in done.changes]
    return as_json(
        {
            "package": done.package,
            "written": done.written,
            "files": files,
            "diagnostics": [asdict(each) for each in done.diagnostics],
        }
    )


def verified(done: Verified) -> str:
    """Return one table of all outputs, the first difference of each that differs, and the verdict."""
    if not done.outputs:
        return (
            "  nothing to compare, so nothing is proven: no step has an output. Declare what is wanted, as in "
            "%%step NAME --outs RESULT"
        )
    rows = [
        (each.step, each.name, each.summary, "equal" if each.equal else click.style("DIFFERENT", fg="red"))
        for each in done.outputs
    ]
    lines = [table(rows)]
    lines += [line for each in done.outputs if not each.equal for line in _difference(each)]
    same, total = sum(each.equal for each in done.outputs), len(done.outputs)
    verdict = "the pipeline computes what the notebook computes" if done.equal else "the pipeline differs"
    return "\n".join([*lines, f"  {verdict}: {same} of {total} outputs equal", *_drawn(done.unseeded)])


def _drawn(unseeded: Sequence[str]) -> list[str]:
    """What an equal comparison does not say of steps whose draws nothing seeds."""
    if not unseeded:
        return []
    steps = f"step{'' if len(unseeded) == 1 else 's'} {', '.join(unseeded)}"
    return [
        f"  nothing seeds the draws of {steps}: compared from the same random state; dvc repro draws others each time",
        "  Seed them, to get the same numbers again: nbprod explain NB302",
    ]


def _difference(each: OutputCompared) -> list[str]:
    lines = [f"  {each.step}.{each.name}: {each.difference}"]
    return [*lines, f"    likely cause: {each.cause}"] if each.cause else lines


def verified_json(done: Verified) -> str:
    """Return the comparison as JSON."""
    outputs = [asdict(each) | {"equal": each.equal} for each in done.outputs]
    return as_json({"equal": done.equal, "outputs": outputs, "unseeded": list(done.unseeded)})


def ran(run: StepRun) -> str:
    """Return one line: what the step made, and how long it took."""
    made = ", ".join(f"{each.name} {each.summary}" for each in run.outputs) or "nothing"
    return f"{run.step}: makes {made} · {run.seconds:.2f} s"


def ran_json(run: StepRun) -> str:
    """Return what ran as JSON."""
    return as_json(asdict(run))


def failure(error: NbprodError, columns: int = 0) -> str:
    """Return an error as the terminal shows it: the user's own traceback or diagnostics first, then what to do."""
    parts = []
    if isinstance(error, CellFailed) and error.traceback:
        parts.append(bounded(error.traceback))
    if isinstance(error, NotebookFaulty) and error.diagnostics:
        parts.append(diagnostics(error.diagnostics, columns))
    return "\n".join([*parts, click.style("nbprod: ", fg="red") + str(error)])


def failure_json(error: NbprodError) -> str:
    """Return an error as JSON: its message, what to do, and the notebook's diagnostics where it has some."""
    found = error.diagnostics if isinstance(error, NotebookFaulty) else ()
    return as_json({"error": error.message, "hint": error.hint, "diagnostics": [asdict(each) for each in found]})


def bounded(text: str, most: int = 120) -> str:
    r"""Return the text without its middle when it has too many lines for a terminal.

    >>> bounded("1\n2\n3\n4\n5\n6", most=4).splitlines()
    ['1', '2', '… 2 lines left out …', '5', '6']
    """
    lines = text.rstrip().splitlines()
    if len(lines) <= most:
        return "\n".join(lines)
    half = most // 2
    return "\n".join([*lines[:half], f"… {len(lines) - 2 * half} lines left out …", *lines[-half:]])


def faulty(graph: Graph, notebook: str) -> str:
    """Return one line that counts what is wrong and says where to read it; "" when nothing is."""
    return f"{counted(graph.diagnostics)}: nbprod check {notebook}" if graph.diagnostics else ""


def _fault(code: str) -> Fault:
    import difflib

    from nbprod.errors import UsageError
    from nbprod.model.faults import FAULTS

    fault = FAULTS.get(code)
    if fault is None:
        near = difflib.get_close_matches(code, FAULTS, n=1)
        hint = f"Did you mean {near[0]}?" if near else "nbprod explain lists all"
        raise UsageError(f"there is no diagnostic {code!r}", hint=hint)
    return fault


def explained_json(code: str | None) -> str:
    """Return one diagnostic's explanation, or a list of all, as JSON; raises UsageError for an unknown code."""
    from nbprod.model.faults import FAULTS

    return as_json(asdict(_fault(code)) if code else [asdict(each) for each in FAULTS.values()])


def explained(code: str) -> str:
    """Return why a diagnostic matters, a bad example and its cure; raises UsageError for an unknown code."""
    fault = _fault(code)
    title = f"{fault.code} · {fault.severity} · {fault.title}"
    why = click.wrap_text(fault.why, width=100)
    return "\n\n".join([title, why, "Bad:\n" + indent(fault.bad), "Cured:\n" + indent(fault.cure)])


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
