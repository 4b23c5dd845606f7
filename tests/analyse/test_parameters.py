"""Defaults that are written out, and those that are computed."""

from __future__ import annotations

import pytest

WRITTEN = [
    "a = date(2026, 11, 23)",
    "a: dt.date | None = dt.date(2026, 11, 23)",
    "a = date.fromisoformat('2026-11-23')",
    "a = Path('raw') / 'flights' / 'a.csv'",
    "a = pathlib.Path('raw')",
    "a = timedelta(hours=-2)",
    "a = Decimal('1.10')",
    "a: list[date] = [date(2026, 11, 23)]",
    "a: dict[str, Path] = {'x': Path('y')}",
    "a, b = date(2026, 11, 23), 3",
]
COMPUTED = [
    "a = date.today()",
    "a = date(2026, month, 1)",
    "a = Path('raw') / name",
    "a = Path.cwd() / 'raw'",
    "a = date(2026, 11, 23) + timedelta(days=1)",
    "a = [date(2026, 11, 23)]",
    "a: dict = {**other}",
    "a: list = [f(3)]",
    "a = own.date(2026, 11, 23)",
]


@pytest.mark.parametrize("line", WRITTEN)
def test_a_day_a_path_or_a_decimal_that_is_written_out_is_no_computed_value(graph_from, line):
    assert codes(graph_from, line) == []


@pytest.mark.parametrize("line", COMPUTED)
def test_what_a_file_cannot_hold_is_computed(graph_from, line):
    assert codes(graph_from, line) == ["NB210"]


def test_their_types_are_what_they_make(graph_from):
    found = graph_from("# tag: parameters\na = date(2026, 11, 23)\nb = dt.date(2026, 11, 23)\nc = Path('x') / 'y'")
    assert [each.type for each in found.parameters] == ["date", "dt.date", "Path"]


def test_annotations_are_spelled_as_the_cell_has_them(graph_from):
    lines = "a: Literal[\"x\",  'y'] = 'x'", 'b: dict[\n  "K", int\n] = {}'
    found = graph_from("# tag: parameters\n" + "\n".join(lines))
    assert [each.annotation for each in found.parameters] == ["Literal[\"x\",  'y']", "dict['K', int]"]


def test_what_papermill_has_injected_are_the_parameters_of_that_notebook(graph_from):
    cells = "# tag: parameters\na: int = 1\nb = 2", "# tag: injected-parameters\n# Parameters\na: int = 3"
    found = graph_from(*cells, "%%step s --outs x\nx = a + b")
    assert [(each.name, each.default) for each in found.parameters] == [("a", "3"), ("b", "2")]
    assert found.diagnostics == ()


def codes(graph_from, line):
    found = graph_from(f"# tag: parameters\n{line}", "%%step s --outs x\nx = 3")
    return [each.code for each in found.diagnostics if each.code == "NB210"]
