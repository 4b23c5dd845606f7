"""Cells that may raise, and did: the notebook goes on below them, and the steps that hold their code can't."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

from nbprod.errors import NotebookFaulty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.model.graph import Graph, Step


class Raised(NamedTuple):
    """What a cell raised, and in which of its lines, from 1; 0 where it could not begin."""

    cell: int
    line: int
    said: str


def raised(cell: int, result: Any, names: Mapping[str, Any]) -> Raised | None:
    """What a cell's result says that it raised; `names` are the notebook's."""
    error = getattr(result, "error_in_exec", None) or getattr(result, "error_before_exec", None)
    if error is None:
        return None
    frames = traceback.walk_tb(error.__traceback__)
    line = next((line for frame, line in frames if frame.f_globals is names and frame.f_code.co_name == "<module>"), 0)
    return Raised(cell, line, f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(": "))


def refuse(cells: Sequence[Raised], graph: Graph, sources: Mapping[int, str]) -> None:
    """Raise NotebookFaulty where a step holds what one of these cells raised at, or would have come to below."""
    for each in cells:
        lines = sources.get(each.cell, "").splitlines()
        statement = lines[each.line - 1].strip() if 0 < each.line <= len(lines) else ""
        for step in graph.steps:
            if _holds(step, each, statement):
                place = f"cell {each.cell}, line {each.line}" if each.line else f"cell {each.cell}"
                hint = "The tag raises-exception lets the notebook go on, and no function: mend or delete what raises."
                raise NotebookFaulty(f"{place} raised {each.said}, and step '{step.name}' holds it", (), hint=hint)


def _holds(step: Step, at: Raised, statement: str) -> bool:
    if at.cell in step.cells and not step.function:
        return True
    if any(statement and each.cell == at.cell and statement in each.python for each in step.blocks):
        return True
    own = (each for each in step.definitions if each.cell == at.cell)
    return any(each.line + each.source.count("\n") >= at.line for each in own)
