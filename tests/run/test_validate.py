"""Frames are held to their schemas: short in the terminal, whole in files."""

from __future__ import annotations

import csv

import pandas as pd
import pandera.pandas as pa
import pandera.polars as pp
import polars as pl
import pytest
from pandera.typing import DataFrame, Index, Series
from pandera.typing import polars as typed_polars

from nbprod.adapters import pandera
from nbprod.errors import SchemaViolated
from nbprod.run.validate import Border, forget, validated
from nbprod.values import load


class Flown(pa.DataFrameModel):
    month: Series[int] = pa.Field(in_range={"min_value": 1, "max_value": 12})
    origin: Series[str] = pa.Field(isin=["EWR", "JFK"])


class Coerced(pa.DataFrameModel):
    month: Series[int]

    class Config:
        coerce = True


class Keyed(pa.DataFrameModel):
    key: Index[str] = pa.Field(unique=True)
    month: Series[int] = pa.Field(ge=1)


class Months(pp.DataFrameModel):
    month: int = pp.Field(ge=1)
    origin: str = pp.Field(isin=["EWR", "JFK"])


@pytest.fixture
def border(tmp_path) -> Border:
    return Border("clean", "output", tmp_path)


def flown(months, origins, **options) -> pd.DataFrame:
    return pd.DataFrame({"month": months, "origin": origins}, **options)


def violation(value, annotation, border) -> SchemaViolated:
    with pytest.raises(SchemaViolated) as raised:
        validated({"flown": value}, {"flown": annotation}, border)
    return raised.value


def test_a_frame_that_keeps_to_its_schema_is_passed_through_as_it_is(border):
    frame = flown([1, 2], ["EWR", "JFK"])
    values = {"flown": frame, "other": object()}
    assert validated(values, {"flown": DataFrame[Flown], "other": int}, border) == values
    assert not border.folder.exists()


@pytest.mark.parametrize(
    ("annotation", "model"),
    [
        (DataFrame[Flown], Flown),
        (DataFrame[Flown] | None, Flown),
        (typed_polars.DataFrame[Months], Months),
        (typed_polars.LazyFrame[Months], Months),
        (pd.DataFrame, None),
        (list[int], None),
        (None, None),
    ],
)
def test_the_schema_is_what_the_annotation_names(annotation, model):
    assert pandera.model_of(annotation) is model


def test_none_may_stand_where_the_annotation_allows_it(border):
    assert validated({"flown": None}, {"flown": DataFrame[Flown] | None}, border) == {"flown": None}
    assert "pandas frame is wanted, this is builtins.NoneType" in str(violation(None, DataFrame[Flown], border))


def test_every_failure_is_told_at_once_and_kept(border):
    frame = flown([1, 13, 14, 0, 99, 5], ["EWR", "XXX", "JFK", None, "Q", "EWR"], index=list("abcdef"))
    error = violation(frame, DataFrame[Flown], border)
    assert str(error).splitlines() == [
        "step 'clean': output 'flown' breaks its schema Flown in 4 of 6 rows",
        "  month: 4 × in_range(1, 12)   row b: 13, row c: 14, row d: 0, …",
        f"  origin: 1 × not_nullable   row d: {frame['origin'].iloc[3]}",
        "  origin: 2 × isin(['EWR', 'JFK'])   row b: XXX, row e: Q",
        "  its rows: .nbprod/failed/clean/flown.parquet",
        "  every failure: .nbprod/failed/clean/failures.csv",
        "Mend the data, or if they are right change Flown in tests/run/test_validate.py."
        if __name__ == "tests.run.test_validate"
        else f"Mend the data, or if they are right change Flown in {__name__.replace('.', '/')}.py.",
    ]
    pd.testing.assert_frame_equal(load(border.folder / "flown.parquet"), frame.loc[list("bcde")])
    rows = list(csv.reader((border.folder / "failures.csv").open()))
    assert rows[0] == ["value", "column", "check", "failure_case", "index"]
    assert len(rows) == 8
    forget(border)
    assert not border.folder.exists()


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (pd.DataFrame({"month": [1]}), "  origin: column_in_dataframe"),
        (flown([1.5], ["EWR"]), "  month: dtype('int64')   is float64"),
        (flown(["a", "b"], ["EWR"] * 2), f"  month: dtype('int64')   is {pd.Series(['a']).dtype}\n"),
    ],
)
def test_a_column_that_fails_as_a_whole_has_no_rows(frame, line, border):
    error = violation(frame, DataFrame[Flown], border)
    assert line in str(error)
    assert "its rows" not in str(error)


class Numbered(pa.DataFrameModel):
    index: Index[int] = pa.Field(ge=0)
    x: Series[int]


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ([0, -1], "  (the index): 1 × greater_than_or_equal_to(0)   row -1: -1"),
        (["a", "b"], "  (the index): dtype('int64')   is "),
    ],
)
def test_an_index_without_a_name_is_named_as_what_it_is(labels, line, border):
    assert line in str(violation(pd.DataFrame({"x": [1, 2]}, index=labels), DataFrame[Numbered], border))


def test_rows_of_an_index_with_repeats_and_of_several_levels(border):
    repeated = flown([0, 1, 2], ["EWR"] * 3, index=["a", "a", "b"])
    violation(repeated, DataFrame[Flown], border)
    assert len(load(border.folder / "flown.parquet")) == 2
    levels = flown([0, 1], ["EWR"] * 2, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    assert "in 1 of 2 rows" in str(violation(levels, DataFrame[Flown], border))
    keyed = pd.DataFrame({"month": [1, 2]}, index=pd.Index(["a", "a"], name="key"))
    assert "unique" in str(violation(keyed, DataFrame[Keyed], border))


def test_polars_frames_and_lazy_ones_are_checked_on_their_values(border):
    frame = pl.DataFrame({"month": [1, 0], "origin": ["EWR", "XXX"]})
    for value in (frame, frame.lazy()):
        error = violation(value, typed_polars.DataFrame[Months], border)
        assert "month: 1 × greater_than_or_equal_to(1)   row 1: 0" in str(error)
        assert load(border.folder / "flown.parquet").equals(frame[1:])
    assert "polars frame is wanted, this is pandas.DataFrame" in str(
        violation(flown([1], ["EWR"]), typed_polars.DataFrame[Months], border)
    )


def test_a_schema_that_coerces_gives_what_flows_on(border):
    frame = pd.DataFrame({"month": ["1", "2"]})
    result = validated({"flown": frame}, {"flown": DataFrame[Coerced]}, border)["flown"]
    assert result["month"].dtype == "int64"
    assert frame["month"].iloc[0] == "1"


def test_the_terminal_gets_few_lines_however_much_fails(border):
    class Wide(pa.DataFrameModel):
        pass

    schema = pa.DataFrameSchema({f"c{n}": pa.Column(int, pa.Check.ge(0)) for n in range(40)})
    Wide.to_schema = classmethod(lambda _: schema)  # type: ignore[method-assign]
    frame = pd.DataFrame({f"c{n}": [-1] * 500 for n in range(40)})
    lines = str(violation(frame, DataFrame[Wide], border)).splitlines()
    assert len(lines) <= 18
    assert "… and 28 more checks" in lines[13]
    assert len((border.folder / "failures.csv").read_text().splitlines()) == 20001
