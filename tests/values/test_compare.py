from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbprod.values import first_difference

X = np.random.default_rng(0).normal(size=(80, 3))
y = (X[:, 0] > 0).astype(int)
BASE = pd.DataFrame({"a": [1, 2, 3], "t": ["x", None, "y"], "f": [0.5, np.nan, 1.0]}, index=["p", "q", "r"])
DAYS = pd.to_datetime(["2024-01-01", "2024-01-02"])


@dataclass
class Settings:
    rate: float
    names: tuple[str, ...] = ()


def with_attrs(**attrs):
    table = BASE.copy()
    table.attrs = attrs
    return table


def pipeline(c, rows=X):
    return make_pipeline(StandardScaler(), LogisticRegression(C=c)).fit(rows, y)


def figure(n, size=(3, 2)):
    from matplotlib.figure import Figure

    made = Figure(figsize=size)
    made.add_subplot().plot([1, n])
    return made


DIFFERENT = [
    ("numbers", 1, 2, "", "value", "1", "2"),
    ("types", 1, "1", "", "type", "int 1", "str '1'"),
    ("float and int", 1.0, 1, "", "type", "float 1.0", "int 1"),
    ("numpy's number", np.float64(1), 1.0, "", "type", "numpy.float64", "float 1.0"),
    ("texts", "abc", "abd", "", "value", "'abc'", "'abd'"),
    ("long texts", "x" * 90 + "a", "x" * 90 + "b", "", "value", f"…'{'x' * 15}a'", f"…'{'x' * 15}b'"),
    ("lists", [1, [2, 3]], [1, [2, 4]], "[1][1]", "value", "3", "4"),
    ("lengths", [1], [1, 2], "", "length", "1 values", "2 values"),
    ("dicts", {"a": {"b": 1}}, {"a": {"b": 2}}, "['a']['b']", "value", "1", "2"),
    ("keys", {"a": 1, "b": 2}, {"a": 1, "c": 2}, "", "keys", "['b']", "['c']"),
    ("order of keys", {"a": 1, "b": 2}, {"b": 2, "a": 1}, "", "order", "['a', 'b']", "['b', 'a']"),
    ("sets", {1, 2}, {1, 3}, "", "value", "[2]", "[3]"),
    ("arrays", np.arange(6).reshape(2, 3), np.array([[0, 1, 2], [3, 9, 5]]), "[1, 1]", "value", "4", "9"),
    ("shapes", np.arange(3), np.arange(4), "", "shape", "(3,)", "(4,)"),
    ("dtypes", np.arange(3), np.arange(3.0), "", "dtype", "int64", "float64"),
    (
        "objects in arrays",
        np.array([1, {"a": 1}], object),
        np.array([1, {"a": 2}], object),
        "[1]['a']",
        "value",
        "1",
        "2",
    ),
    ("records", np.array([(1, 2)], "i4,i4"), np.array([(1, 3)], "i4,i4"), "['f1'][0]", "value", "2", "3"),
    ("dates", DAYS.to_numpy(), DAYS.to_numpy()[::-1], "[0]", "value", None, None),
    ("masks", np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[0, 0]), ".mask[1]", "value", "True", "False"),
    ("sparse", sparse.csr_matrix([[0, 1]]), sparse.csr_matrix([[0, 2]]), "[0, 1]", "value", "1", "2"),
    ("cell", BASE, BASE.assign(a=[1, 2, 4]), "['a']['r']", "value", "3", "4"),
    ("text cell", BASE, BASE.assign(t=["x", None, "z"]), "['t']['r']", "value", "'y'", "'z'"),
    ("column's dtype", BASE, BASE.astype({"a": "float64"}), "['a']", "dtype", "int64", "float64"),
    ("columns", BASE, BASE.assign(late=1), "", "columns", "3 columns", "4 columns"),
    ("order of columns", BASE, BASE[["t", "a", "f"]], ".columns", "order", "['a', 't', 'f']", "['t', 'a', 'f']"),
    ("rows", BASE, BASE[:2], "", "length", "3 rows", "2 rows"),
    ("order of rows", BASE, BASE[::-1], ".index[0]", "index", "'p'", "'r'"),
    ("kind of index", BASE.reset_index(drop=True), BASE, ".index", "index", "RangeIndex", "Index"),
    ("index name", BASE, BASE.rename_axis("i"), ".index.names[0]", "index", "NoneType None", "str 'i'"),
    ("attrs", with_attrs(a=1), with_attrs(a=2), ".attrs['a']", "attributes", "1", "2"),
    ("series", pd.Series([1, 2]), pd.Series([1, 3]), "[1]", "value", "2", "3"),
    ("series' names", pd.Series([1], name="a"), pd.Series([1], name="b"), ".name", "value", "'a'", "'b'"),
    ("gap", pd.Series([1, None], dtype="Int64"), pd.Series([1, 2], dtype="Int64"), "[1]", None, None, None),
    ("zones", pd.Series(DAYS.tz_localize("UTC")), pd.Series(DAYS.tz_localize("UTC")[::-1]), "[0]", "value", None, None),
    (
        "categories",
        pd.Series(pd.Categorical(["a"], ["a", "b"])),
        pd.Series(pd.Categorical(["a"], ["b", "a"])),
        ".cat.categories[0]",
        "dtype",
        "'a'",
        "'b'",
    ),
    ("attribute", Settings(0.1), Settings(0.2), ".rate", "value", "0.1", "0.2"),
    ("setting", pipeline(1.0), pipeline(2.0), ".steps[1][1].C", "value", "1.0", "2.0"),
    ("fit", pipeline(1.0), pipeline(1.0, X + 1), ".steps[0][1].mean_[0]", "value", None, None),
    (
        "fitted or not",
        LogisticRegression(),
        LogisticRegression().fit(X, y),
        ".n_features_in_",
        "attributes",
        "nothing",
        "3",
    ),
    ("pixels", figure(2), figure(3), None, "pixels", None, None),
    ("size of figures", figure(2), figure(2, (4, 2)), "", "pixels", "216 × 144", "288 × 144"),
    ("functions", lambda x: x, lambda x: x + 1, "", "content", None, None),
    ("classes", int, float, "", "content", "<class 'int'>", "<class 'float'>"),
    ("moments", dt.date(2024, 1, 1), dt.date(2024, 1, 2), None, None, None, None),
]


