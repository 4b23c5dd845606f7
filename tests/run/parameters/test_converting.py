"""Parameters are held to the annotations of the step's function."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import numpy as np
import pandas as pd
import pytest

from nbprod.errors import ProjectBroken
from nbprod.run import functions, wiring
from nbprod.run.parameters import Mismatch, arguments, convert


class Colour(enum.Enum):
    RED = "r"


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
]

BAD = [
    ("30", int, r"is '30' \(str\), but int is wanted"),
    (True, int, r"is True \(bool\), but int is wanted"),
    (True, float, "float is wanted"),
    (1, bool, "bool is wanted"),
    (0.5, int, "int is wanted"),
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
