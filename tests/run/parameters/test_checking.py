"""Values held to a notebook's declarations."""

from __future__ import annotations

import datetime as dt

import pytest

from nbprod.errors import ParametersRefused, UsageError
from nbprod.run.parameters import Text, from_data, from_text

CELL = """\
from datetime import date
code: str = "001"
late_after = 30  # minutes
day: date = date(2026, 11, 23)
rate: float | None = None
"""


def test_text_becomes_what_is_declared(declared_in):
    values = from_text(declared_in(CELL), {"day": "2026-11-24", "code": "001", "late_after": "001", "rate": "1"})
    assert values == {"code": "001", "late_after": 1, "day": dt.date(2026, 11, 24), "rate": 1.0}
    assert list(values) == ["code", "late_after", "day", "rate"]


def test_typed_data_keeps_its_types(declared_in):
    given = {"code": "001", "late_after": 1, "day": "2026-11-24", "rate": None}
    assert from_data(declared_in(CELL), given) == {**given, "day": dt.date(2026, 11, 24)}


def test_both_may_come_together(declared_in):
    assert from_data(declared_in(CELL), {"code": "1", "late_after": Text("1")}) == {"code": "1", "late_after": 1}


def test_all_faults_are_told_at_once(declared_in):
    with pytest.raises(ParametersRefused) as raised:
        from_text(declared_in(CELL), {"late_aftr": "1", "late_after": "0.5", "day": "soon", "colour": "red"})
    assert isinstance(raised.value, UsageError)
    assert raised.value.faults == (
        "late_aftr is no parameter of the notebook. Did you mean late_after?",
        "colour is no parameter of the notebook. It has code, late_after, day, rate",
        "late_after is '0.5', but int is wanted, as in its default 30 (annotate it for others: late_after: float = 30)",
        "day is 'soon', but date is wanted",
    )
    assert str(raised.value).startswith("4 parameters are not what flights.ipynb takes: \n  late_aftr is no parameter")


def test_one_fault_stands_in_one_line(declared_in):
    with pytest.raises(ParametersRefused) as raised:
        from_data(declared_in(CELL), {"late_after": "1"})
    assert "\n" not in str(raised.value)


def test_a_notebook_without_parameters_says_what_to_tag(declared_in):
    declarations = declared_in(("a = 1", "other"))
    assert from_text(declarations, {}) == {}
    with pytest.raises(ParametersRefused, match="No cell has the tag 'parameters': give it to the cell that assigns"):
        from_text(declarations, {"a": "1"})


def test_a_parameter_that_is_computed_from_one_that_is_given_would_be_stale(declared_in):
    declarations = declared_in("minutes = 30\nseconds = minutes * 60")
    with pytest.raises(ParametersRefused, match="seconds is computed from minutes within the parameters cell"):
        from_text(declarations, {"minutes": "1"})
    assert from_text(declarations, {"minutes": "1", "seconds": "60"}) == {"minutes": 1, "seconds": 60}
    assert from_text(declarations, {"seconds": "60"}) == {"seconds": 60}


def test_what_has_no_value_must_be_given(declared_in):
    declarations = declared_in("a = 1\nstore: str\nb = 2")
    assert declarations.names == ("store", "a", "b")
    assert from_text(declarations, {"store": "001"}) == {"store": "001"}
    with pytest.raises(ParametersRefused, match="store must be given: the parameters cell has no value for it"):
        from_text(declarations, {"a": "1"})


def test_an_annotation_that_means_no_type_matters_to_who_gives_a_value_for_it(declared_in):
    declarations = declared_in("a: Nowhere = 1\nb = 2")
    assert from_text(declarations, {"b": "3"}) == {"b": 3}
    with pytest.raises(ParametersRefused, match="a cannot be given: its annotation Nowhere is unknown, for nothing"):
        from_text(declarations, {"a": "3"})
