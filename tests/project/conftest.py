"""A project of one notebook, taken the whole way: kernel, export, DVC, verify."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbprod import project

BIN = Path(sys.executable).parent


@dataclass
class Whole:
    """A project on disk whose notebook, in jupytext's percent format, lies in `nb/`."""

    root: Path
    name: str

    @property
    def notebook(self) -> Path:
        return self.root / "nb" / f"{self.name}.py"

    def export(self):
        return project.export(self.notebook)

    def graph(self):
        return project.graph(self.notebook)

    def run(self, *command):
        environment = os.environ | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(self.root / ".dvc" / "site"),
        }
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def repro(self):
        self.run("dvc", "init", "--no-scm", "--quiet")
        return self.run("dvc", "repro")

    def tests(self):
        return self.run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{self.name}")

    def verify(self, **tolerances):
        return project.verify(self.notebook, **tolerances)

    def differences(self, **tolerances):
        """Export, run and verify; what differs."""
        self.export()
        return [each for each in self.verify(**tolerances).outputs if not each.equal]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")


@pytest.fixture(name="whole")
def fixture_whole(tmp_path):
    """Returns a function that lays out a project: the notebook's name and text, and other files by path."""

    def lay_out(name, notebook, **files):
        made = Whole(tmp_path, name)
        (tmp_path / "pyproject.toml").touch()
        for path, text in {f"nb/{name}.py": notebook, **files}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        return made

    return lay_out
