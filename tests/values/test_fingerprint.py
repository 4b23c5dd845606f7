from __future__ import annotations

import datetime as dt
import enum
import functools
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from nbprod.values import describe, fingerprint, load, save

X = np.random.default_rng(0).normal(size=(80, 3))
y = (X[:, 0] > 0).astype(int)


def digest(value):
    seen = fingerprint(value)
    assert seen.digest, seen.why
    return seen.digest


def opened():
    return Path("/dev/null").open()


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Settings:
    rate: float = 0.1
    names: list[str] = field(default_factory=list)


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


class Lazy:
    def __init__(self, n):
        self.n = n

    @functools.cached_property
    def square(self):
        return self.n**2


def closing_over(n):
    return lambda x: x + n


BASE = pd.DataFrame({"a": [1, 2, 3], "t": ["x", None, "y"], "f": [0.5, np.nan, 1.0]})
WIDE = np.arange(60.0).reshape(20, 3)

SAME = [
    ("column-major", WIDE, np.asfortranarray(WIDE)),
    ("strided", WIDE[:, 1], WIDE[:, 1].copy()),
    ("reversed twice", WIDE[::-1][::-1], WIDE),
    ("frame over rows", pd.DataFrame(WIDE), pd.DataFrame({n: WIDE[:, n].copy() for n in range(3)}, columns=range(3))),
    ("copied frame", BASE, BASE.copy()),
    ("joined frame", pd.concat([BASE[:1], BASE[1:]]).set_axis([0, 1, 2]), BASE.set_axis([0, 1, 2])),
    ("sets", {"a", "b", "c"}, {"c", "b", "a"}),
    ("shared parts", [(row := [1]), row], [[1], [1]]),
    ("levels left over", BASE.set_index(["t", "a"])[:1], BASE[:1].set_index(["t", "a"])),
    ("under the mask", pd.arrays.IntegerArray(np.array([1, 5]), np.array([False, True])), pd.array([1, None], "Int64")),
    ("under numpy's mask", np.ma.array([1, 5], mask=[0, 1]), np.ma.array([1, 7], mask=[0, 1])),
    ("order of attributes", Settings(1, ["a"]), Settings(rate=1, names=["a"])),
    ("lambdas of one text", closing_over(1), closing_over(1)),
]

