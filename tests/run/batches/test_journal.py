"""The journal: what became of each run survives whatever happens to the process that writes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbprod.errors import WriteFailed
from nbprod.model.batch import Entry, Status
from nbprod.run.batches.folder import Folder
from nbprod.run.batches.journal import Journal, as_line, from_line

ENTRY = Entry("seed=1", "a1", Status.COMPLETE, {"seed": 1, "day": "2024-01-02"}, {"metrics": {"auc": 0.7}}, 1.5)


@pytest.fixture(params=["disk", "memory"])
def journal(request, tmp_path):
    return Journal(Folder(str(tmp_path / "out") if request.param == "disk" else f"memory://{tmp_path.name}"))


def test_entries_come_back_the_last_of_each_run(journal):
    failed = replace(ENTRY, status=Status.FAILED, error="ValueError: no", cell=3)
    for entry in (failed, replace(ENTRY, name="seed=2"), ENTRY):
        journal.add(entry)
    assert journal.entries() == {"seed=1": ENTRY, "seed=2": replace(ENTRY, name="seed=2")}
    journal.forget()
    assert journal.entries() == {}


@pytest.mark.parametrize("cut", [1, 20, -3])
def test_a_line_that_was_cut_off_costs_only_itself(tmp_path, cut):
    journal = Journal(Folder(str(tmp_path)))
    (tmp_path / "journal.jsonl").write_text(as_line(ENTRY) + "\n" + as_line(replace(ENTRY, name="lost"))[:cut])
    journal.add(replace(ENTRY, name="after"))
    assert set(journal.entries()) == {"seed=1", "after"}


def test_a_line_of_another_version_is_no_entry():
    assert from_line('{"name": "x", "status": "unheard of"}') is None
    assert from_line("[]") is None
    assert from_line(as_line(ENTRY)) == ENTRY


def test_a_disk_that_refuses(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(WriteFailed, match="can't be written"):
        Journal(Folder(str(tmp_path / "out"))).add(ENTRY)
