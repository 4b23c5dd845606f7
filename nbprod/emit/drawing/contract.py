"""The graph as JSON: its keys are a public contract, so they are written out here and nowhere derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import CellFacts, Graph, Parameter, Step


def as_json(graph: Graph) -> dict[str, Any]:
    """Return what `nbprod graph --json` prints, as plain dicts and lists.

    `index` and `cell` count all cells of the notebook from 0; a parameter's `default` is its source text.

    >>> from nbprod.model.graph import Graph
    >>> as_json(Graph("flights.ipynb"))
    {'cells': [], 'parameters': [], 'steps': [], 'edges': [], 'diagnostics': []}
    """
    return {
        "cells": [_cell(cell) for cell in graph.cells],
        "parameters": [_parameter(parameter) for parameter in graph.parameters],
        "steps": [_step(step) for step in graph.steps],
        "edges": [[edge.source, edge.target, edge.name] for edge in graph.edges],
        "diagnostics": [_diagnostic(each) for each in graph.diagnostics],
    }


def _cell(cell: CellFacts) -> dict[str, Any]:
    return {
        "index": cell.index,
        "id": cell.id,
        "kind": str(cell.kind),
        "step": cell.step,
        "reads": sorted(cell.reads),
        "writes": sorted(cell.writes),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {"name": parameter.name, "type": parameter.type, "default": parameter.default}


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "cells": list(step.cells),
        "inputs": list(step.input_names),
        "outputs": list(step.outputs),
        "parameters": list(step.parameters),
        "definitions": [definition.name for definition in step.definitions],
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "cell": diagnostic.cell,
        "line": diagnostic.line,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
