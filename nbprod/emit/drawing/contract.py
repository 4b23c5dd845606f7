"""The graph as JSON: its keys are a public contract, so they are written out here and nowhere derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.model.graph import RANDOM_STATES

if TYPE_CHECKING:
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import CellFacts, Graph, Parameter, Step


def as_json(graph: Graph) -> dict[str, Any]:
    """Return what `nbprod graph --json` prints, as plain dicts and lists.

    `index` and `cell` count all cells of the notebook from 0; a parameter's `default` is its source text. A step's
    `inputs` and `outputs` are names of the notebook; `carried` are inputs that its code doesn't name, but which share
    objects with what it changes; `states` are the global random states that it takes or hands on.

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
        "inputs": [name for name in step.input_names if name not in RANDOM_STATES and name not in step.carried],
        "outputs": [name for name in step.outputs if name not in RANDOM_STATES],
        "parameters": list(step.parameters),
        "definitions": [definition.name for definition in step.definitions],
        "carried": sorted(step.carried),
        "states": sorted({*step.input_names, *step.outputs} & RANDOM_STATES.keys()),
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
