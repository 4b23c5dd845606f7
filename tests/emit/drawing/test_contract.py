"""The JSON of the graph: its keys are public."""

from __future__ import annotations

import json

from nbprod.emit.drawing import as_json
from nbprod.model.diagnostic import Diagnostic, Severity
from nbprod.model.graph import (
    CellFacts,
    CellKind,
    Definition,
    DefinitionKind,
    Edge,
    Graph,
    Input,
    Parameter,
    Step,
)
from nbprod.model.notebook import Mark

STATE = "numpy_random_state"
GRAPH = Graph(
    notebook="flights.ipynb",
    cells=(CellFacts(2, "c2", CellKind.STEP, "clean", frozenset({"pd", "flights"}), frozenset({"flown"})),),
    parameters=(Parameter("late_after", "int", "30"),),
    steps=(
        Step("clean", (2,), (), (Input("flights", "load"), Input("rows", "load"), Input(STATE, "load")),
             ("flown", STATE),
             ("late_after",), (Definition("pd", DefinitionKind.IMPORT, 0, 1, "import pandas as pd"),), Mark("clean"),
             carried=frozenset({"rows"})),
    ),
    edges=(Edge("load", "clean", "flights"),),
    diagnostics=(Diagnostic("NB203", Severity.ERROR, 2, 1, "message", "hint"),),
)  # fmt: skip


def test_the_keys_are_those_of_the_contract():
    assert json.loads(json.dumps(as_json(GRAPH))) == {
        "cells": [
            {"index": 2, "id": "c2", "kind": "step", "step": "clean", "reads": ["flights", "pd"], "writes": ["flown"]}
        ],
        "parameters": [{"name": "late_after", "type": "int", "default": "30"}],
        "steps": [
            {
                "name": "clean",
                "cells": [2],
                "inputs": ["flights"],
                "outputs": ["flown"],
                "parameters": ["late_after"],
                "definitions": ["pd"],
                "carried": ["rows"],
                "states": [STATE],
            }
        ],
        "edges": [["load", "clean", "flights"]],
        "diagnostics": [
            {"code": "NB203", "severity": "error", "cell": 2, "line": 1, "message": "message", "hint": "hint"}
        ],
    }
