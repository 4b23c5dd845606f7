"""A repository of DVC to plan and run in, and DVC itself as the judge."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    """An empty repository, made once."""
    root = tmp_path_factory.mktemp("empty")
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], cwd=root, check=True)
    with (root / ".dvc" / "config").open("a") as config:
        config.write("[core]\n    check_update = false\n    analytics = false\n")
    return root


@pytest.fixture
def repository(empty, tmp_path, monkeypatch) -> Path:
    """A repository of its own, with DVC's site cache beside it; it is the working directory."""
    import shutil

    root = tmp_path / "repo"
    shutil.copytree(empty, root)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "global"))
    monkeypatch.setenv("DVC_SYSTEM_CONFIG_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.chdir(root)
    return root


def stale_by_dvc(folder: Path) -> set[str]:
    """The stages that DVC would run, by its own names from that folder."""
    from dvc.repo import Repo

    with contextlib.chdir(folder), Repo(str(folder)) as repo, repo.lock:
        return {stage.addressing for stage in repo.index.stages if stage.changed()}


def dvc(*arguments: str) -> None:
    """Run DVC in this process's folder."""
    subprocess.run([sys.executable, "-m", "dvc", *arguments], check=True, capture_output=True)
