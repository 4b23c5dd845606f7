"""Whether what was recorded still says something about the notebook."""

from __future__ import annotations

import ast
import platform
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.model.graph import Graph
    from nbprod.model.record import Record, StepSeen


def stale(record: Record, graph: Graph) -> tuple[tuple[str, str], ...]:
    """The steps whose recording says nothing any more, each with why; () when all is fresh.

    What follows a stale step is stale too: it may get other values.
    """
    world = _world(record)
    if world:
        return tuple((step.name, world) for step in graph.steps)
    found: dict[str, str] = {}
    for step in graph.steps:
        why = _own(record.step(step.name), step.code_id) or _parameter(record, graph, step.parameters)
        upstream = next((each.maker for each in step.inputs if each.maker in found), "")
        if why or upstream:
            found[step.name] = why or f"step '{upstream}' before it is stale"
    return tuple(found.items())


def merge(record: Record, seen: StepSeen) -> Record:
    """The record with that step's observation in place of the older one, or added at its end."""
    if record.step(seen.step) is None:
        return replace(record, steps=(*record.steps, seen))
    return replace(record, steps=tuple(seen if each.step == seen.step else each for each in record.steps))


def _own(seen: StepSeen | None, code_id: str) -> str:
    if seen is None:
        return "not run yet"
    return "" if seen.code_id == code_id else "its code, or code that it uses, has changed"


def _parameter(record: Record, graph: Graph, names: tuple[str, ...]) -> str:
    recorded = dict(record.parameters)
    for parameter in graph.parameters:
        if parameter.name in names and parameter.name in recorded:
            now = _repr(parameter.default)
            if now not in {"", recorded[parameter.name]}:
                return f"parameter '{parameter.name}' was {recorded[parameter.name]}, it is {now} now"
    return ""


def _repr(source: str) -> str:
    """How the value of a literal is shown; "" for what is no literal."""
    try:
        return repr(ast.literal_eval(source))
    except (ValueError, SyntaxError, TypeError, MemoryError):
        return ""


def _world(record: Record) -> str:
    """Why nothing holds any more: another Python, or another generation of pandas."""
    here = platform.python_version()
    if record.python.split(".")[:2] != here.split(".")[:2]:
        return f"recorded with Python {record.python}, this is {here}"
    recorded = dict(record.packages).get("pandas", "")
    installed = _pandas()
    if recorded and installed and recorded.split(".")[0] != installed.split(".")[0]:
        return f"recorded with pandas {recorded}, this is {installed}"
    return ""


def _pandas() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pandas")
    except PackageNotFoundError:
        return ""
