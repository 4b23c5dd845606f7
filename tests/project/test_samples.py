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


@pytest.mark.parametrize(
    ("inputs", "outputs", "kept"),
    [
        ((0.5, 0.5), (0.7, 0.7 + 1e-8), False),  # the code changed
        ((0.5, 0.5 + 1e-8), (0.7, 0.7 + 1e-8), True),  # a model of the step before was fitted on another processor
        ((0.5, 0.5 + 1e-8), (0.7, 0.71), False),
        ((0.5, 0.6), (0.7, 0.7), False),
    ],
)
def test_samples_of_a_step_stay_or_change_together(tmp_path, inputs, outputs, kept):
    for kind, (before, _) in {"inputs": inputs, "outputs": outputs}.items():
        stored(tmp_path / "samples/train" / kind, before)
    new = {
        kind: stored(tmp_path / "new" / kind, after)
        for kind, (_, after) in {"inputs": inputs, "outputs": outputs}.items()
    }
    files = [File(f"samples/train/{kind}/{name}", content, Ownership.REPLACED) for kind, (content, name) in new.items()]
    found = [file.content for file in steady(files, tmp_path)]
    assert found == [(tmp_path / file.path).read_bytes() if kept else file.content for file in files]


def test_damaged_missing_and_other_files_are_as_the_export_has_them(tmp_path):
    content, name = stored(tmp_path / "new", {"auc": 0.7})
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / name).write_bytes(b"damaged")
    (tmp_path / "root" / "a.py").write_text("1")
    files = [
        File(name, content, Ownership.REPLACED),
        File("other/gone.json", content, Ownership.REPLACED),
        File("a.py", b"2"),
    ]
    assert steady(files, tmp_path / "root") == tuple(files)
