"""Annotations from what the record saw of a value."""

from __future__ import annotations

import pytest

from nbprod.emit.plan import plan
from nbprod.emit.signatures import Imports, value_type
from nbprod.model.graph import Graph, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record
from nbprod.values import describe


def annotated(value):
    """The annotation of a value that a step makes, and the imports that it needs."""
    step = Step("work", (0,), (), (), ("x",), (), (), Mark("work"))
    arranged = plan(Graph("mini.ipynb", steps=(step,)), Record("", "", ""), "mini", {})
    imports = Imports()
    text = value_type("x", "work", describe("x", value), arranged, arranged.steps[0], imports)
    return text, [*imports.lines]


ANY = ["from typing import Any"]


@pytest.mark.parametrize(
    ("value", "annotation", "imports"),
    [
        (["a", "b"], "list[str]", []),
        ([], "list[Any]", ANY),
        ([1, "a"], "list[Any]", ANY),
        ([1, 2.5], "list[float]", []),
        ([True, 1], "list[Any]", ANY),
        ([[1], [2]], "list[Any]", ANY),
        ({"auc": 0.7}, "dict[str, float]", []),
        ({"auc": 0.7, "worst": [1]}, "dict[str, Any]", ANY),
        ({}, "dict[Any, Any]", ANY),
        ((1, 2, 3), "tuple[int, ...]", []),
        ({"a"}, "set[str]", []),
        (frozenset({1}), "frozenset[int]", []),
        (None, "None", []),
    ],
)
def test_containers_say_what_they_hold(value, annotation, imports):
    assert annotated(value) == (annotation, imports)


def test_what_they_hold_is_imported():
    from decimal import Decimal

    assert annotated([Decimal(1)]) == ("list[Decimal]", ["from decimal import Decimal"])
