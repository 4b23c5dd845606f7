"""Laws of parameters: what is written for a value leads back to it, for every type that a notebook may annotate."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zoneinfo
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbprod.adapters import yaml
from nbprod.errors import ParametersRefused
from nbprod.project.parameters import declared
from nbprod.run.parameters import from_data, from_text, injected, plain, text_of

from .conftest import notebook_of

IMPORTS = """\
import datetime as dt
import enum
import numpy as np, pandas as pd
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Optional
from uuid import UUID
"""
CLASSES = """\
class Kind(enum.Enum):
    ROAD = "r"
    RAIL = 2

class Grade(enum.IntEnum):
    LOW = 1
    HIGH = 2

class May(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
"""
SPACE: dict = {}
exec(IMPORTS + CLASSES, SPACE)
texts = st.text(st.characters(exclude_categories=["Cs"]))
ints = st.integers(-(10**25), 10**25)
floats = st.floats()
dates = st.dates()
zones = st.none() | st.just(dt.UTC) | st.integers(-1439, 1439).map(lambda each: dt.timezone(dt.timedelta(minutes=each)))
moments = st.datetimes(timezones=zones)
paths = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\0"), max_size=20).map(Path)
decimals = st.decimals(allow_nan=False)
kinds = {name: st.sampled_from(list(SPACE[name])) for name in ("Kind", "Grade")}
flags = st.sampled_from([SPACE["May"].READ, SPACE["May"].READ | SPACE["May"].WRITE])
units = st.sampled_from(["D", "s", "ms", "us"])
stamps = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1), timezones=zones).map(pd.Timestamp)  # noqa: DTZ001
spans = st.timedeltas(dt.timedelta(-9999), dt.timedelta(9999))

TYPES = {
    "bool": st.booleans(),
    "int": ints,
    "float": floats,
    "complex": st.complex_numbers(),
    "str": texts,
    "None": st.none(),
    "Any": st.none() | st.booleans() | st.integers(0, 9) | st.lists(texts | ints),
    "int | None": ints | st.none(),
    "'None | date'": dates | st.none(),
    "Optional[float]": floats | st.none(),
    "int | str": ints | st.sampled_from(["EWR", "001", "1.5", "[draft", ""]),
    "bool | int": st.booleans() | ints,
    "Literal['a', 'b', 3, True]": st.sampled_from(["a", "b", 3, True]),
    "date": dates,
    "dt.datetime": moments,
    "dt.datetime | date": moments | dates,
    "dt.time": st.times(timezones=zones),
    "timedelta": st.timedeltas(),
    "Path": paths,
    "PurePosixPath": paths.map(PurePosixPath),
    "Decimal": decimals,
    "Fraction": st.fractions(),
    "UUID": st.uuids(),
    "Kind": kinds["Kind"],
    "Grade": kinds["Grade"],
    "May": flags,
    "Kind | None": kinds["Kind"] | st.none(),
    "np.int8": st.integers(-128, 127).map(np.int8),
    "np.int64": st.integers(-(2**63), 2**63 - 1).map(np.int64),
    "np.float32": st.floats(width=32).map(np.float32),
    "np.float64": floats.map(np.float64),
    "np.bool_": st.booleans().map(np.bool_),
    "np.str_": texts.filter(lambda each: "\0" not in each).map(np.str_),  # numpy drops them where they end a text
    "np.complex128": st.complex_numbers().map(np.complex128),
    "np.datetime64": st.builds(np.datetime64, st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 1, 1)), units),  # noqa: DTZ001
    "np.timedelta64": spans.map(np.timedelta64),
    "pd.Timestamp": stamps,
    "pd.Timedelta": spans.map(pd.Timedelta),
    "list": st.lists(texts | ints),
    "list[int]": st.lists(ints),
    "list[str]": st.lists(texts),
    "list[str | None]": st.lists(texts | st.none()),
    "list[date]": st.lists(dates),
    "list[list[float]]": st.lists(st.lists(floats)),
    "tuple[int, str]": st.tuples(ints, texts),
    "tuple[float, ...]": st.lists(floats).map(tuple),
    "tuple[()]": st.just(()),
    "set[str]": st.sets(texts),
    "set[Kind]": st.sets(kinds["Kind"]),
    "frozenset[int]": st.frozensets(ints),
    "set[tuple[int, int]]": st.sets(st.tuples(ints, ints)),
    "dict[str, float]": st.dictionaries(texts, floats),
    "dict[date, list[Decimal]]": st.dictionaries(dates, st.lists(decimals)),
    "dict[tuple[int, int], Path]": st.dictionaries(st.tuples(ints, ints), paths),
    "dict[str, dict[str, set[timedelta]]]": st.dictionaries(
        texts, st.dictionaries(texts, st.sets(st.timedeltas(), max_size=2), max_size=2), max_size=2
    ),
}
DECLARED = {annotation: declared(notebook_of(IMPORTS, CLASSES, f"x: {annotation} = None")) for annotation in TYPES}
BARE = declared(notebook_of("import enum\n" + CLASSES, "x = None"))
every_type = pytest.mark.parametrize("annotation", TYPES)
often = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@every_type
@often
@given(data=st.data())
def test_text_yaml_and_the_injected_cell_lead_back_to_the_value(annotation, data):
    declarations = DECLARED[annotation]
    value = own(data.draw(TYPES[annotation]), declarations)
    space = dict(SPACE)
    exec(injected(declarations, {"x": value}), space)
    assert is_same(space["x"], value)
    assert is_same(from_text(declarations, {"x": text_of(value)})["x"], value)
    assert is_same(from_data(declarations, {"x": through_yaml(plain(value))})["x"], value)
    assert is_same(from_data(declarations, {"x": value})["x"], value)  # what fits is left alone


odd = st.text(st.sampled_from("0123456789-+.:,_ TZPDeEx[](){}'\"#&*!|nulltrue\0\n")) | texts
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd | dates | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd, inner, max_size=3),
    max_leaves=6,
)


@every_type
@often
@given(given=odd | json)
def test_whatever_is_given_is_refused_or_is_of_the_type(annotation, given):
    declarations = DECLARED[annotation]
    for read in (from_text, from_data) if isinstance(given, str) else (from_data,):
        try:
            values = read(declarations, {"x": given})
        except ParametersRefused:
            continue
        assert is_same(from_data(declarations, values)["x"], values["x"])
        exec(injected(declarations, values), dict(SPACE))


@every_type
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_the_injected_cell_needs_no_name_that_the_notebook_has_not(annotation, data):
    """Without an annotation and without an import: what the types of its values need, it brings along."""
    value = own(data.draw(TYPES[annotation]), BARE)
    space = {name: SPACE[name] for name in ("Kind", "Grade", "May")}
    exec(injected(BARE, {"x": value}), space)
    assert is_same(space["x"], value)


@pytest.mark.slow
def test_the_injected_cell_is_laid_out_as_ruff_does(tmp_path):
    cells = []

    @settings(max_examples=150, deadline=None, database=None)
    @given(data=st.data(), annotation=st.sampled_from(sorted(TYPES)))
    def collect(data, annotation):
        cells.append(injected(DECLARED[annotation], {"x": data.draw(TYPES[annotation])}))

    collect()
    for number, cell in enumerate(each for each in cells if each.isascii()):  # ruff knows how wide a letter looks
        (tmp_path / f"{number}.py").write_text(cell + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "88", "--diff", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def own(value, declarations):
    """The value with the enums that the declarations know: the notebook's classes are made anew to be looked at."""
    if type(value).__name__ in ("Kind", "Grade", "May"):
        return declarations.scope.value(type(value).__name__, declarations.place)(value.value)
    return {own(each, declarations) for each in value} if type(value) is set else value


def through_yaml(value):
    return yaml.parse(f"x: {written(value)}", "params.yaml")["x"]


def written(value):
    """YAML in the plainest form: ruamel's own writer has faults with odd characters and long lines."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"? {written(key)} : {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08x}" for each in value) + '"'
    special = {"nan": ".nan", "inf": ".inf", "-inf": "-.inf", "None": "null", "True": "true", "False": "false"}
    return special.get(repr(value), repr(value))


def is_same(one, other):
    """Whether both are equal, of one type down to their parts, and as Python prints them."""
    if type(one) is not type(other):
        return type(one).__name__ in ("Kind", "Grade", "May") and one.name == other.name
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, set):
        return {getattr(each, "name", each) for each in one} == {getattr(each, "name", each) for each in other}
    is_number = isinstance(one, float | complex | np.inexact)
    return repr(one) == repr(other) if is_number and np.isnan(one) else bool(one == other)


def test_a_zone_by_name_stays():
    berlin = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"), fold=1)
    space = dict(SPACE)
    exec(injected(DECLARED["dt.datetime"], {"x": berlin}), space)
    assert (repr(space["x"]), str(space["x"])) == (repr(berlin), str(berlin))
