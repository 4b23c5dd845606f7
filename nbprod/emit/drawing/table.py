"""The graph as a table for the terminal."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from nbprod.emit.drawing.wording import cells, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.model.graph import Edge, Graph, Step

HEADINGS = ("step", "cells", "reads", "makes", "parameters")
WIDEST = (28, 16, 34, 30, 24)


def text(graph: Graph) -> str:
    """Return the steps with their cells, what they read (and from which step), what they make, and their parameters.

    >>> from nbprod.model.graph import Graph
    >>> text(Graph("flights.ipynb"))
    'flights.ipynb: 0 steps, 0 edges, 0 parameters'
    """
    counts = (
        counted(len(graph.steps), "step"),
        counted(len(graph.edges), "edge"),
        counted(len(graph.parameters), "parameter"),
    )
    title = f"{graph.notebook}: {', '.join(counts)}"
    if not graph.steps:
        return title
    rows = [_row(step, graph.edges) for step in graph.steps]
    shown = [column for column in range(len(HEADINGS)) if any(row[column] != [""] for row in rows)]
    lines = [line for row in ([[each] for each in HEADINGS], *rows) for line in _lines([row[i] for i in shown])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(shown))]
    table = ("  " + "   ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return "\n".join([title, "", *table])


def _row(step: Step, edges: Sequence[Edge]) -> list[list[str]]:
    kind = " @step" if step.function else ""
    columns = (
        step.name,
        cells(step.cells).split(" ", 1)[1] + kind,
        _reads(step, edges),
        ", ".join(dict.fromkeys((*step.outputs, *(each.name for each in edges if each.source == step.name)))),
        ", ".join(step.parameters),
    )
    return [_wrapped(column, width) for column, width in zip(columns, WIDEST, strict=True)]


def _reads(step: Step, edges: Sequence[Edge]) -> str:
    read = [each for each in edges if each.target == step.name]
    makers = dict.fromkeys(each.source for each in read)
    parts = (", ".join(each.name for each in read if each.source == maker) + f" ({maker})" for maker in makers)
    return "\n".join(parts)


def _wrapped(column: str, width: int) -> list[str]:
    return [line for part in column.split("\n") for line in textwrap.wrap(part, width, break_on_hyphens=False) or [""]]


def _lines(row: list[list[str]]) -> list[tuple[str, ...]]:
    return list(zip_longest(*row, fillvalue=""))
