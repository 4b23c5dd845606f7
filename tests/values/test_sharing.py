from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from nbprod.values import groups, load, save
from nbprod.values.sharing import pattern

TABLE = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
MODEL = LogisticRegression()
ROW = [1]
NUMBERS = np.arange(10.0)
CONSTANT = (1, "a")


class Holder:
    def __init__(self, part):
        self.part = part


CASES = [
    ("one frame by two names", {"a": TABLE, "b": TABLE}, [("a", "b")]),
    ("a list of frames and the frames", {"all": [TABLE, MODEL], "train": TABLE, "n": 3}, [("all", "train")]),
    ("a pipeline and its model", {"pipe": make_pipeline(MODEL), "model": MODEL}, [("pipe", "model")]),
    ("a part deep inside", {"a": {"x": [ROW]}, "b": (ROW,)}, [("a", "b")]),
    ("an attribute", {"a": Holder(ROW), "b": ROW}, [("a", "b")]),
    ("a view", {"a": NUMBERS, "b": NUMBERS[2:5]}, [("a", "b")]),
    ("two views", {"a": NUMBERS[:3], "b": NUMBERS[5:]}, [("a", "b")]),
    ("three in a row", {"a": [ROW], "b": [ROW, MODEL], "c": MODEL}, [("a", "b", "c")]),
    ("two groups", {"a": ROW, "b": MODEL, "c": [ROW], "d": [MODEL]}, [("a", "c"), ("b", "d")]),
    ("objects in an array", {"a": np.array([ROW, 1], dtype=object), "b": ROW}, [("a", "b")]),
    ("equal, not shared", {"a": [1], "b": [1]}, []),
    ("constants", {"a": CONSTANT, "b": [CONSTANT], "c": "text", "d": ["text"]}, []),
    ("functions and classes", {"a": len, "b": [len], "c": int, "d": {"k": int}, "e": np, "f": [np]}, []),
    ("columns of one frame", {"a": TABLE[["a"]], "b": TABLE[["a", "b"]]}, []),
    ("column out of a frame", {"a": TABLE, "b": TABLE["a"].copy()}, []),
    ("moments", {"a": (day := pd.Timestamp("2024-01-01")), "b": [day]}, []),
    ("numpy numbers", {"a": (n := np.float64(1)), "b": [n]}, []),
    ("nothing", {}, []),
]


@pytest.mark.parametrize(("values", "expected"), [pytest.param(*each[1:], id=each[0]) for each in CASES])
def test_groups(values, expected):
    assert list(groups(values)) == expected


@pytest.mark.parametrize("values", [pytest.param(each[1], id=each[0]) for each in CASES if each[2]])
def test_a_group_that_is_stored_together_still_shares(values, tmp_path):
    for names in groups(values):
        together = {name: values[name] for name in names}
        back = load(save(together, tmp_path, "+".join(names)).path)
        assert list(back) == list(names)
        assert groups(back) == (names,)
        assert pattern(back) == pattern(together)


def test_a_view_that_comes_back_is_still_a_view(tmp_path):
    numbers = np.arange(12.0).reshape(3, 4)
    back = load(save({"all": numbers, "row": numbers[1], "column": numbers[:, 2]}, tmp_path, "all+row").path)
    back["row"][2] = -1
    assert back["all"][1, 2] == -1
    assert back["column"][1] == -1


def test_many_numbers_are_not_looked_at_one_by_one():
    assert groups({"a": list(range(200_000)), "b": list(range(200_000))}) == ()
