from __future__ import annotations

import datetime as dt
import importlib
import math
import pathlib
import pickle
import sys
import types
from collections import OrderedDict
from decimal import Decimal

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from nbprod.errors import NbprodError, ValueUnstorable, WriteFailed
from nbprod.values import fingerprint, load, save
from nbprod.values.formats.pickles import pickled, read_pickle, write_cloudpickle, write_joblib, write_pickle


def frame(**columns):
    return pd.DataFrame(columns)


def attributed():
    table = frame(a=[1, 2])
    table.attrs["source"] = "census"
    return table


def named():
    table = frame(a=[1, 2])
    object.__setattr__(table, "source", "census")
    return table


def fitted():
    rows = np.arange(20.0).reshape(10, 2)
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows[:, 0] > 8)


def shared_rows():
    row = [1]
    return [row, row]


DAYS = pd.date_range("2024-01-01", periods=3, freq="D", tz="Europe/Berlin")

ROUND_TRIPS = [
    ("plain frame", frame(a=[1, 2], b=["x", "y"], c=[0.5, math.nan]), "parquet"),
    ("texts with gaps", frame(a=["x", None, "y"]), "parquet"),
    ("objects with NaN", pd.DataFrame({"a": pd.Series(["x", np.nan], dtype=object)}), "parquet"),
    ("objects with None", pd.DataFrame({"a": pd.Series(["x", None], dtype=object)}), "parquet"),
    ("objects with both", pd.DataFrame({"a": pd.Series(["x", None, np.nan], dtype=object)}), "pickle"),
    ("mixed objects", pd.DataFrame({"a": pd.Series(["x", 1, 2.5], dtype=object)}), "pickle"),
    ("date objects", pd.DataFrame({"a": [dt.date(2024, 1, 1)]}), "parquet"),
    ("categories", pd.DataFrame({"a": pd.Categorical(["b", "a"], ["b", "a", "c"], ordered=True)}), "parquet"),
    ("number categories", pd.DataFrame({"a": pd.Categorical([3, 1], [3, 1])}), None),
    ("time zone", pd.DataFrame({"a": DAYS}), "parquet"),
    ("daily index", pd.DataFrame({"a": [1, 2, 3]}, index=DAYS), "parquet"),
    ("named index", pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key")), "parquet"),
    ("several levels", frame(a=[1, 2], b=[3, 4], c=[5, 6]).set_index(["a", "b"]), "parquet"),
    ("column levels", pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])), None),
    ("column numbers", pd.DataFrame([[1, 2]]), None),
    ("column axis name", frame(a=[1]).rename_axis(columns="field"), None),
    ("two columns of one name", pd.DataFrame([[1, 2]], columns=["a", "a"]), "pickle"),
    ("filtered frame", frame(a=[1, 2, 3])[lambda d: d.a != 2], "parquet"),
    ("empty frame", pd.DataFrame(), None),
    ("no rows", frame(a=[1, 2]).iloc[:0], "parquet"),
    ("attrs", attributed(), "parquet"),
    ("attribute", named(), "pickle"),
    (
        "masked dtypes",
        frame(a=pd.array([1, None], dtype="Int64"), b=pd.array([True, None], dtype="boolean")),
        "parquet",
    ),
    ("string dtype", frame(a=pd.array(["x", None], dtype="string")), None),
    ("arrow dtype", frame(a=pd.array([1, None], dtype="int64[pyarrow]")), None),
    ("periods", frame(a=pd.period_range("2024-01", periods=2, freq="M")), None),
    ("intervals", frame(a=pd.interval_range(0, 2)), None),
    ("sparse column", frame(a=pd.arrays.SparseArray([0, 0, 1])), "pickle"),
    ("durations", frame(a=pd.to_timedelta(["1h", None])), "parquet"),
    ("lists in cells", pd.DataFrame({"a": [[1], [2, 3]]}), None),
    ("unique labels", frame(a=[1]).set_flags(allows_duplicate_labels=False), "parquet"),
    ("small ints", pd.DataFrame({"a": np.array([1, 2], "int8"), "b": np.array([1, 2], "float32")}), "parquet"),
    ("series", pd.Series([1.5, None], name="delay", index=["a", "b"]), "parquet"),
    ("series without a name", pd.Series(["a"]), "parquet"),
    ("series of objects", pd.Series([{1}, None], dtype=object), "pickle"),
    ("series named by a tuple", pd.Series([1], name=("a", 1)), "pickle"),
    ("index", pd.Index([1, 2], name="k"), "pickle"),
    ("array", np.arange(6.0).reshape(2, 3), "npy"),
    ("column-major array", np.asfortranarray(np.arange(6.0).reshape(2, 3)), "npy"),
    ("array of dates", np.array(["2024-01-01"], "datetime64[D]"), "npy"),
    ("array of texts", np.array(["a", "bc"]), "npy"),
    ("records", np.array([(1, 2.0)], dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)), "npy"),
    ("array of objects", np.array([1, "a", None], dtype=object), "pickle"),
    ("masked array", np.ma.array([1, 2], mask=[0, 1]), "pickle"),
    ("dict of arrays", {"train": np.arange(3), "test x": np.arange(2)}, "npz"),
    ("dict of arrays, odd key", {"a/b": np.arange(3)}, None),
    ("sparse", sparse.csr_matrix(np.eye(3)), "npz"),
    ("sparse array", sparse.coo_array(np.eye(3)), "npz"),
    ("list-of-lists sparse", sparse.lil_matrix(np.eye(3)), "pickle"),
    ("number", 3, "json"),
    ("large number", 10**30, "json"),
    ("not a number", math.nan, "json"),
    ("numpy number", np.float32(0.1), "json"),
    ("numpy date", np.datetime64("2024-01-01"), "json"),
    ("truth", np.bool_(1), "json"),
    ("nothing", None, "json"),
    ("nested", {"a": [1, (2, {3}), {"$x": 1}], 4: frozenset({"b"})}, "json"),
    ("moments", [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.date(2024, 1, 1), dt.timedelta(1, 2), dt.time(1)], "json"),
    ("money", {"price": Decimal("1.10"), "file": pathlib.Path("a/b"), "z": 1j}, "json"),
    ("random state", np.random.RandomState(3).get_state(), "json"),
    ("ordered dict", OrderedDict(a=1), "pickle"),
    ("shared rows", shared_rows(), "pickle"),
    ("text", "a\r\nb\u00e9", "text"),
    ("broken text", "\ud800", "pickle"),
    ("bytes", b"\x00\xff", "bytes"),
    ("timestamp", pd.Timestamp("2024-01-01", tz="UTC"), "pickle"),
    ("estimator", fitted(), "joblib"),
    ("container of frames", {"train": frame(a=[1]), "test": np.arange(3)}, "joblib"),
    ("lambda inside", FunctionTransformer(lambda x: x), "cloudpickle"),
    ("generator of numbers", np.random.default_rng(3), "pickle"),
    ("function", lambda x: x + 1, "cloudpickle"),
    ("class", dict, "pickle"),
]


