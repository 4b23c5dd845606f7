from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.errors import WriteFailed
from nbprod.model.files import File, Ownership
from nbprod.project.writing import Change, Clash, Fate, apply, plan


def never(*_: str) -> tuple[str, bool]:
    raise AssertionError("nothing to merge here")


def joined(mine: str, base: str, theirs: str) -> tuple[str, bool]:
    if mine == "clash":
        return f"<<<<<<< yours\n{mine}\n=======\n{theirs}\n>>>>>>> export\n", True
    return f"{mine}|{base}|{theirs}", False


def text(path: str, content: str, ownership: Ownership = Ownership.MERGED) -> File:
    return File(path, content.encode(), ownership)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "root", tmp_path / "root" / ".nbprod" / "base"


def put(folder: Path, path: str, content: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(content)


CASES = [
    # standing, base, new, fate, what stands afterwards
    (None, None, "new", Fate.WRITTEN, "new"),
    ("new", None, "new", Fate.SAME, "new"),
    ("old", "old", "new", Fate.WRITTEN, "new"),
    ("mine", "new", "new", Fate.KEPT, "mine"),
    ("mine", "old", "new", Fate.MERGED, "mine|old|new"),
    ("clash", "old", "new", Fate.CONFLICT, "clash"),
    ("foreign", None, "new", Fate.CONFLICT, "foreign"),
    (None, "old", "new", Fate.WRITTEN, "new"),
]


@pytest.mark.parametrize(("standing", "base", "new", "fate", "after"), CASES)
def test_each_file_has_its_fate(folders, standing, base, new, fate, after):
    root, bases = folders
    if standing is not None:
        put(root, "a.py", standing)
    if base is not None:
        put(bases, "a.py", base)
    changes = plan([text("a.py", new)], root=root, base=bases, ours=[], merge=joined)
    assert [each.fate for each in changes] == [fate]
    apply(changes, root=root, base=bases)
    assert (root / "a.py").read_text() == after


def test_a_conflict_says_where_it_is_and_shows_both_sides(folders):
    root, bases = folders
    put(root, "a.py", "clash")
    put(bases, "a.py", "old")
    (change,) = plan([text("a.py", "new")], root=root, base=bases, ours=[], merge=joined)
    assert change.clash == Clash(line=1, yours="clash", export="new")


def test_the_second_export_finds_everything_as_it_is(folders):
    root, bases = folders
    files = [text("p/a.py", "a"), text("tests/s.bin", "s", Ownership.REPLACED)]
    apply(plan(files, root=root, base=bases, ours=[], merge=never), root=root, base=bases)
    again = plan(files, root=root, base=bases, ours=["p/a.py", "tests/s.bin"], merge=never)
    assert {each.fate for each in again} == {Fate.SAME}


def test_a_merge_makes_the_export_the_new_base(folders):
    root, bases = folders
    put(root, "a.py", "mine")
    put(bases, "a.py", "old")
    apply(plan([text("a.py", "new")], root=root, base=bases, ours=[], merge=joined), root=root, base=bases)
    assert (bases / "a.py").read_text() == "new"


def test_files_of_steps_that_are_gone_go_unless_edited(folders):
    root, bases = folders
    for path, standing in (("p/gone.py", "g"), ("p/edited.py", "mine")):
        put(root, path, standing)
        put(bases, path, "g")
    changes = plan([], root=root, base=bases, ours=["p/gone.py", "p/edited.py"], merge=never)
    assert {each.path: each.fate for each in changes} == {"p/edited.py": Fate.ORPHANED, "p/gone.py": Fate.REMOVED}
    apply(changes, root=root, base=bases)
    assert not (root / "p/gone.py").exists()
    assert (root / "p/edited.py").read_text() == "mine"


def test_a_full_disk_leaves_all_as_it_was(folders):
    root, bases = folders
    put(root, "a.py", "old")
    put(bases, "a.py", "old")
    put(root, "blocked", "a file where a folder must be")
    files = [text("a.py", "new"), text("blocked/b.py", "new")]
    changes = [Change(each.path, Fate.WRITTEN, each.content, each.content) for each in files]
    with pytest.raises(
        WriteFailed, match=r"blocked can't be written: .*; nothing was changed. A file stands where a folder is needed"
    ):
        apply(changes, root=root, base=bases)
    assert (root / "a.py").read_text() == "old"
    assert not list(root.rglob("*.*.nbprod"))


def test_files_that_were_renamed_already_come_back_when_a_later_one_is_refused(folders, monkeypatch):
    root, bases = folders
    put(root, "a.py", "old")
    changes = [Change(f"{name}.py", Fate.WRITTEN, b"new", b"new") for name in "abc"]
    rename = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target.name == "c.py":
            raise PermissionError(1, "no")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(WriteFailed, match=r"c\.py can't be written: operation not permitted; nothing was changed"):
        apply(changes, root=root, base=bases)
    assert {each.name: each.read_text() for each in root.rglob("*") if each.is_file()} == {"a.py": "old"}


def test_what_a_killed_export_left_is_swept_up(folders):
    root, bases = folders
    put(root, ".a.py.12345.nbprod", "half")
    apply(plan([text("a.py", "new")], root=root, base=bases, ours=[], merge=never), root=root, base=bases)
    assert [each.name for each in root.iterdir() if each.is_file()] == ["a.py"]


def test_an_edited_file_that_is_no_text_is_a_conflict(folders):
    root, bases = folders
    put(bases, "a.py", "old")
    (root / "a.py").write_bytes(b"\xff\xfe")
    (change,) = plan([text("a.py", "new")], root=root, base=bases, ours=[], merge=joined)
    assert (change.fate, change.clash) == (Fate.CONFLICT, Clash(1, "", ""))


def test_a_folder_in_the_way_is_named(folders):
    root, bases = folders
    (root / "a.py").mkdir(parents=True)
    with pytest.raises(WriteFailed, match=r"a\.py is a folder where export writes a file"):
        plan([text("a.py", "new")], root=root, base=bases, ours=[], merge=never)


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from nbprod.project.writing import Change, Fate, apply
root = Path(sys.argv[1])
rename = Path.replace
def slow(self, target):
    os.kill(os.getpid(), signal.SIGINT)   # Ctrl-C between two renames
    return rename(self, target)
Path.replace = slow
apply([Change(f"{n}.py", Fate.WRITTEN, b"new", b"new") for n in range(20)], root=root, base=root / "base")
"""


@pytest.mark.slow
def test_ctrl_c_while_renaming_waits_for_the_last_file(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "KeyboardInterrupt" in done.stderr
    assert sorted(each.name for each in tmp_path.glob("*.py")) == sorted(f"{n}.py" for n in range(20))
    assert not list(tmp_path.rglob("*.*.nbprod"))


@settings(max_examples=50, deadline=None)
@given(contents=st.dictionaries(st.sampled_from(["a.py", "p/b.py", "p/q/c.py"]), st.binary(max_size=20), min_size=1))
def test_what_is_planned_is_what_stands(tmp_path_factory, contents):
    root = tmp_path_factory.mktemp("root")
    handler = signal.getsignal(signal.SIGINT)
    files = [File(path, content) for path, content in contents.items()]
    apply(plan(files, root=root, base=root / "base", ours=[], merge=never), root=root, base=root / "base")
    assert {path: (root / path).read_bytes() for path in contents} == contents
    assert signal.getsignal(signal.SIGINT) is handler
