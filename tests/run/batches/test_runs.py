"""What runs are called: readable, safe as a file's name, and each its own."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from nbprod.errors import UsageError
from nbprod.run.batches.runs import LONGEST, names, slug

NAMES = [
    ("strength", 0.5, "strength=0.5"),
    ("strength", -1e-05, "strength=-1e-05"),
    ("day", "2024-01-02", "day=2024-01-02"),
    ("path", "../data/2024.csv", "path=data-2024.csv"),
    ("path", "/data/2024.csv", "path=data-2024.csv"),
    ("columns", ["a", "b"], "columns=a,-b"),
    ("note", "x" * 300, f"note={'x' * 66}-"),
    ("note", "", "note="),
    ("flag", True, "flag=true"),
]


@pytest.mark.parametrize(("parameter", "value", "name"), NAMES, ids=[each[2] for each in NAMES])
def test_a_run_is_called_after_what_varies(parameter, value, name):
    (made,) = names([{parameter: value}], [parameter], [None])
    assert made.startswith(name)
    assert len(made) <= LONGEST


def test_a_run_in_which_nothing_varies():
    assert names([{"seed": 1}], [], [None]) == ("run",)


def test_names_that_would_be_the_same_are_told_apart():
    made = names([{"shop": "a/b"}, {"shop": "a b"}, {"shop": "A b"}, {"shop": "c"}], ["shop"], [None] * 4)
    assert len({each.lower() for each in made}) == 4
    assert made[3] == "shop=c"


@given(st.lists(st.text(), unique=True, min_size=1, max_size=20))
def test_names_are_safe_and_unique(values):
    made = names([{"note": value} for value in values], ["note"], [None] * len(values))
    assert len({each.lower() for each in made}) == len(values)
    assert all(re.fullmatch(r"[A-Za-z0-9._=,+@-]{1,80}", each) and not each.startswith(".") for each in made)


@given(st.text())
def test_a_name_that_was_given_is_made_safe(text):
    assert re.fullmatch(r"([A-Za-z0-9_=,+@-][A-Za-z0-9._=,+@-]{0,79})?", slug(text))


def test_two_runs_that_are_the_same():
    with pytest.raises(UsageError, match=r"runs 1 and 3 are the same: seed=1"):
        names([{"seed": 1}, {"seed": 2}, {"seed": 1}], ["seed"], [None] * 3)


def test_two_runs_with_one_name():
    with pytest.raises(UsageError, match=r"2 runs have one name: 'north'"):
        names([{"seed": 1}, {"seed": 2}], ["seed"], ["north", "North"])