@pytest.mark.parametrize(("value", "format_"), [pytest.param(*each[1:], id=each[0]) for each in ROUND_TRIPS])
def test_comes_back_as_it_was(value, format_, tmp_path):
    before = fingerprint(value)
    saved = save(value, tmp_path, "value")
    assert format_ in {None, saved.format}
    assert before.digest
    assert fingerprint(load(saved.path)) == before == fingerprint(value)
    assert [each.name for each in tmp_path.iterdir()] == [saved.path.name]
    again = save(value, tmp_path, "value", prefer=saved.format)
    assert again == saved


def gaps():
    return np.random.default_rng(1).random((5, 150))[::2, :100].T


def model(array):
    made = FunctionTransformer()
    made.kept_ = array
    return made


HOLDERS = [
    ("npy", lambda array: array, lambda back: back),
    ("npz", lambda array: {"held": array}, lambda back: back["held"]),
    ("json", lambda array: [array, 1], lambda back: back[0]),
    ("json", lambda array: [array.copy(order="F")], lambda back: back[0]),
    ("joblib", model, lambda back: back.kept_),
    ("joblib", lambda array: [frame(a=[1]), array], lambda back: back[1]),
    ("pickle", lambda array: types.SimpleNamespace(rows={"a": array}), lambda back: back.rows["a"]),
    ("cloudpickle", lambda array: (array, lambda: 1), lambda back: back[0]),
]


