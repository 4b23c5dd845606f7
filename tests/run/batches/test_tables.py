"""Runs from files: a row a run, or a file a run."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd
import pytest

from nbprod.errors import NbprodError, UsageError
from nbprod.run.batches.tables import found, rows
from nbprod.run.parameters import Text


def test_csv_is_text_and_an_empty_cell_leaves_the_default(tmp_path):
    (tmp_path / "runs.csv").write_text('\ufeffshop,strength,note\n001,0.5,"a, b"\n\n002,,x\n', encoding="utf-8")
    made = rows(str(tmp_path / "runs.csv"))
    assert made == ({"shop": "001", "strength": "0.5", "note": "a, b"}, {"shop": "002", "note": "x"})
    assert all(isinstance(value, Text) for row in made for value in row.values())


@pytest.mark.parametrize("text", ["- {shop: '001', day: 2024-01-02}", '[{"shop": "001", "day": "2024-01-02"}]'])
def test_yaml_and_json_have_types(tmp_path, text):
    (tmp_path / "runs.yaml").write_text(text)
    (row,) = rows(str(tmp_path / "runs.yaml"))
    assert row["shop"] == "001"
    assert not isinstance(row["shop"], Text)
    assert str(row["day"]) == "2024-01-02"


def test_a_yaml_of_named_runs(tmp_path):
    (tmp_path / "runs.yml").write_text("gentle: {strength: 0.1}\nfirm: {strength: 2}\n")
    assert rows(str(tmp_path / "runs.yml")) == ({"run": "gentle", "strength": 0.1}, {"run": "firm", "strength": 2})


def test_parquet_has_types_and_missing_values_leave_the_default(tmp_path):
    days = [dt.date(2024, 1, 2), None]
    frame = pd.DataFrame({"shop": ["001", None], "seed": pd.array([1, None], "Int64"), "day": days}, index=[7, 9])
    frame.to_parquet(tmp_path / "runs.parquet")
    assert rows(str(tmp_path / "runs.parquet")) == ({"shop": "001", "seed": 1, "day": dt.date(2024, 1, 2)}, {})


BROKEN = {
    "runs.txt": (b"a\n1\n", "no extension that is read"),
    "runs.csv": (b"a,b\n1\n", "line 2 has 1 cells, and the header 2"),
    "latin.csv": ("straße\nä\n".encode("latin-1"), "is no CSV file"),
    "runs.yaml": (b"strength: 3\n", "is no list of runs"),
    "bad.yaml": (b"a: [1\n", "not valid YAML"),
    "runs.parquet": (b"nothing", "is no parquet file"),
}


@pytest.mark.parametrize(("name", "content", "message"), [(name, *each) for name, each in BROKEN.items()], ids=BROKEN)
def test_files_that_are_no_tables(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NbprodError, match=re.escape(message)):
        rows(str(tmp_path / name))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"runs\.csv is not there"):
        rows(str(tmp_path / "runs.csv"))


def test_found_files_are_seen_from_the_notebook(tmp_path, monkeypatch):
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).touch()
    monkeypatch.chdir(tmp_path)
    assert found("data/*.csv", tmp_path / "notebooks") == ("../data/a.csv", "../data/b.csv")
    assert found("data/*.csv", tmp_path) == ("data/a.csv", "data/b.csv")
    assert found(f"{tmp_path}/data/a*", tmp_path / "x" / "y" / "z") == (f"{tmp_path}/data/a.csv",)
    assert found("data/*.parquet", tmp_path) == ()
