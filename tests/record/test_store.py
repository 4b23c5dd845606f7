"""The record on disk."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from nbprod.errors import WriteFailed
from nbprod.model.record import ColumnSeen, FrameSeen, Record, Sample, StepSeen, ValueSeen
from nbprod.record import load, save, why_not
from nbprod.record.store import dumps, loads

COLUMN = ColumnSeen("late", "bool", "bool", nullable=False, values=(True, False), calendar=(1, 12))
FRAME = FrameSeen("pandas", 3, (COLUMN,), index=(COLUMN,))
SAMPLE = Sample((("raw", "samples/clean/inputs/raw.parquet"),), (), (("seed", "0"),), repeats=False, fault="no")
STEP = StepSeen(
    "clean",
    "id",
    inputs=(ValueSeen("raw", "pandas.DataFrame", (3, 1), 24, "ab", frame=FRAME),),
    outputs=(ValueSeen("n", "int", summary="3"),),
    changed=("raw",),
    together=(("a", "b"),),
    files_read=("data/ünï.csv",),
    seconds=2,
    sample=SAMPLE,
)
RECORD = Record(
    "notebooks/flights.ipynb",
    "2026-11-23T10:00:00+00:00",
    "3.11.9",
    packages=(("pandas", "3.1.1"),),
    steps=(STEP, StepSeen("empty", "")),
    parameters=(("seed", "0"),),
    star_names=(("math", ("cos", "sin")),),
)


def test_what_was_saved_is_loaded(tmp_path):
    path = tmp_path / ".nbprod" / "record" / "flights.json"
    save(RECORD, path)
    assert load(path) == RECORD
    assert why_not(path) == ""
    assert loads(dumps(RECORD)) == RECORD


def test_the_record_is_not_committed_but_the_base_is(tmp_path):
    save(RECORD, tmp_path / ".nbprod" / "record" / "flights.json")
    lines = (tmp_path / ".nbprod" / ".gitignore").read_text().splitlines()
    assert lines[-4:] == ["*", "!.gitignore", "!base/", "!base/**"]
    (tmp_path / ".nbprod" / ".gitignore").write_text("mine\n")
    save(RECORD, tmp_path / ".nbprod" / "record" / "flights.json")
    assert (tmp_path / ".nbprod" / ".gitignore").read_text() == "mine\n"


def damaged(change):
    data = json.loads(dumps(RECORD))
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "damaged"),
        ("[]", "damaged"),
        ("{}", "damaged"),
        (dumps(RECORD)[:300], "damaged"),
        (damaged(lambda data: data.update(version=0)), "another version"),
        (damaged(lambda data: data.update(steps=3)), "damaged"),
        (damaged(lambda data: data["steps"][0].update(changed="raw")), "damaged"),
        (damaged(lambda data: data["steps"][0]["outputs"].append(None)), "damaged"),
        (damaged(lambda data: data["steps"][0].update(seconds="long")), "damaged"),
        (damaged(lambda data: data.pop("notebook")), "damaged"),
    ],
)
def test_a_damaged_record_is_none(tmp_path, text, why):
    path = tmp_path / "flights.json"
    path.write_text(text)
    assert load(path) is None
    assert why in why_not(path)


def test_what_is_not_text_is_none(tmp_path):
    (tmp_path / "flights.json").write_bytes(b"\xff\xfe\x00")
    assert load(tmp_path / "flights.json") is None
    assert load(tmp_path / "missing.json") is None
    assert why_not(tmp_path / "missing.json") == "not recorded yet"
    assert load(tmp_path) is None


def test_what_a_newer_nbprod_adds_is_left_out(tmp_path):
    path = tmp_path / "flights.json"
    path.write_text(damaged(lambda data: data.update(mood="fine")))
    assert load(path) == RECORD


def test_a_folder_that_is_a_file_is_refused_with_words(tmp_path):
    (tmp_path / ".nbprod").write_text("")
    with pytest.raises(WriteFailed, match="can't be written"):
        save(replace(RECORD, steps=()), tmp_path / ".nbprod" / "record" / "flights.json")