@pytest.mark.parametrize(("format_", "hold", "held"), HOLDERS)
def test_a_view_with_gaps_comes_back_in_the_order_of_its_memory(format_, hold, held, tmp_path):
    saved = save(hold(gaps()), tmp_path, "made")
    back = held(load(saved.path))
    assert saved.format == format_
    assert back.flags.f_contiguous
    assert np.array_equal(back, gaps())


@pytest.mark.parametrize("write", [write_pickle, write_cloudpickle, write_joblib])
def test_a_view_with_gaps_stays_one_object_and_is_read_without_us(write, tmp_path):
    view, deep = gaps(), np.zeros((4, 6, 5))[:, ::2].transpose(2, 0, 1)
    write([view, {"again": view}, deep], tmp_path / "made")
    assert b"nbprod" not in (tmp_path / "made").read_bytes()
    first, again, turned = (joblib.load if write is write_joblib else read_pickle)(tmp_path / "made")
    assert first is again["again"]
    assert turned.transpose(1, 2, 0).flags.c_contiguous


WITHOUT_GAPS = [
    StandardScaler().fit(np.eye(3)),
    np.zeros((2, 3)),
    np.zeros((2, 3)).T,
    np.zeros((2, 3, 4)).transpose(1, 0, 2),
    np.arange(9)[::2],
]


@pytest.mark.parametrize("value", WITHOUT_GAPS)
def test_what_has_no_gaps_is_written_as_joblib_and_pickle_do(value, tmp_path):
    write_joblib(value, tmp_path / "ours")
    joblib.dump(value, tmp_path / "theirs")
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    assert pickled(value) == pickle.dumps(value, protocol=5)


def test_polars_comes_back_as_polars(tmp_path):
    pl = pytest.importorskip("polars")
    day = dt.date(2024, 1, 1)
    table = pl.DataFrame(
        {
            "n": [1, None],
            "t": ["x", None],
            "when": [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), None],
            "day": [day, day],
            "rows": [[1], [2, 3]],
            "parts": [{"a": 1}, {"a": 2}],
            "kind": pl.Series(["b", "a"], dtype=pl.Categorical),
            "size": pl.Series(["S", "M"], dtype=pl.Enum(["S", "M", "L"])),
        }
    )
    for value in (table, table["n"], table.clear(), table["kind"]):
        saved = save(value, tmp_path, "value")
        back = load(saved.path)
        assert saved.format == "parquet"
        assert type(back) is type(value)
        assert fingerprint(back) == fingerprint(value)
        assert back.equals(value)


def connection():
    import sqlite3

    return sqlite3.connect(":memory:")


def opened():
    return pathlib.Path("/dev/null").open()


UNSTORABLE = [
    (lambda: (n for n in range(3)), "'value' can't be stored: value is a generator. Make it a list"),
    (lambda: {"db": connection()}, r"value\['db'\] is a database connection. Open it inside the step"),
    (lambda: [opened()], r"value\[0\] is an open file. Pass the path"),
    (lambda: __import__("threading").Lock(), "value is a lock. Make it inside the step"),
    (lambda: FunctionTransformer(n for n in [1]), "value.func is a generator"),
    (lambda: __import__("socket").socket(), "value is a socket"),
]


