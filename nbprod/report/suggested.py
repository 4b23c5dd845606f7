"""What `nbprod suggest` prints: the steps with why they are steps, and what it leaves out. Nothing here prints."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nbprod import report

if TYPE_CHECKING:
    from nbprod.project.suggesting import Suggested
    from nbprod.suggest import Segment, Suggestion

MOST_NAMES = 4
NO_STEPS = "NB201"  # which advises to ask for a suggestion


def text(done: Suggested, notebook: str) -> str:
    """Return the tables of the steps and of what stays outside, the faults that remain, and what to run next."""
    found = done.suggestion
    parts = [
        _headline(found),
        _steps(found),
        _settings(found),
        _left_out(found),
        *(f"  {each}" for each in found.notes),
    ]
    told = [each for each in found.errors if found.segments or each.code != NO_STEPS]
    if told:
        parts.append(report.diagnostics(told))
    parts.append(_next(done, notebook))
    return "\n\n".join(part for part in parts if part)


def as_json(done: Suggested) -> str:
    """Return the suggestion as JSON: steps, parameters, left_out, notes, diagnostics and the path written."""
    found = done.suggestion
    return report.as_json(
        {
            "steps": [_step_json(each, found) for each in found.segments],
            "parameters": [{"name": each.name, "value": each.value, "cell": each.cell} for each in found.settings],
            "left_out": [{"cell": each.cell, "why": each.why} for each in found.left_out],
            "notes": list(found.notes),
            "diagnostics": [asdict(each) for each in found.graph.diagnostics],
            "written": done.written.as_posix() if done.written else None,
        }
    )


def _step_json(segment: Segment, found: Suggestion) -> dict[str, Any]:
    step = found.graph.step(segment.name)
    return {
        "name": segment.name,
        "cells": list(segment.cells),
        "inputs": list(step.input_names),
        "outputs": list(step.outputs),
        "parameters": list(step.parameters),
        "why": list(segment.why),
    }


def _headline(found: Suggestion) -> str:
    if not found.segments:
        return (
            "  nothing to suggest: no cell makes anything that a step could hand on\n"
            "  To make one a step all the same, give it the tag step:NAME."
        )
    inside = sum(len(each.cells) for each in found.segments)
    whole = inside + len(found.left_out)
    steps = report.plural(len(found.segments), "step")
    return f"  {steps} of {inside} cells; {len(found.left_out)} of {whole} cells stay outside"


def _steps(found: Suggestion) -> str:
    rows = [row(each, found) for each in found.segments]
    return report.table([("step", "", "reads → makes", "why"), *rows]) if rows else ""


def row(segment: Segment, found: Suggestion) -> tuple[str, str, str, str]:
    """Return a step's name, its cells, what it reads and makes, and why it is one."""
    step = found.graph.step(segment.name)
    flows = f"{_names(step.input_names) or '·'} → {_names(step.outputs) or '·'}"
    place = f"cells {ranges(segment.cells)}{_line(segment.cells[0], found)}"
    return segment.name, place, flows, "; ".join(segment.why[:3])


def _line(cell: int, found: Suggestion) -> str:
    """Where a cell begins in the file of a notebook that is a text."""
    lines = found.graph.file_lines
    return f" (line {lines[cell]})" if cell < len(lines) and lines[cell] else ""


def _settings(found: Suggestion) -> str:
    rows = [(each.name, each.value, f"cell {each.cell}{_line(each.cell, found)}") for each in found.settings]
    return report.table([("parameter", "", ""), *rows]) if rows else ""


def _left_out(found: Suggestion) -> str:
    reasons: dict[str, list[int]] = {}
    for each in found.left_out:
        reasons.setdefault(each.why, []).append(each.cell)
    rows = [(f"cells {ranges(cells)}", why) for why, cells in reasons.items()]
    return report.table([("left out", "why"), *rows]) if rows else ""


def _next(done: Suggested, notebook: str) -> str:
    if done.suggestion.errors or not done.suggestion.segments:
        return ""
    if done.written is None:
        return f"  next     nbprod suggest {notebook} -o marked.ipynb   ·   --write marks {notebook} itself"
    return f"  wrote    {done.written}\n  next     nbprod export {shlex.quote(str(done.written))}"


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} … ({len(names)})" if len(names) > MOST_NAMES else shown


def ranges(cells: tuple[int, ...] | list[int]) -> str:
    """Return cells as ranges.

    >>> ranges((2, 3, 4, 7))
    '2–4, 7'
    """
    runs: list[list[int]] = []
    for cell in cells:
        if runs and runs[-1][-1] + 1 == cell:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
