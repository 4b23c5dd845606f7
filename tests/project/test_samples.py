"""Samples that differ only in last digits are left as they stand."""

from __future__ import annotations

import pytest

from nbprod.model.files import File, Ownership
from nbprod.project.samples import steady
from nbprod.values import save


def stored(folder, value):
    """The bytes and the file name of a value as it is stored."""
    saved = save(value, folder, "value")
    return saved.path.read_bytes(), saved.path.name


@pytest.mark.parametrize(
    ("standing", "new", "kept"),
    [
        ({"auc": 0.7, "n": 3}, {"auc": 0.7 + 1e-13, "n": 3}, True),
        ({"auc": 0.7, "n": 3}, {"auc": 0.70001, "n": 3}, False),
        ({"auc": 0.7, "n": 3}, {"auc": 0.7, "n": 4}, False),
        ([1.0, 2.0], [1.0, 2.0], True),
    ],
)
def test_last_digits_change_nothing(tmp_path, standing, new, kept):
    root = tmp_path / "root"
    before, name = stored(root, standing)
    after, _ = stored(tmp_path / "new", new)
    (file,) = steady([File(name, after, Ownership.REPLACED)], root)
    assert file.content == (before if kept else after)


def test_damaged_missing_and_other_files_are_as_the_export_has_them(tmp_path):
    content, name = stored(tmp_path / "new", {"auc": 0.7})
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / name).write_bytes(b"damaged")
    (tmp_path / "root" / "a.py").write_text("1")
    files = [
        File(name, content, Ownership.REPLACED),
        File("gone.json", content, Ownership.REPLACED),
        File("a.py", b"2"),
    ]
    assert steady(files, tmp_path / "root") == tuple(files)
