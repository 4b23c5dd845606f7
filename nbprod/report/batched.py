"""What `nbprod batch` prints: the plan, what became of the runs, and how to go on. Nothing here prints."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from nbprod.model.batch import Status
from nbprod.report import as_json, plural, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.model.batch import Entry
    from nbprod.project.batches import Batched
    from nbprod.run.batches.plan import Plan

MOST = 20  # runs of a plan shown
SHOWN = 3  # failures shown with their traceback
COLOURS = {Status.COMPLETE: "green", Status.FAILED: "red", Status.WAITING: "yellow"}


def plan(found: Plan, jobs: int, columns: int = 0) -> str:
    """Return the plan: which runs, what is there already, how long the rest may take."""
    kept = {each.name for each in found.standing.kept}
    todo = {each.name for each in found.standing.todo}
    rows = [(each.name, _fate(each.name, kept, todo)) for each in found.runs[:MOST]]
    lines = [table(rows)]
    if len(found.runs) > MOST:
        lines.append(f"  … and {len(found.runs) - MOST} more: --json has all")
    lines.append(f"  {summary(found, jobs)}")
    lines += [f"  note: {each}" for each in found.notes]
    return "\n".join(line[:columns] if columns else line for line in lines if line)


def _fate(name: str, kept: set[str], todo: set[str]) -> str:
    return "to run" if name in todo else "complete" if name in kept else "left out"


def summary(found: Plan, jobs: int) -> str:
    """Return one line: how many runs there are, how many of them are complete, how long the rest may take."""
    todo, kept = len(found.standing.todo), len(found.standing.kept)
    parts = [plural(len(found.runs), "run")]
    if kept:
        parts.append(f"{kept} complete")
    parts.append(f"{todo} to run with -j {jobs}")
    if found.work and found.work.steps:
        parts.append(f"{found.work.unique:,} of {plural(found.work.steps, 'step')} differ")
    seconds = estimate(found, jobs)
    return " · ".join([*parts, f"about {span(seconds)}, by the record"] if seconds else parts)


def estimate(found: Plan, jobs: int) -> float | None:
    """Return the seconds that the batch may take, by the record: each piece of work once, side by side."""
    seconds = found.work.seconds if found.work else None
    return seconds / max(1, min(jobs, len(found.standing.todo))) if seconds is not None else None


def plan_json(found: Plan) -> str:
    """Return the plan as JSON."""
    todo = {each.name for each in found.standing.todo}
    listed = [{"run": each.name, "parameters": each.parameters, "to_run": each.name in todo} for each in found.runs]
    return as_json(
        {
            "notebook": found.shared.notebook,
            "out": found.out,
            "runs": listed,
            "complete": len(found.standing.kept),
            "to_run": len(todo),
            "steps": found.work.steps if found.work else None,
            "unique_steps": found.work.unique if found.work else None,
            "seconds_of_unique_steps": found.work.seconds if found.work else None,
            "notes": found.notes,
        }
    )


def ended(entry: Entry) -> str:
    """Return one line on a run that ended."""
    colour = COLOURS[entry.status]
    word = click.style(str(entry.status).ljust(8), fg=colour)
    parts = [f"{word}  {entry.name}", _seconds(entry)]
    if entry.status is Status.FAILED:
        parts.append(f"{place(entry)}{entry.error}")
    elif entry.restored:
        parts.append(f"{entry.restored} of {entry.restored + entry.done} steps restored")
    return "   ".join(part for part in parts if part)


def place(entry: Entry) -> str:
    """Return where a run failed: "cell 33 (step train): ", or "" where no cell is to blame."""
    if entry.cell is None:
        return ""
    return f"cell {entry.cell}" + (f" (step {entry.step})" if entry.step else "") + ": "


def _seconds(entry: Entry) -> str:
    return f"{entry.seconds:.1f} s" if entry.seconds is not None else ""


def done(found: Batched, notebook: str, columns: int = 0) -> str:
    """Return what became of the batch: failures with their tracebacks and how to run each again, then one line.

    Of failures that are alike, the same error in the same cell, the first is shown.
    """
    alike: dict[tuple[object, str], list[Entry]] = {}
    for entry in found.failed:
        alike.setdefault((entry.cell, entry.error), []).append(entry)
    shown = list(alike.values())[:SHOWN]
    lines = [line for entries in shown for line in _failure(entries, found, notebook)]
    rest = [(each[0].name, f"{place(each[0])}{each[0].error}") for each in list(alike.values())[SHOWN : SHOWN + MOST]]
    lines += [table(rest)] if rest else []
    if len(alike) > SHOWN + MOST:
        lines.append(f"  … and {len(alike) - SHOWN - MOST} more in {found.out}/index.csv")
    lines = [line[:columns] if columns and not line.startswith("    nbprod") else line for line in lines]
    lines += [f"  note: {each}" for each in found.notes]
    return "\n".join([*lines, f"  {_counted(found)}   {found.out}/index.csv · {found.out}/report.html"])


def _failure(entries: Sequence[Entry], found: Batched, notebook: str) -> list[str]:
    entry, others = entries[0], len(entries) - 1
    more = f", and {plural(others, 'other run')} alike" if others else ""
    title = f"  {click.style(entry.name, bold=True)} failed in {place(entry).rstrip(': ') or 'no cell'}{more}"
    lines = [f"    {line}" for line in (entry.traceback or entry.error).splitlines()]
    again = f"    nbprod batch {notebook} --out {shlex.quote(found.out)} --only {shlex.quote(entry.name)}"
    whole = f"  the whole traceback: {found.out}/runs/{entry.name}/error.txt; to run just this one again:"
    return [title, *lines, whole, again]


def _counted(found: Batched) -> str:
    counts = {status: sum(each.status is status for each in found.entries) for status in Status}
    kept = f" ({found.kept} from before)" if found.kept else ""
    words = [f"{counts[Status.COMPLETE]} complete{kept}"]
    words += [f"{counts[status]} {status}" for status in (Status.FAILED, Status.WAITING) if counts[status]]
    return f"{plural(len(found.entries), 'run')}: {', '.join(words)}"


def done_json(found: Batched) -> str:
    """Return what became of each run as JSON."""
    return as_json({"out": found.out, "kept": found.kept, "runs": [asdict(each) for each in found.entries]})


def stopped(found: Plan, notebook: str, cluster: str | None = None) -> str:
    """Return how to go on after Ctrl-C."""
    out = shlex.quote(found.out) + (f" --cluster {cluster}" if cluster else "")
    return (
        f"nbprod: stopped. What is complete is kept, and in {found.out}/index.csv.\n"
        f"To go on: nbprod batch {notebook} --out {out}"
    )


def span(seconds: float) -> str:
    """Return a time as people say it.

    >>> span(4.2), span(75), span(7300)
    ('4 s', '1 min 15 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
