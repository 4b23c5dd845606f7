"""Each inferred model is accepted by pandera, and holds the very frame that it was inferred from, and its sample."""

from __future__ import annotations

import datetime as dt
import sys
import types

import pandas as pd
import polars as pl
import pytest

from nbprod.adapters import ruff
from nbprod.emit import schemas
from nbprod.values.describe import frame_seen

PANDAS = {
    "int64": [1, 2],
    "int32": pd.Series([1, 2], dtype="int32"),
    "uint8": pd.Series([1, 2], dtype="uint8"),
    "float64": [1.0, None],
    "float32": pd.Series([1.0, 2], dtype="float32"),
    "bool": [True, False],
    "texts": ["a", None],
    "object texts": pd.Series(["a", None], dtype=object),
    "object mixed": pd.Series(["a", 1], dtype=object),
    "object bools": pd.Series([True, None], dtype=object),
    "string": pd.Series(["a", None], dtype="string"),
    "string python": pd.Series(["a", None], dtype="string[python]"),
    "Int64": pd.Series([1, None], dtype="Int64"),
    "UInt16": pd.Series([1, None], dtype="UInt16"),
    "Float32": pd.Series([1, None], dtype="Float32"),
    "boolean": pd.Series([True, None], dtype="boolean"),
    "datetime ns": pd.Series(pd.to_datetime(["2020-01-01", None])).astype("datetime64[ns]"),
    "datetime zoned": pd.Series(pd.to_datetime(["2020-01-01"] * 2, utc=True)),
    "datetime Berlin": pd.Series(pd.to_datetime(["2020-01-01"] * 2, utc=True)).dt.tz_convert("Europe/Berlin"),
    "datetime offset": pd.Series(pd.to_datetime(["2020-01-01T00:00+02:00"] * 2)),
    "timedelta": pd.Series(pd.to_timedelta([1, None], unit="s")),
    "category": pd.Series(["a", None], dtype="category"),
    "category ordered": pd.Categorical(["a", "b"], categories=["b", "a"], ordered=True),
    "category ints": pd.Series([1, 2], dtype="category"),
    "category intervals": pd.cut(pd.Series([1, 2]), 2),
    "period": pd.Series(pd.period_range("2020-01", periods=2, freq="M")),
    "interval": pd.Series(pd.interval_range(0, 2)),
    "arrow ints": pd.Series([1, None], dtype="int64[pyarrow]"),
    "arrow texts": pd.Series(["a", None], dtype="string[pyarrow]"),
    "arrow times": pd.Series(pd.to_datetime(["2020-01-01"] * 2)).astype("timestamp[ns][pyarrow]"),
    "complex": [1j, 2j],
    "sparse": pd.arrays.SparseArray([0, 1]),
    "dates": [dt.date(2020, 1, 1), None],
    "lists": [[1], [2]],
    "all missing": pd.Series([None, None], dtype=object),
    "NaN only": [float("nan")] * 2,
}
INDEXES = {
    "range": pd.RangeIndex(2),
    "texts": pd.Index(["p", "q"], name="key"),
    "unnamed": pd.Index(["p", "q"]),
    "odd name": pd.Index([3, 4], name="my key"),
    "named as a column": pd.Index([3, 4], name="x"),
    "times": pd.DatetimeIndex(["2020-01-01", "2020-01-02"], tz="UTC"),
    "repeated": pd.Index([1, 1]),
    "category": pd.CategoricalIndex(["p", "q"], name="c"),
    "two levels": pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", "n"]),
    "two unnamed levels": pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
    "a level named as a column": pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "n"]),
}
LABELS = ["two words", "class", "_hidden", "__private", "Config", "validate", "columns", "int", "pa", "Series", "2nd",
          "ünïcode", "", "a-b", "it's", 'say "so"', 0, 7, ("a", "b"), 1.5]  # fmt: skip
NEW_YEAR = dt.datetime(2020, 1, 1)  # noqa: DTZ001 - polars has times without a zone
POLARS = {
    "Int64": pl.Series([1, None]),
    "Int8": pl.Series([1, 2], dtype=pl.Int8),
    "Float64": pl.Series([1.0, float("nan")]),
    "String": pl.Series(["a", None]),
    "Boolean": pl.Series([True, None]),
    "Date": pl.Series([dt.date(2020, 1, 1), None]),
    "Datetime": pl.Series([NEW_YEAR] * 2),
    "Datetime ms": pl.Series([NEW_YEAR] * 2).dt.cast_time_unit("ms"),
    "Datetime zoned": pl.Series([NEW_YEAR] * 2).dt.replace_time_zone("UTC"),
    "Duration": pl.Series([dt.timedelta(1), None]),
    "Time": pl.Series([dt.time(1), None]),
    "Categorical": pl.Series(["a", "b"], dtype=pl.Categorical),
    "Enum": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])),
    "List": pl.Series([[1], None]),
    "List of lists": pl.Series([[["a"]], [["b"]]]),
    "Array": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2)),
    "Struct": pl.Series([{"a": 1, "B c": "x"}, {"a": 2, "B c": None}]),
    "Decimal": pl.Series([1, 2], dtype=pl.Decimal(10, 2)),
    "Binary": pl.Series([b"a", b"b"]),
    "Null": pl.Series([None, None]),
}


def model_of(frame):
    """The generated model, executed; and its text."""
    seen = frame_seen(frame)
    text = schemas.module("What it makes.", [("Frame", "A frame.", seen)])
    return executed(text).Frame, text


