"""Whether a value holds functions and classes of the notebook themselves, or only what its classes made."""

from __future__ import annotations

import functools
import sys

import numpy as np
import pytest

from nbprod.values import holds_code

CELL = """
import enum
class Team:
    def __init__(self, name, rule=None):
        self.name, self.rule = name, rule
class Stack(list):
    pass
class Kind(enum.Enum):
    ONE = 1
def rule(team):
    return team.name
def local():
    class Inner: pass
    return Inner()
first = Team("a")
class Other: pass
old = Other()
class Other: pass
"""


@pytest.fixture
def cell(monkeypatch):
    names = {"__name__": "__main__"}
    exec(CELL, names)
    for name in ("Team", "Stack", "Kind", "rule", "Other"):
        monkeypatch.setattr(sys.modules["__main__"], name, names[name], raising=False)
    return lambda text: eval(text, {**names, "np": np, "functools": functools})


@pytest.mark.parametrize(
    "text",
    ["first", "[first, {'b': (first,)}]", "Stack([first])", "Kind.ONE", "Team('a', rule=Team('b'))", "Team(np.ones(3))",
     "[sorted, np.sum]", "Other()"],
)  # fmt: skip
def test_what_its_classes_made_is_no_code(cell, text):
    assert not holds_code(cell(text))


@pytest.mark.parametrize(
    "text",
    ["rule", "Team", "lambda: 1", "{'a': [rule]}", "Team('a', rule=rule)", "Team('a', rule=lambda t: t)",
     "functools.partial(rule, first)", "[Team, Stack]", "local()", "old"],
)  # fmt: skip
def test_what_holds_functions_or_classes_is_code(cell, text):
    assert holds_code(cell(text))
