"""What sets up environments: the pins, the Makefile and the script that CI runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[\w.!+]+( ; .+)?")
PINS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_pins_are_versions_and_no_addresses(path: Path):
    assert [line for line in path.read_text().splitlines() if not PIN.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("name", "groups"), [("dev.txt", ["test", "check", "docs", "build"]), ("pandas2.txt", ["test", "build"])]
)
def test_pins_cover_and_satisfy_what_is_declared(name: str, groups: list[str]):
    wanted = [
        *PROJECT["project"]["dependencies"],
        *(each for group in groups for each in PROJECT["dependency-groups"][group]),
    ]
    pinned = [Requirement(line) for line in (ROOT / "requirements" / name).read_text().splitlines()]
    for requirement in map(Requirement, wanted):
        same = [each for each in pinned if canonicalize_name(each.name) == canonicalize_name(requirement.name)]
        assert same, f"{requirement.name} is not pinned: make pins"
        versions = [str(each.specifier).removeprefix("==") for each in same]
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: {versions}"


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_machine_without_a_python_is_told_what_it_needs(tmp_path: Path):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    done = make("test", "PYTHON=", folder=tmp_path)
    assert done.returncode == 2
    assert "Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_every_target_that_is_spoken_of_exists():
    texts = [(ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md", ".ci/run", "benchmarks/README.md")]
    spoken = {name for text in texts for name in re.findall(r"(?:`make |--no-print-directory )([a-z]\w+)", text)}
    targets = set(re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= spoken
    assert spoken <= targets


def test_ci_can_be_run():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
