"""What papermill has injected is looked at before it runs; papermill's own code writes the cells."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from papermill.cli import _resolve_type
from papermill.translators import PythonTranslator

from nbprod.run.parameters import checked_injection

PARAMETERS = """\
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
day: date = date(2026, 1, 1)  # to look at
code: str = "001"
late_after = 30
rate: float = 0.5
size: tuple[int, int] = (1, 2)
stores: set[str] = {"a"}
path = Path("a.csv")
price = Decimal("1.10")
mode: Literal["fast", "slow"] = "fast"
wait: timedelta | None = None
anything = None
"""


ADVICE = "(annotate it for others: late_after: float = 30)"


@pytest.fixture
def checked(declared_in):
    """What is said of the cell that papermill injects for the values."""

    def look(*cells, **values):
        source = PythonTranslator.codify(values)
        return checked_injection(
            declared_in(*cells or [(PARAMETERS, "parameters")], (source, "injected-parameters")), source
        )

    return look


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"day": "2026-11-23"}, "day: date = date(2026, 11, 23)  # to look at"),
        ({"day": dt.date(2026, 11, 23)}, "day: date = date(2026, 11, 23)  # to look at"),
        ({"size": (3, 4)}, "size: tuple[int, int] = (3, 4)"),
        ({"size": [3, 4]}, "size: tuple[int, int] = (3, 4)"),
        ({"stores": {"b"}}, 'stores: set[str] = {"b"}'),
        ({"path": Path("b.csv")}, 'path = Path("b.csv")'),
        ({"price": Decimal("2.20")}, 'price = Decimal("2.20")'),
        ({"wait": dt.timedelta(hours=1)}, "wait: timedelta | None = timedelta(hours=1)"),
        ({"late_after": "60"}, "late_after = 60"),  # -r late_after 60
    ],
)
def test_what_papermill_made_a_text_is_what_is_declared(checked, given, line):
    assert checked(**given).source.splitlines() == ["# Parameters", line]


def test_what_fits_is_left_as_papermill_wrote_it(checked):
    found = checked(code="002", late_after=3, rate=1, mode="slow", wait=None, anything="001")
    assert found.source == PythonTranslator.codify(
        {"code": "002", "late_after": 3, "rate": 1, "mode": "slow", "wait": None, "anything": "001"}
    )
    assert (found.faults, found.notes) == ((), ())


def test_all_that_does_not_fit_is_told(checked):
    found = checked(code=_resolve_type("001"), late_after=0.5, mode="fats", day="soon")
    assert found.faults == (
        "code is 1 (int), but str is wanted. papermill makes numbers of what looks like one: give it with -r code TEXT",
        "late_after is 0.5 (float), but int is wanted, as in its default 30 " + ADVICE,
        "mode is 'fats' (str), but Literal['fast', 'slow'] is wanted (Did you mean fast?)",
        "day is 'soon' (str), but date is wanted",
    )  # fmt: skip


def test_an_unknown_name_stays_and_is_noted_as_papermill_warns_of_it_only(checked):
    found = checked(late_aftr=3, day="2026-11-23")
    assert found.notes == ("late_aftr is no parameter of the notebook. Did you mean late_after?",)
    assert found.source.splitlines()[-1] == "late_aftr = 3"
    assert checked(("a = 1", "other"), b=2).faults == ()


def test_a_second_parameters_cell_would_undo_what_papermill_injects(declared_in):
    source = PythonTranslator.codify({"a": 5})
    found = checked_injection(
        declared_in(("a = 1", "parameters"), (source, "injected-parameters"), ("a = 2", "parameters")), source
    )
    assert "a would be set again by cell 2" in found.faults[0]


@pytest.mark.parametrize("source", ["a = b", "%%bash\nls", "def f(:", ""])
def test_another_cell_than_papermills_is_left_alone(declared_in, source):
    assert checked_injection(declared_in("a = 1"), source).source == source


def test_other_comments_than_papermills_stay(declared_in):
    source = PythonTranslator.codify({"day": "2026-11-23", "n": float("nan")}, comment="Set by the night's run")
    found = checked_injection(declared_in("from datetime import date\nday: date = date(2026, 1, 1)\nn = 0.5"), source)
    assert found.source.splitlines() == [
        "# Set by the night's run",
        "day: date = date(2026, 11, 23)",
        'n = float("nan")',
    ]
