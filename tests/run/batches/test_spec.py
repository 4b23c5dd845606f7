"""What is asked for, combined: the runs that a person has in mind, or an error before anything runs."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from nbprod.errors import UsageError
from nbprod.run.batches.spec import Spec, combinations
from nbprod.run.batches.words import parted, several, single

ROWS = ({"shop": "001", "seed": 1}, {"shop": "002", "seed": 1})


def test_every_part_is_combined_with_every_other():
    spec = Spec(
        {"limit": 10},
        rows=ROWS,
        each=("path", ("a.csv", "b.csv")),
        zipped={"low": [1, 2], "high": [3, 4]},
        grid={"strength": [0.1, 1], "depth": [2, 3]},
    )
    made = combinations(spec)
    assert len(made) == 2 * 2 * 2 * 4
    assert len({tuple(each.items()) for each in made}) == len(made)
    assert {(each["low"], each["high"]) for each in made} == {(1, 3), (2, 4)}
    assert all(each["limit"] == 10 for each in made)
    assert spec.varied == ("shop", "path", "low", "high", "strength", "depth")  # all rows have one seed


@given(
    st.dictionaries(st.sampled_from("abc"), st.lists(st.integers(), min_size=1, max_size=4, unique=True), min_size=1)
)
def test_a_grid_is_the_product(grid):
    made = combinations(Spec({}, grid=grid))
    expected = 1
    for values in grid.values():
        expected *= len(values)
    assert len(made) == len({tuple(sorted(each.items())) for each in made}) == expected


REFUSED = {
    "empty grid": (Spec({}, grid={"strength": []}), "--grid strength gives no run: it is empty"),
    "empty file": (Spec({}, rows=(), source="--file a.csv"), "--file a.csv gives no run"),
    "empty zip": (Spec({}, zipped={"a": [], "b": []}), "--zip gives no run"),
    "unequal zip": (Spec({}, zipped={"a": [1, 2], "b": [1]}), "a has 2, b has 1"),
    "fixed and varied": (Spec({"a": 1}, grid={"a": [1]}), "a is given twice: by -p and by --grid a"),
    "file and grid": (Spec({}, rows=ROWS, grid={"seed": [1]}), "seed is given twice: by --file and by --grid seed"),
}


@pytest.mark.parametrize(("spec", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_combined_is_refused(spec, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        combinations(spec)


@given(st.lists(st.text(st.characters(exclude_characters=",\"'[](){}", exclude_categories=["C", "Z"]), min_size=1)))
def test_plain_values_are_parted_by_commas(values):
    assert parted(",".join(values)) == values


SEVERAL = {
    "city='New York, NY',it's": ("New York, NY", "it's"),
    "columns=[a, b],[c]": ("[a, b]", "[c]"),
    'rates={x: "1,2"},{}': ('{x: "1,2"}', "{}"),
    "day=2024-02-28..2024-03-01": ("2024-02-28", "2024-02-29", "2024-03-01"),
    "seed=-1..1,7": ("-1", "0", "1", "7"),
    "strength=0.1..0.5": ("0.1..0.5",),
    "shop=001, 002": ("001", "002"),
    "note=a,,b": ("a", "", "b"),
    "seed=3..1": (),
}


@pytest.mark.parametrize(("word", "values"), SEVERAL.items(), ids=SEVERAL)
def test_several_values_of_a_name(word, values):
    assert several([word], "--grid") == {word.partition("=")[0]: values}


FAULTY = {
    "no value": ("strength", "is no NAME=VALUE"),
    "no name": ("=1", "is no NAME=VALUE"),
    "not a name": ("a b=1", "is no NAME=VALUE"),
    "no day": ("day=2024-02-30..2024-03-01", "2024-02-30 is no day"),
    "endless": ("seed=0..9999999", "more than a million"),
}


@pytest.mark.parametrize(("word", "message"), FAULTY.values(), ids=FAULTY.keys())
def test_words_that_mean_nothing(word, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        several([word], "--grid")


def test_one_name_twice_among_the_words():
    with pytest.raises(UsageError, match="-p gives a twice"):
        single(["a=1", "a=2"], "-p")