@pytest.mark.parametrize(("make", "message"), UNSTORABLE, ids=[each[1][:30] for each in UNSTORABLE])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_says_why_a_value_cannot_be_stored(make, message, tmp_path):
    with pytest.raises(ValueUnstorable, match=message):
        save(make(), tmp_path, "value")
    assert not list(tmp_path.iterdir())


class Forgetful:
    """Comes back from a pickle as something else."""

    def __init__(self, value):
        self.value = value

    def __getstate__(self):
        return {"value": self.value}

    def __setstate__(self, state):
        self.value = 0


def test_what_comes_back_changed_is_unstorable(tmp_path):
    with pytest.raises(ValueUnstorable, match=r"no format brings back this .*Forgetful unchanged. Keep what can be"):
        save(Forgetful(3), tmp_path, "value")
    assert not list(tmp_path.iterdir())


def test_an_attribute_on_a_frame_survives(tmp_path):
    back = load(save({"t": named()}, tmp_path, "value").path)
    assert back["t"].source == "census"


METRICS = [
    ({"auc": np.float64(0.5), "n": np.int64(3), "ok": np.bool_(1)}, {"auc": 0.5, "n": 3, "ok": True}),
    (np.float32(0.5), 0.5),
    ({"by": {1: (1, 2)}}, {"by": {"1": [1, 2]}}),
    (pd.Series({"a": 0.5}), {"a": 0.5}),
    (np.arange(2), [0, 1]),
]


@pytest.mark.parametrize(("value", "expected"), METRICS)
def test_a_metric_is_plain_json(value, expected, tmp_path):
    saved = save(value, tmp_path, "scores", role="metric")
    assert saved.path.name == "scores.json"
    assert load(saved.path) == expected
    assert "$" not in saved.path.read_text()


def test_a_metric_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueUnstorable, match=r"metric 'scores' is a object, and DVC compares numbers. Make"):
        save(object(), tmp_path, "scores", role="metric")


def test_plots(tmp_path):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot([1, 2])
    axes = figure.axes[0]
    first = save(figure, tmp_path, "roc", role="plot")
    content = first.path.read_bytes()
    assert first.path.name == "roc.png"
    assert save(axes, tmp_path, "roc", role="plot").path.read_bytes() == content
    assert save(figure, tmp_path, "roc", role="plot", prefer="svg").path.name == "roc.svg"
    assert save(frame(a=[1, 2]), tmp_path, "curve", role="plot").path.read_text() == "a\n1\n2\n"
    assert save([{"x": 1}], tmp_path, "points", role="plot").path.suffix == ".json"
    with pytest.raises(ValueUnstorable, match="plot 'x' is a object, which can't be drawn"):
        save(object(), tmp_path, "x", role="plot")


def test_a_dataset_of_scikit_learn_can_be_stored(tmp_path):
    dataset = load_iris()
    back = load(save(dataset, tmp_path, "dataset").path)
    assert fingerprint(back).digest == fingerprint(dataset).digest
    assert (back.data == dataset.data).all()


def test_the_notebooks_own_classes_stay_as_they_are(tmp_path, monkeypatch):
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    exec("limit = 30\nclass Late:\n    def __call__(self, delay):\n        return delay > limit", vars(main))
    late, method = main.Late(), main.Late.__call__
    back = load(save(late, tmp_path, "late").path)
    assert main.Late.__call__ is method
    assert type(back).__call__ is not method
    main.limit = 60
    assert not late(45)


def test_a_figure_that_a_later_step_reads_stays_a_figure(tmp_path):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.add_subplot().plot([1, 2])
    back = load(save(figure, tmp_path, "figure").path)
    assert isinstance(back, Figure)


DAMAGED = ["a.parquet", "a.npy", "a.npz", "a.json", "a.joblib", "a.pkl", "a.cloudpickle.pkl", "a.png"]


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_named(name, tmp_path):
    (tmp_path / name).write_bytes(b"\x93not what it should be")
    with pytest.raises(NbprodError, match=rf"{name} can't be read as .*run the step that makes it again"):
        load(tmp_path / name)