DIFFERENT = [
    ("cell", BASE, BASE.assign(a=[1, 2, 4])),
    ("text", BASE, BASE.assign(t=["x", None, "z"])),
    ("gap", BASE, BASE.assign(t=["x", "", "y"])),
    ("dtype", BASE, BASE.astype({"a": "int32"})),
    ("name of a column", BASE, BASE.rename(columns={"a": "b"})),
    ("order of columns", BASE, BASE[["t", "a", "f"]]),
    ("order of rows", BASE, BASE[::-1]),
    ("index", BASE, BASE.set_index(pd.Index([0, 1, 3]))),
    ("index name", BASE, BASE.rename_axis("i")),
    ("attrs", BASE, BASE.copy().pipe(lambda d: (d.attrs.update(a=1), d)[1])),
    ("category order", pd.Series(pd.Categorical(["a"], ["a", "b"])), pd.Series(pd.Categorical(["a"], ["b", "a"]))),
    ("ordered", pd.Series(pd.Categorical(["a"])), pd.Series(pd.Categorical(["a"], ordered=True))),
    ("time zone", pd.Series(pd.to_datetime(["2024"]).tz_localize("UTC")), pd.Series(pd.to_datetime(["2024"]))),
    (
        "frequency",
        pd.date_range("2024", periods=3, freq="D"),
        pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-03"]),
    ),
    ("None and NaN", np.array(["a", None], object), np.array(["a", np.nan], object)),
    ("shape", np.arange(6), np.arange(6).reshape(2, 3)),
    ("width", np.arange(6, dtype="i4"), np.arange(6, dtype="i8")),
    ("1 and 1.0", 1, 1.0),
    ("1 and True", [1], [True]),
    ("text and bytes", "a", b"a"),
    ("where texts part", ["ab", "c"], ["a", "bc"]),
    ("nesting", [[1], 2], [1, [2]]),
    ("tuple and list", (1,), [1]),
    ("order in a dict", {"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ("set and frozenset", {1}, frozenset({1})),
    ("enum", Colour.RED, Colour.BLUE),
    ("dataclass", Settings(0.1), Settings(0.2)),
    ("slots", Slotted(1), Slotted(2)),
    ("closure", closing_over(1), closing_over(2)),
    ("code", lambda x: x + 1, lambda x: x + 2),
    ("default", lambda x=1: x, lambda x=2: x),
    ("class", int, float),
    ("module", np, pd),
    ("generator's state", np.random.default_rng(1), np.random.default_rng(2)),
    ("estimator's setting", LogisticRegression(C=1), LogisticRegression(C=2)),
    ("estimator's coefficients", LogisticRegression().fit(X, y), LogisticRegression().fit(X + 1, y)),
]


@pytest.mark.parametrize(("left", "right"), [pytest.param(*each[1:], id=each[0]) for each in SAME])
def test_equal_content_has_one_digest(left, right):
    assert digest(left) == digest(right)


@pytest.mark.parametrize(("left", "right"), [pytest.param(*each[1:], id=each[0]) for each in DIFFERENT])
def test_other_content_has_another_digest(left, right):
    assert digest(left) != digest(right)


READINGS = [
    (
        "frame",
        BASE,
        lambda d: (d.describe(), d.index.is_unique, d.columns.get_loc("a"), d["a"].sum(), d.info()),
    ),
    ("index", pd.Index(["a", "b"]), lambda i: (i.is_unique, i.get_loc("b"), i.is_monotonic_increasing)),
    ("levels", BASE.set_index(["a", "t"]), lambda d: (d.index.is_unique, d.loc[1], d.index.get_level_values(0))),
    ("dates", pd.Series(pd.date_range("2024", periods=3)), lambda s: (s.dt.year, s.is_unique)),
    ("groups", BASE.groupby("a"), lambda g: (g.mean(numeric_only=True), g.indices, len(g), g.ngroups)),
    ("cached property", Lazy(3), lambda v: v.square),
    ("string series", BASE["t"], lambda s: (s.str.upper(), s.nunique(), s.hasnans)),
]
MODELS = [
    RandomForestClassifier(5, random_state=0),
    GradientBoostingClassifier(n_estimators=5, random_state=0),
    HistGradientBoostingClassifier(max_iter=5, random_state=0),
    KNeighborsClassifier(algorithm="kd_tree"),
    KNeighborsClassifier(algorithm="ball_tree"),
    SVC(),
    make_pipeline(StandardScaler(), LogisticRegression()),
    GridSearchCV(SVC(), {"C": [1, 10]}, cv=2),
]


@pytest.mark.parametrize(("value", "read"), [pytest.param(*each[1:], id=each[0]) for each in READINGS])
def test_reading_leaves_the_digest_alone(value, read):
    before = digest(value)
    read(value)
    assert digest(value) == before


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_predicting_leaves_the_digest_alone_and_fitting_again_brings_it_back(model):
    model.fit(X, y)
    before = digest(model)
    model.predict(X)
    assert digest(model) == before
    assert digest(model.fit(X, y)) == before
    assert digest(model.fit(X + 1, y)) != before


def test_fingerprinting_leaves_the_value_alone():
    from matplotlib.figure import Figure

    figure = Figure()
    canvas = figure.canvas
    before = digest(figure)
    assert figure.canvas is canvas
    assert digest(figure) == before
    figure.add_subplot().plot([1, 2])
    assert digest(figure) != before


def test_cycles_end():
    row: list[object] = [1]
    row.append(row)
    other: list[object] = [1]
    other.append(other)
    assert digest(row) == digest(other) != digest([1, [1]])


def test_depth_is_a_reason_and_not_a_crash():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert fingerprint(deep, "deep").why == "deep is nested too deeply"
    while deep:  # freed by hand: some Pythons recurse here
        deep = deep[0]


WITHOUT = [
    (lambda: (n for n in []), "model is a generator"),
    (lambda: Settings(names=[(n for n in [])]), "model.names[0] is a generator"),
    (lambda: {"a": {1: iter(opened())}}, "model['a'][1] is an open file"),
    (lambda: functools.partial(print, file=opened()), "is an open file"),
    (lambda: {"x": sys._getframe()}, "model['x'] is a running frame"),
]


@pytest.mark.parametrize(("make", "why"), WITHOUT, ids=[each[1] for each in WITHOUT])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_says_what_has_no_content_and_where(make, why):
    seen = fingerprint(make(), "model")
    assert seen.digest == ""
    assert seen.why.endswith(why)


ELSEWHERE = """
import datetime, decimal, pathlib, re, numpy as np, pandas as pd
from sklearn.ensemble import RandomForestClassifier
from nbprod.values import fingerprint
X = np.random.default_rng(0).normal(size=(80, 3))
model = RandomForestClassifier(3, random_state=0).fit(X, X[:, 0] > 0)
frame = pd.DataFrame({"a": [1, 2], "t": ["x", None], "c": pd.Categorical(["u", "v"])})
values = [model, frame, pd.to_datetime(["2024", None]), {"a", "b", "c", 1, None}, re.compile("a|b")]
values += [decimal.Decimal("1.5"), pathlib.Path("a"), datetime.datetime(2024, 1, 1), np.sin, len]
values += [lambda x: x in {"a", "b", "c"}, np.random.RandomState(1), {"k": {"x", "y"}}]
print([fingerprint(value) for value in values])
"""


@pytest.mark.slow
def test_another_process_finds_the_same():
    def run(seed):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", ELSEWHERE], env=env, capture_output=True, text=True, check=True
        ).stdout

    assert run("1") == run("2")
    assert "digest=''" not in run("1")


def test_padding_between_fields_does_not_count():
    kind = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    left = np.frombuffer(b"\x01" + b"\x00" * 7 + b"\x00" * 8, kind)
    right = np.frombuffer(b"\x01" + b"\xff" * 7 + b"\x00" * 8, kind)
    assert digest(left) == digest(right)


def test_arrow_layout_does_not_count():
    import pyarrow as pa

    whole = pa.array(["a", None, "bc", "d"])
    pieces = pa.chunked_array([whole[:1], whole[1:]])
    assert digest(pd.Series(pieces, dtype=pd.ArrowDtype(pa.string()))) == digest(
        pd.Series(pa.chunked_array([pa.array(["x", "a", None, "bc", "d"])[1:]]), dtype=pd.ArrowDtype(pa.string()))
    )


def test_polars_layout_does_not_count():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"a": [1, 2, 3], "t": ["x", None, "y"]})
    pieces = pl.concat([table[:1], table[1:]], rechunk=False)
    assert digest(table) == digest(pieces)
    assert digest(table) != digest(table.with_columns(pl.lit(1).alias("a")))
    assert digest(table) != digest(table.cast({"a": pl.Int32}))


