"""The injected cell, as a reader of the executed notebook sees it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbprod.errors import ParametersRefused
from nbprod.run.parameters import Mismatch, from_data, from_text, injected

DAY = dt.date(2026, 11, 23)
ALIASED = ["from datetime import date as _date", "", "x = _date(2026, 11, 23)"]
SPAN = "from datetime import timedelta"


def lines(declarations, **values):
    cell = injected(declarations, values)
    assert cell.startswith("# Parameters\n")
    return cell.splitlines()[1:]


def test_annotations_and_comments_of_the_parameters_cell_stay(declared_in):
    declarations = declared_in(
        "from datetime import date\nfrom typing import Literal",
        "code: str = '001'  # of the store\nday: date | None = None\nhow: Literal['a#', \"b\"] = 'b'  # '#'\nlate = 30",
    )
    values = from_text(declarations, {"late": "60", "day": "2026-11-23", "how": "a#", "code": "002"})
    assert lines(declarations, **values) == [
        'code: str = "002"  # of the store',
        "day: date | None = date(2026, 11, 23)",
        'how: Literal["a#", "b"] = "a#"  # \'#\'',
        "late = 60",
    ]


@pytest.mark.parametrize(
    ("before", "value", "written"),
    [
        ("import datetime as dt", DAY, ["x = dt.date(2026, 11, 23)"]),
        ("from datetime import date as Day", DAY, ["x = Day(2026, 11, 23)"]),
        ("from datetime import *", DAY, ["x = date(2026, 11, 23)"]),
        ("try:\n    from datetime import date\nexcept ImportError: ...", DAY, ["x = date(2026, 11, 23)"]),
        ("", DAY, ["from datetime import date", "", "x = date(2026, 11, 23)"]),
        ("from datetime import date\ndate = date(1, 1, 1)", DAY, ALIASED),
        ("from datetime import date\ndel date", DAY, ALIASED),
        ("date = 3", [DAY], ["from datetime import date as _date", "", "x = [_date(2026, 11, 23)]"]),
        ("import pathlib", Path("a"), ['x = pathlib.Path("a")']),
        ("", Path("a"), ["from pathlib import Path", "", 'x = Path("a")']),
        ("import numpy as np", np.float32(0.1), ["x = np.float32(0.1)"]),
        ("", np.int64(3), ["import numpy as np", "", "x = np.int64(3)"]),
        ("", pd.Timestamp(DAY), ["import pandas as pd", "", 'x = pd.Timestamp("2026-11-23 00:00:00")']),
        ("", dt.timedelta(-1, 5401), [SPAN, "", "x = timedelta(days=-1, hours=1, minutes=30, seconds=1)"]),
        ("", float("nan"), ['x = float("nan")']),
        ("", {"b", "a"}, ['x = {"a", "b"}']),
        ("", set(), ["x = set()"]),
        ("", ("a",), ['x = ("a",)']),
        ("", frozenset({1}), ["x = frozenset({1})"]),
    ],
)  # fmt: skip
def test_a_value_is_written_with_the_names_that_stand_there(declared_in, before, value, written):
    assert lines(declared_in(before, "x = None"), x=value) == written


def test_what_is_imported_below_the_parameters_is_not_relied_on(declared_in):
    declarations = declared_in(("x = None", "parameters"), "from datetime import date")
    assert lines(declarations, x=DAY) == ALIASED


def test_an_annotation_whose_name_the_parameters_take_is_left_out(declared_in):
    declarations = declared_in("from datetime import date\ndate: date = date(2026, 1, 1)")
    assert lines(declarations, date=DAY) == ["from datetime import date as _date", "", "date = _date(2026, 11, 23)"]


def test_an_enum_of_the_notebook_is_written_by_its_name(declared_in):
    declarations = declared_in("import enum\nclass Kind(enum.Enum):\n    ROAD = 'r'", "kind: Kind = Kind.ROAD")
    assert lines(declarations, **from_text(declarations, {"kind": "r"})) == ["kind: Kind = Kind.ROAD"]


def test_what_is_long_is_laid_out_an_item_a_line(declared_in):
    stores = [f"store number {number}" for number in range(5)]
    assert lines(declared_in("stores: list[str] = []  # all"), stores=stores) == [
        "stores: list[str] = [",
        *(f'    "store number {number}",' for number in range(5)),
        "]  # all",
    ]


def test_what_no_code_makes_is_refused_before_anything_runs(declared_in):
    declarations = declared_in("x = None")
    with pytest.raises(ParametersRefused, match="x is a DataFrame, which cannot be written into a cell"):
        from_data(declarations, {"x": pd.DataFrame()})
    with pytest.raises(Mismatch):
        injected(declarations, {"x": object()})