def test_a_missing_file_and_an_unknown_extension_are_named(tmp_path):
    with pytest.raises(NbprodError, match=r"gone.parquet does not exist. Run the step that makes it"):
        load(tmp_path / "gone.parquet")
    with pytest.raises(NbprodError, match=r"a.xyz has no extension that nbprod reads. It reads .bin, "):
        load(tmp_path / "a.xyz")


def test_a_full_disk_is_no_reason_to_try_the_next_format(tmp_path):
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(WriteFailed, match=r"data/value.parquet can't be written: .* move it away"):
        save(frame(a=[1]), tmp_path / "data", "value")


def test_views_and_shared_parts_are_still_shared(tmp_path):
    table = frame(a=[1])
    back = load(save({"tables": [table], "train": table}, tmp_path, "tables+train").path)
    assert back["tables"][0] is back["train"]
    numbers = np.arange(3.0)
    back = load(save({"a": numbers, "b": [numbers]}, tmp_path, "a+b").path)
    assert back["b"][0] is back["a"]


def test_a_preferred_format_that_no_longer_fits_gives_way(tmp_path):
    assert save({1, 2}, tmp_path, "value", prefer="parquet").format == "json"


def test_storing_a_figure_opens_no_other(tmp_path):
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.close("all")  # what an earlier test of this process left open
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    try:
        for value in (figure, {"roc": figure, "table": frame(a=[1])}, axes):
            load(save(value, tmp_path, "figure").path)
            assert plt.get_fignums() == [figure.number]
    finally:
        plt.close(figure)


PLUGIN = """
from nbprod.values.formats.format import Format

TALLY = Format("tally", "tally", lambda value: type(value) is int, lambda value, path: None, lambda path: None)
STROKES = Format(
    "strokes",
    "strokes",
    lambda value: type(value) is int and 0 <= value < 100,
    lambda value, path: path.write_text("|" * value),
    lambda path: len(path.read_text()),
)
BROKEN = 3
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    from nbprod.values import store

    site = tmp_path / "site"
    (site / "tally-1.0.dist-info").mkdir(parents=True)
    (site / "tally_plugin.py").write_text(PLUGIN)
    (site / "tally-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tally\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(site))

    def add(*names):
        lines = "".join(f"{name.lower()} = tally_plugin:{name}\n" for name in names)
        (site / "tally-1.0.dist-info" / "entry_points.txt").write_text(f"[nbprod.formats]\n{lines}")
        store._third_party.cache_clear()

    yield add
    store._third_party.cache_clear()


def test_other_packages_add_formats_and_are_proven_too(plugin, tmp_path):
    plugin("STROKES", "TALLY")
    saved = save(5, tmp_path, "value")
    assert saved.path.name == "value.strokes"
    assert load(saved.path) == 5
    assert save(200, tmp_path, "value").format == "json"


def test_a_broken_format_of_another_package_is_named(plugin, tmp_path):
    plugin("BROKEN")
    with pytest.raises(NbprodError, match=r"the format 'broken' that tally_plugin:BROKEN should give can't be used: 3"):
        save(5, tmp_path, "value")


def test_what_needs_a_class_that_only_this_process_has_is_unstorable(tmp_path, monkeypatch):
    (tmp_path / "crafts.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "crafts", None)  # so that it is gone again at the end
    del sys.modules["crafts"]
    crafts = importlib.import_module("crafts")
    crafts.Late = type("Late", (list,), {"__module__": "crafts"})
    with pytest.raises(ValueUnstorable, match=r"'team' can't be stored: it holds the class crafts.Late, which was put"):
        save({"best": crafts.Late([1])}, tmp_path / "data", "team")
    assert not [*(tmp_path / "data").iterdir()]