def test_encoders_with_categories_are_told_apart():
    left = OneHotEncoder().fit(np.array([["a"], ["b"]], dtype=object))
    right = OneHotEncoder().fit(np.array([["a"], ["c"]], dtype=object))
    assert digest(left) != digest(right)


cells = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(width=64), st.text(max_size=5), st.none(), st.booleans(), st.dates()
)
plain = st.recursive(
    cells,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.booleans()), inner, max_size=3),
        st.frozensets(st.integers(), max_size=3),
    ),
    max_leaves=12,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
columns = st.sampled_from(
    [
        st.integers(-(2**31), 2**31),
        st.floats(width=64),
        texts,
        st.one_of(st.none(), texts),
        st.booleans(),
        st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001 - naive ones
    ]
)


@st.composite
def frames(draw):
    rows = draw(st.integers(1, 6))
    names = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
    return pd.DataFrame({name: draw(st.lists(draw(columns), min_size=rows, max_size=rows)) for name in names})


@settings(max_examples=60, deadline=None)
@given(value=plain)
def test_what_is_stored_comes_back(value, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    assert digest(load(save(value, folder, "value").path)) == digest(value)


@settings(max_examples=60, deadline=None)
@given(table=frames())
def test_a_stored_frame_comes_back(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    saved = save(table, folder, "value")
    assert digest(load(saved.path)) == digest(table)


@settings(max_examples=60, deadline=None)
@given(table=frames(), data=st.data())
def test_one_changed_cell_shows(table, data):
    row = data.draw(st.integers(0, len(table) - 1))
    at = data.draw(st.integers(0, table.shape[1] - 1))
    changed = table.copy()
    changed.isetitem(at, changed.iloc[:, at].astype(object))
    same_type = table.copy()
    same_type.isetitem(at, same_type.iloc[:, at].astype(object))
    changed.iloc[row, at] = "something else"
    assert digest(changed) != digest(same_type)
    assert digest(table) == digest(table.copy(deep=True))


@settings(max_examples=40, deadline=None)
@given(shape=st.tuples(st.integers(1, 40), st.integers(1, 9)), flips=st.integers(0, 3))
def test_layout_does_not_count(shape, flips):
    array = np.random.default_rng(shape).normal(size=shape)
    other = np.asfortranarray(array) if flips % 2 else np.repeat(array, 2, axis=0)[::2]
    assert digest(array) == digest(other) == digest(pd.DataFrame(other).to_numpy())


class Placed:
    """Its instances have a `__module__` of their own, as patsy's have."""

    def __init__(self, name: str) -> None:
        self.name = name


Placed.__module__ = property(lambda _: "elsewhere")  # type: ignore[assignment]


def test_a_class_whose_module_is_no_text():
    assert fingerprint(Placed("a")).digest == fingerprint(Placed("a")).digest
    assert fingerprint(Placed("a")).digest != fingerprint(Placed("b")).digest
    assert describe("placed", Placed("a")).type
