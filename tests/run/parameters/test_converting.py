"""Parameters are held to the annotations of the step's function."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Protocol, TypedDict

import numpy as np
import pandas as pd
import pytest

from nbprod.errors import ProjectBroken
from nbprod.run import functions, wiring
from nbprod.run.parameters import Mismatch, Text, arguments, convert


class Colour(enum.Enum):
    RED = "r"


class Sizes(TypedDict):
    a: int


class Named(Protocol):
    name: str


DAY = dt.date(2026, 11, 23)

GOOD = [
    (30, int, 30),
    (30, float, 30),
    (0.5, float, 0.5),
    (True, bool, True),
    ("x", str, "x"),
    (None, int | None, None),
    (3, Optional[int], 3),  # noqa: UP045  (the older form is what notebooks have)
    (None, None, None),
    ("anything", Any, "anything"),
    ("anything", object, "anything"),
    ("auto", Literal["auto", 3], "auto"),
    (3, Annotated[int, "minutes"], 3),
    ([1, 2], list[int], [1, 2]),
    ([1, 2], list, [1, 2]),
    ([1, 2], Sequence[int], [1, 2]),
    ([1, "a"], tuple[int, str], (1, "a")),
    ([1, 2], tuple[int, ...], (1, 2)),
    ([1, 2], tuple, (1, 2)),
    ([1, 2, 2], set[int], {1, 2}),
    ({"a": 1}, dict[str, int], {"a": 1}),
    ({"a": [1]}, Mapping[str, tuple[int, ...]], {"a": (1,)}),
    ({"a": 1}, dict, {"a": 1}),
    ("2026-11-23", dt.date, DAY),
    (DAY, dt.date, DAY),
    ("2026-11-23T10:00:00", dt.datetime, dt.datetime(2026, 11, 23, 10)),  # noqa: DTZ001
    ("2026-11-23", str | dt.date, "2026-11-23"),
    ("2026-11-23", dt.date | None, DAY),
    ("raw/x.csv", Path, Path("raw/x.csv")),
    ("1.10", decimal.Decimal, decimal.Decimal("1.10")),
    ("2026-11-23", pd.Timestamp, pd.Timestamp(2026, 11, 23)),
    (DAY, pd.Timestamp, pd.Timestamp(2026, 11, 23)),
    ("1h", pd.Timedelta, pd.Timedelta("1h")),
    ("RED", Colour, Colour.RED),
    ("r", Colour, Colour.RED),
    (3, np.int64, np.int64(3)),
    (0.5, np.float32, np.float32(0.5)),
    (3, decimal.Decimal, decimal.Decimal(3)),
    (DAY, dt.datetime, dt.datetime(2026, 11, 23)),  # noqa: DTZ001
    ("1h 30min", dt.timedelta, dt.timedelta(hours=1.5)),
    (np.int64(3), int, 3),
    ({1, 2}, set[int], {1, 2}),
    ((1, 2), list[int], [1, 2]),
    ("RED", Literal[Colour.RED], Colour.RED),
    ({"a": 1}, Sizes, {"a": 1}),
]

BAD = [
    ("30", int, r"is '30' \(str\), but int is wanted"),
    (True, int, r"is True \(bool\), but int is wanted"),
    (True, float, "float is wanted"),
    (1, bool, "bool is wanted"),
    (0.5, int, "int is wanted"),
    (3.0, int, "int is wanted"),
    (0.5, np.int64, "int64 is wanted"),
    (300, np.int8, "int8 is wanted"),
    (0.1, decimal.Decimal, "Decimal is wanted"),
    ({1}, list[int], "list"),
    ([[1]], set, "set"),
    ([1], Named, "Named is wanted"),
    ([1], Sizes, "dict is wanted"),
    (3, Callable[[], int], "Callable"),
    ([1], pd.DataFrame, "DataFrame is wanted"),
    (90, dt.timedelta, "timedelta is wanted"),
    (3, str, "str is wanted"),
    (None, int, "is None, but int is wanted"),
    (None, float, "is None, but float is wanted"),
    ("x", int | None, r"but int \| None is wanted"),
    ("atuo", Literal["auto", 3], "Did you mean auto"),
    (True, Literal[1], "is wanted"),
    ("abc", list[int], "list"),
    (["a"], list[int], "int is wanted"),
    ([1], tuple[int, int], "tuple"),
    ([1], dict, "dict is wanted"),
    ({"a": "b"}, dict[str, int], "int is wanted"),
    ("soon", dt.date, "date is wanted"),
    (dt.datetime(2026, 1, 1), dt.date, "date is wanted"),  # noqa: DTZ001
    (3, Path, "Path is wanted"),
    ("x", decimal.Decimal, "Decimal is wanted"),
    ("BLUE", Colour, "Colour is wanted"),
]


class May(enum.Flag):
    READ = 1
    WRITE = 2


TEXTS = [
    ("001", int, 1),
    ("001", str, "001"),
    (" 1_000 ", int, 1000),
    ("3", float, 3.0),
    ("inf", float, float("inf")),
    ("yes", bool, True),
    ("False", bool, False),
    ("null", int | None, None),
    ("None", str | None, None),
    ("none", str | None, "none"),
    ("001", int | str, "001"),
    ("1", str | int, 1),
    ("1.10", float | str, "1.10"),
    ("2026-11-23", str | dt.date, DAY),
    ("2026-11-23", dt.datetime | dt.date, DAY),
    ("2026-11-23", dt.datetime, dt.datetime(2026, 11, 23)),  # noqa: DTZ001
    ("2026-11-23T10:00+02:00", dt.datetime, dt.datetime(2026, 11, 23, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))),
    ("90min", dt.timedelta, dt.timedelta(hours=1.5)),
    ("-1 day, 12:00:00", dt.timedelta, dt.timedelta(hours=-12)),
    ("-01:30", dt.timedelta, dt.timedelta(hours=-1.5)),
    ("P1DT12H", dt.timedelta, dt.timedelta(days=1.5)),
    (" a b.csv", Path, Path(" a b.csv")),
    ("a.csv", Path | str, "a.csv"),
    ("1.10", decimal.Decimal, decimal.Decimal("1.10")),
    ("1/3", fractions.Fraction, fractions.Fraction(1, 3)),
    ("RED", Colour, Colour.RED),
    ("Colour.RED", Colour, Colour.RED),
    ("r", Colour, Colour.RED),
    ("READ|WRITE", May, May.READ | May.WRITE),
    ("3", Literal["auto", 3], 3),
    ("3", Literal["3", 3], "3"),
    ("true", Literal["auto", True], True),
    ("300", np.int16, np.int16(300)),
    ("1, 2", list[int], [1, 2]),
    ("001", list[str], ["001"]),
    ("", list[int], []),
    ("[001, '002', 3]", list[str], ["001", "002", "3"]),
    ("[null, 'null', a]", list[str | None], [None, "null", "a"]),
    ("[2026-01-03, 2026-11-23]", list[dt.date], [dt.date(2026, 1, 3), DAY]),
    ('["a", "b"]', set[str], {"a", "b"}),
    ("{a b, c}", set[str], {"a b", "c"}),
    ("(1, a)", tuple[int, str], (1, "a")),
    ("(001, 2)", tuple[int, ...], (1, 2)),
    ("{a: 1, b: 2}", dict[str, int], {"a": 1, "b": 2}),
    ('{"a": [1.10]}', dict[str, list[decimal.Decimal]], {"a": [decimal.Decimal("1.10")]}),
    ("a", list[str] | str, "a"),
    ("[a]", list[str] | str, ["a"]),
    ("3", Any, 3),
    ("EWR", Any, "EWR"),
    ("[1, EWR, '1', {a: null}]", Any, [1, "EWR", "1", {"a": None}]),
    ("[draft", Any, "[draft"),
]

BAD_TEXTS = [
    ("1.0", int, "is '1.0', but int is wanted"),
    ("1e3", int, "int is wanted"),
    ("1", bool, "bool is wanted"),
    ("1e999", float, "float is wanted"),
    ("x", int | None, r"int \| None is wanted"),
    ("2026-11-31", dt.date, "date is wanted"),
    ("2026-11-23T10:00", dt.date, "date is wanted"),
    ("5", dt.timedelta, "timedelta is wanted"),
    ("5 parsecs", dt.timedelta, "timedelta is wanted"),
    ("GREEN", Colour, r"Colour is wanted \(one of RED\)"),
    ("REED", Colour, "Did you mean RED"),
    ("atuo", Literal["auto", 3], "Did you mean auto"),
    ("300", np.int8, "int8 is wanted"),
    ("1, x", list[int], "is 'x', but int is wanted"),
    ("[1, 2", list[int], r"list\[int\] is wanted"),
    ("[" * 600 + "]" * 600, list, "list is wanted"),
    ("a=1", dict[str, int], r"is 'a=1', but dict\[str, int\] is wanted"),
    ("{a: 1, a: 2}", dict[str, int], "dict"),
    ("{a b: 1, a b: 2}", dict[str, int], "dict"),
    ("(1, 2, 3)", tuple[int, int], r"is '\(1, 2, 3\)', but tuple\[int, int\] is wanted"),
    ("001", Any, "may be a number or a text: its type must be annotated"),
    ("1e5", Any, "may be a number or a text"),
    ("1e300", np.float32, "float32 is wanted"),
    ("NaT", np.datetime64, "datetime64 is wanted"),
    ("", pd.Timestamp, "Timestamp is wanted"),
    ("5", pd.Timestamp, "Timestamp is wanted"),
    ("x", bytes, "bytes is wanted"),
    ("x", pd.DataFrame, "DataFrame is wanted"),
]


@pytest.mark.parametrize(("text", "wanted", "converted"), TEXTS)
def test_a_text_becomes_what_its_letters_spell(text, wanted, converted):
    result = convert(Text(text), wanted)
    assert result == converted
    assert type(result) is type(converted)


@pytest.mark.parametrize(("text", "wanted", "message"), BAD_TEXTS)
def test_a_text_that_spells_no_such_value_is_told(text, wanted, message):
    with pytest.raises(Mismatch, match=message):
        convert(Text(text), wanted)


@pytest.mark.parametrize(
    ("value", "wanted", "at"),
    [
        ([1, "x"], list[int], "[1]"),
        ({"a": [1, None]}, dict[str, list[int]], "['a'][1]"),
        ((1, 2), tuple[int, str], "[1]"),
        ("x", int, ""),
    ],
)
def test_the_part_that_does_not_fit_is_named(value, wanted, at):
    with pytest.raises(Mismatch) as raised:
        convert(value, wanted)
    assert raised.value.at == at


@pytest.mark.parametrize(("value", "wanted", "converted"), GOOD)
def test_a_value_becomes_what_is_annotated(value, wanted, converted):
    result = convert(value, wanted)
    assert result == converted
    assert type(result) is type(converted)


@pytest.mark.parametrize(("value", "wanted", "message"), BAD)
def test_a_value_of_another_type_is_told(value, wanted, message):
    with pytest.raises(Mismatch, match=message):
        convert(value, wanted)


def test_all_that_is_wrong_is_told_at_once(project):
    project.write("params.yaml", "flights: {late_after: '30', rate: [1], day: 2026-11-23}\n")
    project.write(
        "flights/steps/clean.py",
        "import datetime as dt\ndef clean(*, late_after: int, rate: float, seed: int, day: dt.date): ...\n",
    )
    with pytest.raises(ProjectBroken) as raised:
        given(project, "late_after", "rate", "seed", "day")
    assert str(raised.value) == (
        "3 parameters of flights.clean are not what the step takes: "
        "params.yaml: flights.late_after is '30' (str), but int is wanted; "
        "params.yaml: flights.rate is [1] (list), but float is wanted; "
        "params.yaml: flights.seed is missing. Mend the value there"
    )


def test_a_section_a_json_and_a_toml_file_feed_arguments_too(project):
    project.write("flights/steps/clean.py", "def clean(flights, *, a: int, late_after: int, day='x'): ...\n")
    project.write("more.json", '{"a": 3}')
    project.write("more.toml", 'day = "2026-11-23"\n')
    listed = "params: [flights, more.json: [a], more.toml: ]"
    assert given(project, params=listed) == {"late_after": 30, "a": 3, "day": "2026-11-23"}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("params: [gone.yaml: [a]]", r"gone\.yaml is missing"),
        ("params: [broken.yaml: [a]]", r"broken\.yaml, line 1 is not valid YAML"),
        ("params: [broken.json: [a]]", r"broken\.json cannot be read"),
        ("params: [conf.py: [a]]", r"takes parameters from conf\.py; a step reads YAML, JSON or TOML only"),
    ],
)
def test_a_parameter_file_that_cannot_be_read_is_named(project, params, message):
    project.write("broken.yaml", "a: [")
    project.write("broken.json", "{")
    project.write("conf.py", "a = 1")
    with pytest.raises(ProjectBroken, match=message):
        given(project, params=params)


def given(project, *keys: str, params: str = "") -> dict[str, Any]:
    listed = params or f"params: [{', '.join(f'flights.{key}' for key in keys)}]"
    stage = wiring.parse(f"stages: {{clean: {{cmd: nbprod step flights.clean, {listed}}}}}", project.root).stages[0]
    return arguments(stage, functions.find("flights.clean", project.root), project.root, fed=["flights"])