def executed(text):
    """The text as a module; pandera looks up a model's annotations in sys.modules."""
    module = types.ModuleType("generated")
    sys.modules["generated"] = module
    exec(text, module.__dict__)
    return module


@pytest.mark.parametrize("dtype", PANDAS)
def test_a_pandas_column_keeps_to_its_own_model(dtype):
    frame = pd.DataFrame({"x": PANDAS[dtype]})
    model, text = model_of(frame)
    pd.testing.assert_frame_equal(model.validate(frame, lazy=True), frame)
    assert "coerce" not in text


@pytest.mark.parametrize("index", INDEXES)
def test_a_pandas_index_keeps_to_its_own_model(index):
    frame = pd.DataFrame({"x": [1, 2]}, index=INDEXES[index])
    model, text = model_of(frame)
    model.validate(frame, lazy=True)
    assert ("Index[" in text) == (index not in ("range", "a level named as a column"))


@pytest.mark.parametrize("name", [None, "weight"])
def test_rows_without_a_name_may_begin_with_any(name):
    """A sample of a frame that lacks its first row says nothing of the next one."""
    labels = [7, *range(8, 200, 3)]
    model, _ = model_of(pd.DataFrame({"x": "a"}, index=pd.Index(labels, name=name)))
    other = pd.DataFrame({"x": "a"}, index=pd.Index([0, *labels], name=name))
    if name is None:
        model.validate(other, lazy=True)
    else:
        with pytest.raises(Exception, match="greater_than"):
            model.validate(other, lazy=True)


@pytest.mark.parametrize("label", LABELS)
def test_a_column_of_any_name_is_checked(label):
    frame = pd.DataFrame({label: [1, 2], "y": ["a", "b"]})
    model, _ = model_of(frame)
    model.validate(frame, lazy=True)
    with pytest.raises(Exception, match=r"WRONG_DATATYPE|expected"):
        model.validate(frame.astype({label: "float64"}), lazy=True)


def test_names_that_become_the_same_attribute_are_kept_apart():
    frame = pd.DataFrame({"a b": [1], "a_b": [2.0], "a-b": ["x"]})
    model, _ = model_of(frame)
    assert set(model.to_schema().columns) == set(frame.columns)
    model.validate(frame, lazy=True)


@pytest.mark.parametrize("dtype", POLARS)
def test_a_polars_column_keeps_to_its_own_model(dtype):
    frame = pl.DataFrame({"x": POLARS[dtype], "y": ["a", "b"]})
    model, _ = model_of(frame)
    assert model.validate(frame, lazy=True).equals(frame)
    model.validate(frame.head(1), lazy=True)


BROKEN = {
    "a new category": (lambda frame: frame.assign(origin="ORD"), "isin"),
    "a missing value": (lambda frame: frame.assign(origin=None), "not_nullable|WRONG_DATATYPE"),
    "a repeated key": (lambda frame: frame.assign(flight_id=1), "unique"),
    "a month beyond the year": (lambda frame: frame.assign(month=13), "in_range"),
    "a negative distance": (lambda frame: frame.assign(distance=-1.0), "greater"),
    "a lost column": (lambda frame: frame.drop(columns="month"), "COLUMN_NOT_IN_DATAFRAME"),
    "another type": (lambda frame: frame.astype({"distance": "int64"}), "WRONG_DATATYPE"),
}


@pytest.fixture(scope="module")
def trips():
    size = 480
    return pd.DataFrame(
        {
            "flight_id": range(size),
            "origin": ["EWR", "JFK", "LGA", "EWR"] * (size // 4),
            "month": [number % 12 + 1 for number in range(size)],
            "distance": [100.0 + number for number in range(size)],
            "delay": [number - 100.5 for number in range(size)],
        }
    )


def test_models_say_the_same_when_they_are_laid_out(trips):
    columns = [pd.DataFrame({"x": each}) for each in PANDAS.values()]
    indices = [pd.DataFrame({"x": [1, 2]}, index=each) for each in INDEXES.values()]
    labels = [pd.DataFrame({each: [1, 2]}) for each in LABELS]
    others = [pl.DataFrame({"x": each}) for each in POLARS.values()]
    frames = [*columns, *indices, *labels, *others, trips]
    laid_out = ruff.format({f"mini/schemas/{at}.py": model_of(frame)[1] for at, frame in enumerate(frames)})
    for frame, text in zip(frames, laid_out.values(), strict=True):
        executed(text).Frame.validate(frame, lazy=True)


def test_an_inferred_model_generalises(trips):
    model, text = model_of(trips)
    model.validate(trips.sample(100, random_state=0), lazy=True)
    model.validate(trips.assign(distance=9e9, delay=-9e9, more="column"), lazy=True)
    assert 'in_range={"min_value": 1, "max_value": 12}' in text


@pytest.mark.parametrize("fault", BROKEN)
def test_an_inferred_model_notices(fault, trips):
    from pandera.errors import SchemaErrors

    model, _ = model_of(trips)
    change, said = BROKEN[fault]
    with pytest.raises(SchemaErrors, match=said):
        model.validate(change(trips), lazy=True)


def test_pandas_and_polars_frames_of_one_step_stand_in_one_module():
    seen = [frame_seen(each) for each in (pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}))]
    text = schemas.module("Both.", [("One", "Pandas.", seen[0]), ("Two", "Polars.", seen[1])])
    module = executed(text)
    module.One.validate(pd.DataFrame({"a": [1]}))
    module.Two.validate(pl.DataFrame({"a": [1]}))