@pytest.mark.parametrize(
    ("left", "right", "path", "kind", "shown_left", "shown_right"),
    [pytest.param(*each[1:], id=each[0]) for each in DIFFERENT],
)
def test_names_the_first_difference(left, right, path, kind, shown_left, shown_right):
    found = first_difference(left, right)
    assert found is not None
    expected = {"path": path, "kind": kind, "left": shown_left, "right": shown_right}
    assert {key: getattr(found, key) for key, each in expected.items() if each is not None} == {
        key: each for key, each in expected.items() if each is not None
    }
    assert len(str(found)) < 300


@pytest.mark.parametrize("value", [pytest.param(each[1], id=each[0]) for each in DIFFERENT if each[0] != "functions"])
def test_a_value_equals_its_copy(value):
    import copy
    import pickle

    again = value if isinstance(value, type) else pickle.loads(pickle.dumps(value))
    assert first_difference(value, again) is None
    assert first_difference(value, copy.deepcopy(value)) is None


EQUAL_BY_TOLERANCE = [
    (1.0, 1.0 + 1e-9),
    ({"auc": [0.5]}, {"auc": [0.5 + 1e-9]}),
    (np.array([1.0, np.nan]), np.array([1.0 + 1e-9, np.nan])),
    (BASE, BASE.assign(f=BASE.f + 1e-9)),
    (pd.Series([0.5, None], dtype="Float64"), pd.Series([0.5 + 1e-9, None], dtype="Float64")),
    (pipeline(1.0), pipeline(1.0, X + 1e-12)),
]


@pytest.mark.parametrize(("left", "right"), EQUAL_BY_TOLERANCE)
def test_a_tolerance_is_kept_to(left, right):
    assert first_difference(left, right) is not None
    assert first_difference(left, right, rtol=1e-5, atol=1e-8) is None


def test_infinity_is_within_no_tolerance():
    assert first_difference(math.inf, 1.0, rtol=1e9) is not None
    assert first_difference(math.inf, math.inf, rtol=1e-3) is None


WITHOUT_TYPES = [
    (np.float64(0.5), 0.5),
    ({"n": np.int64(1)}, {"n": 1.0}),
    ((1, 2), [1, 2]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
]


@pytest.mark.parametrize(("left", "right"), WITHOUT_TYPES)
def test_metrics_are_compared_without_types(left, right):
    assert first_difference(left, right, exact_types=False) is None
    assert first_difference(left, right) is not None


def test_classes_of_a_notebook_count_as_their_namesakes():
    there = type("Model", (), {"__module__": "__main__", "__reduce_ex__": lambda self, _: (object, (), vars(self))})
    here = type("Model", (), {"__module__": "flights.definitions", "__reduce_ex__": there.__reduce_ex__})
    left, right = there(), here()
    left.rate, right.rate = 1, 2
    found = first_difference(left, right)
    assert found is not None
    assert (found.path, found.left, found.right) == (".rate", "1", "2")
    right.rate = 1
    assert first_difference(left, right) is None


def test_forests_differ_in_a_tree():
    found = first_difference(*(RandomForestClassifier(2, random_state=0).fit(rows, y) for rows in (X, X + 1)))
    assert found is not None
    assert found.path.startswith(".estimators_[0].tree_.nodes['threshold']")
    assert found.detail.endswith("values differ")


def test_cycles_end():
    left: list[object] = [1]
    left.append(left)
    right: list[object] = [1]
    right.append(right)
    assert first_difference(left, right) is None


def test_polars():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"a": [1, 2, None], "t": ["x", None, "y"]})
    assert first_difference(table, table.clone()) is None
    assert str(first_difference(table, table.with_columns(t=pl.Series(["x", None, "z"])))).startswith(
        "['t'][2] (value)"
    )
    assert first_difference(table, table.select("t", "a")).kind == "order"
    assert first_difference(table, table[:2]).kind == "length"
    assert first_difference(table, table.cast({"a": pl.Int32})).kind == "dtype"
    assert first_difference(table["a"], pl.Series("a", [1, 2, 3])).path == "[2]"


numbers = st.lists(st.floats(allow_nan=True), min_size=1, max_size=20)


@given(values=numbers, at=st.integers(0, 19))
def test_one_changed_number_is_found_where_it_is(values, at):
    left = np.array(values)
    at %= len(left)
    right = left.copy()
    right[at] = 12345.678 if right[at] != 12345.678 else 0.0
    found = first_difference(left, right)
    assert found is not None
    assert found.path == f"[{at}]"
    assert first_difference(left, left.copy()) is None
