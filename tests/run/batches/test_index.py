"""The index: one table of all runs, whatever their parameters and metrics are called."""

from __future__ import annotations

import io

import pandas as pd

from nbprod.model.batch import Entry, Status
from nbprod.run.batches.index import files, frame, index

ENTRIES = (
    Entry("a", "1", Status.COMPLETE, {"seed": 1, "shop": "001"}, {"m": {"auc": 0.5, "rows": 3}}, 2.0, ended="now"),
    Entry("b", "2", Status.FAILED, {"seed": 2, "shop": "002"}, error="ValueError: no", cell=4, step="fit", ended="now"),
    Entry("c", "3", Status.WAITING, {"seed": 3}),
)


def test_a_row_for_every_run():
    made = index(ENTRIES, ["seed", "shop"], ["seed"], "n.ipynb")
    assert made.columns[:6] == ("run", "status", "seed", "shop", "auc", "rows")
    assert (made.parameters, made.varied, made.metrics) == (("seed", "shop"), ("seed",), ("auc", "rows"))
    table = frame(made)
    assert table["shop"].tolist()[:2] == ["001", "002"]
    assert table["rows"].dtype == "Int64"
    assert table["cell"].tolist()[1] == 4
    assert table["notebook"].tolist()[0] == "runs/a/notebook.ipynb"


def test_the_files_hold_the_same():
    made = index(ENTRIES, ["seed", "shop"], ["seed"], "n.ipynb")
    written = files(made)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(written["index.parquet"])), frame(made))
    back = pd.read_csv(io.BytesIO(written["index.csv"]), dtype={"shop": str})
    assert list(back.columns) == list(frame(made).columns)
    assert back["shop"].tolist()[0] == "001"


def test_names_that_are_taken_get_longer_ones():
    entries = [Entry("a", "1", Status.COMPLETE, {"seconds": 9}, {"m": {"auc": 1, "seconds": 2}, "n": {"auc": 3}})]
    made = index(entries, ["seconds"], [], "n.ipynb")
    assert made.parameters == ("parameter.seconds",)
    assert made.metrics == ("m.auc", "m.seconds", "n.auc")
    assert made.rows[0]["seconds"] is None
    assert made.rows[0]["parameter.seconds"] == 9


def test_values_that_no_column_holds_are_text():
    lists, mixed = {"columns": ["a", 1], "limit": 3}, {"columns": [], "limit": "none"}
    entries = [Entry(name, name, Status.COMPLETE, values) for name, values in (("a", lists), ("b", mixed))]
    table = frame(index(entries, ["columns", "limit"], [], "n.ipynb"))
    assert table["columns"].tolist() == ['["a", 1]', "[]"]
    assert table["limit"].tolist() == ["3", "none"]
    assert files(index(entries, ["columns", "limit"], [], "n.ipynb"))["index.parquet"]


def test_numbers_that_no_column_of_numbers_holds_are_text():
    entries = [
        Entry("a", "1", Status.COMPLETE, {"big": 10**30, "fits": 2**63 - 1}, {"m": {"hash": 2**64}}),
        Entry("b", "2", Status.FAILED, {"big": 1, "fits": -(2**63)}),
    ]
    made = index(entries, ["big", "fits"], [], "n.ipynb")
    table = frame(made)
    assert table["big"].tolist() == [str(10**30), "1"]
    assert table["fits"].tolist() == [2**63 - 1, -(2**63)]
    assert table["hash"].tolist()[0] == str(2**64)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(files(made)["index.parquet"])), table)
