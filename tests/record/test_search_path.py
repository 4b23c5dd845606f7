"""From which folders does the notebook import modules of its own?"""

from __future__ import annotations

import importlib
import sys
import sysconfig
from pathlib import Path

import pytest

from nbprod.record.world import search_path


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A notebook's folder and a library beside it, each with a module that was imported."""
    before = list(sys.path)
    for folder, name in (("notebooks", "near_by"), ("lib", "far_off"), ("unused", "never")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.py").write_text("x = 1\n")
        monkeypatch.syspath_prepend(tmp_path / folder)
    for name in ("near_by", "far_off"):
        importlib.import_module(name)
    yield tmp_path, before
    for name in ("near_by", "far_off"):
        del sys.modules[name]


def test_its_own_folder_and_what_it_added_count_where_modules_came_from(project):
    root, before = project
    assert sorted(search_path(before, root / "notebooks", root)) == ["lib", "notebooks"]


def test_what_installed_packages_add_is_none_of_the_projects(project, monkeypatch):
    root, before = project
    vendored = sysconfig.get_path("purelib") + "/somebody/_vendor"
    monkeypatch.syspath_prepend(vendored)
    monkeypatch.setattr(sys.modules["far_off"], "__file__", vendored + "/far_off.py")
    inner = Path(sysconfig.get_path("purelib")).parents[2]  # an environment inside of the project
    assert all("_vendor" not in each for each in search_path(before, root / "notebooks", inner))
