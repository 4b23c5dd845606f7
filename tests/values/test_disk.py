from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nbprod.errors import WriteFailed
from nbprod.values import whole, whole_folder, write_whole
from nbprod.values.disk import write_failed


def test_writes_into_folders_that_are_not_there_yet(tmp_path):
    write_whole(tmp_path / "a" / "b" / "c.txt", b"1")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"1"


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "a.txt"
    write_whole(target, b"old")

    def interrupted():
        with whole(target) as draft:
            draft.write_bytes(b"half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    target = tmp_path / "a.txt"
    write_whole(target, b"old")

    def fill_up():
        with whole(target), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"new")

    with pytest.raises(WriteFailed, match=r"a.txt can't be written: no space left on device. Free some space"):
        fill_up()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(WriteFailed, match="A file stands where a folder is needed"):
        write_whole(tmp_path / "data" / "a.txt", b"")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(WriteFailed, match="Give yourself write permission"):
        write_whole(tmp_path / "a.txt", b"")


CURES = [
    (errno.ENOSPC, "Free some space"),
    (errno.EROFS, "mounted read-only"),
    (errno.EACCES, "write permission"),
    (errno.EIO, "mend it"),
]


@pytest.mark.parametrize(("number", "cure"), CURES)
def test_every_refusal_says_what_to_do(number, cure):
    error = write_failed(Path("a.txt"), OSError(number, os.strerror(number)))
    assert cure in str(error)
    assert str(error).startswith("a.txt can't be written: ")


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "a" / "folder"
    for name in ("one", "two"):
        with whole_folder(folder) as draft:
            (draft / name).touch()
        assert [each.name for each in folder.iterdir()] == [name]

    def interrupted():
        with whole_folder(folder) as draft:
            (draft / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [each.name for each in folder.iterdir()] == ["two"]
    assert [each.name for each in folder.parent.iterdir()] == ["folder"]


def test_a_folder_survives_whoever_stopped_between_two_renames(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "kept").touch()
    rename = Path.replace

    def refuse_the_draft(self, target):
        if self.name == ".folder.new":
            raise OSError(errno.ENOSPC, "full")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse_the_draft)
    with pytest.raises(WriteFailed, match="folder can't be written"), whole_folder(folder):
        pass
    assert [each.name for each in folder.iterdir()] == ["kept"]
    monkeypatch.undo()

    folder.replace(tmp_path / ".folder.old")  # as a killed process leaves it

    def fail_again():
        with whole_folder(folder):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_again()
    assert [each.name for each in folder.iterdir()] == ["kept"]
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]
