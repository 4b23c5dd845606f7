"""A batch's folder, on a disk, in memory, and on a real S3 server: the same files, whole or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbprod.errors import StorageFailed, WriteFailed
from nbprod.model.batch import Entry, Status
from nbprod.run.batches.endings import FILE, as_json, ending, endings, from_json, place
from nbprod.run.batches.folder import Folder

ENTRY = Entry("seed=1", "a1", Status.COMPLETE, {"seed": 1, "day": "2024-01-02"}, {"metrics": {"auc": 0.7}}, 1.5)


@pytest.fixture(params=["disk", "memory", pytest.param("s3", marks=pytest.mark.slow)])
def folder(request, tmp_path):
    urls = {"disk": lambda: str(tmp_path / "out"), "memory": lambda: f"memory://{tmp_path.name}"}
    return Folder(f"{request.getfixturevalue('bucket')}/out" if request.param == "s3" else urls[request.param]())


def test_files_come_back(folder):
    assert folder.read("index.csv") is None
    assert folder.names() == folder.names("runs") == []
    folder.write("index.csv", b"one")
    folder.write("index.csv", b"two")
    assert folder.read("index.csv") == b"two"
    assert folder.names() == ["index.csv"]
    assert folder.read_all(["index.csv", "lost.csv"]) == [b"two", None]


def fill(folder, name, **files):
    with folder.filling(f"runs/{name}", last=FILE) as draft:
        for path, text in files.items():
            (draft / path).parent.mkdir(exist_ok=True)
            (draft / path).write_text(text)


def test_a_folder_takes_the_place_of_another_as_a_whole(folder):
    fill(folder, "strength=0.5,seed=1", **{"notebook.ipynb": "1", "outputs/a.json": "1"})
    fill(folder, "strength=0.5,seed=1", **{"notebook.ipynb": "2"})
    assert folder.names("runs/strength=0.5,seed=1") == ["notebook.ipynb"]
    assert folder.read("runs/strength=0.5,seed=1/notebook.ipynb") == b"2"


def test_a_folder_that_was_not_filled_leaves_the_old_one(folder):
    fill(folder, "a", **{"notebook.ipynb": "1"})
    with pytest.raises(ZeroDivisionError), folder.filling("runs/a", last=FILE) as draft:  # noqa: PT012
        (draft / "notebook.ipynb").write_text("half")
        raise ZeroDivisionError
    assert folder.read("runs/a/notebook.ipynb") == b"1"
    assert folder.names("runs") == ["a"]


def test_endings_are_found_by_name(folder):
    failed = replace(ENTRY, name="seed=2", status=Status.FAILED, error="ValueError: no", cell=3)
    for entry in (ENTRY, failed):
        fill(folder, entry.name, **{FILE: as_json(entry), "notebook.ipynb": "{}"})
    fill(folder, "damaged", **{FILE: as_json(ENTRY)[:40]})
    fill(folder, "without", **{"notebook.ipynb": "{}"})
    assert endings(folder) == {"seed=1": ENTRY, "seed=2": failed}
    assert ending(folder, "seed=2") == failed
    assert ending(folder, "without") is None
    assert place("a") == "runs/a/run.json"


def test_an_ending_of_another_version_is_none():
    assert from_json('{"name": "x", "status": "unheard of"}') is None
    assert from_json("[]") is None


def test_a_disk_that_refuses(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(WriteFailed, match="can't be written"):
        Folder(str(tmp_path / "out")).write("index.csv", b"")


def test_a_storage_that_nobody_knows():
    with pytest.raises(StorageFailed, match="nowhere"):
        Folder("nowhere://bucket").read("index.csv")


@pytest.mark.slow
def test_a_storage_that_refuses(bucket):
    with pytest.raises(StorageFailed, match="bucket does not exist"):
        Folder(f"{bucket}-that-is-not-there/out").write("index.csv", b"")


@pytest.mark.slow
def test_a_storage_that_is_gone(monkeypatch, bucket):
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StorageFailed, match="can't be used"):
        Folder(f"{bucket}/out").write("index.csv", b"")
