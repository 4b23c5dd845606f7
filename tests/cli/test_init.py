"""`nbprod init`: a repository made ready, its hooks, and the workflow's own commands in a fresh clone."""

from __future__ import annotations

import json
import tomllib
from importlib import metadata

import pytest
import ruamel.yaml

from .conftest import Shop, notebook

pytestmark = pytest.mark.slow

FILES = (
    ".gitignore",
    ".dvcignore",
    "pyproject.toml",
    ".pre-commit-config.yaml",
    ".github/workflows/nbprod.yml",
    ".gitlab-ci.yml",
    ".git/hooks/pre-commit",
)


def read_yaml(shop: Shop, path: str):
    return ruamel.yaml.YAML(typ="safe").load((shop.root / path).read_text())


@pytest.fixture
def folder(tmp_path) -> Shop:
    shop = Shop(tmp_path / "My shop")
    (shop.root / "notebooks").mkdir(parents=True)
    shop.notebook.write_text(notebook())
    return shop


def test_it_writes_what_a_repository_needs_and_a_second_run_nothing(folder):
    before = folder.files()
    dry = json.loads(folder.does("nbprod", "init", "--dry-run", "--json"))
    assert {each["fate"] for each in dry["parts"] if each["path"] != "notebooks/"} == {"created"}
    assert folder.files() == before
    assert not (folder.root / ".git").exists()
    folder.does("nbprod", "init")
    assert [path for path in FILES if not (folder.root / path).is_file()] == []
    project = tomllib.loads((folder.root / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my-shop"
    assert [each.partition(">")[0] for each in project["dependencies"]] == ["nbprod", "pandas"]
    assert read_yaml(folder, ".github/workflows/nbprod.yml")["jobs"]["notebooks"]["steps"]
    assert read_yaml(folder, ".gitlab-ci.yml")["notebooks"]["script"]
    folder.does("dvc", "status")
    after = folder.files()
    again = json.loads(folder.does("nbprod", "init", "--json"))
    assert {each["fate"] for each in again["parts"]} == {"kept"}
    assert [each for each in again["parts"] if each["lacking"]] == []
    assert folder.files() == after


def test_what_is_there_stays_and_what_it_lacks_is_said(folder):
    folder.does("git", "init", "-q")
    folder.does("git", "remote", "add", "origin", "git@gitlab.example.org:a/b.git")
    own = {
        ".gitignore": "*.log\n.venv/\n",
        ".gitlab-ci.yml": "test:\n  script: [dvc repro]\n",
        "pyproject.toml": "[project]\nname = 'x'\n",
        ".git/hooks/pre-commit": "#!/bin/sh\ntrue\n",
        "requirements.txt": "pandas\n",
    }
    for path, text in own.items():
        (folder.root / path).write_text(text)
    done = json.loads(folder.does("nbprod", "init", "--json"))
    parts = {each["path"]: each for each in done["parts"]}
    assert {path: (folder.root / path).read_text() for path in own} == own
    assert "__pycache__/" in parts[".gitignore"]["lacking"]
    assert ".venv/" not in parts[".gitignore"]["lacking"]
    assert parts["pyproject.toml"]["lacking"] == parts["requirements.txt"]["lacking"] == []
    assert parts[".git/hooks/pre-commit"]["lacking"] == ["nbprod hook outputs", "nbprod hook current"]
    assert len(parts[".gitlab-ci.yml"]["lacking"]) == 3
    assert not (folder.root / ".github").exists(), "the remote is GitLab's"


def test_a_notebook_that_came_later_may_need_more_packages(folder):
    text = folder.notebook.read_text()
    folder.notebook.unlink()
    folder.does("nbprod", "init")
    folder.notebook.write_text(text)
    assert lacking(folder)["pyproject.toml"] == [f'"pandas>={metadata.version("pandas")}",']
    (folder.root / "requirements.txt").write_text("numpy\n")
    assert lacking(folder)["pyproject.toml"] == []
    assert lacking(folder)["requirements.txt"] == [f"pandas>={metadata.version('pandas')}"]
    (folder.root / "requirements.txt").write_text("Pandas==3.0\n")
    assert lacking(folder)["requirements.txt"] == []


def lacking(shop: Shop) -> dict[str, list[str]]:
    return {each["path"]: each["lacking"] for each in json.loads(shop.does("nbprod", "init", "--json"))["parts"]}


def test_a_commit_with_a_stale_export_is_blocked(ready):
    ready.change("dt.month", "dt.quarter")
    ready.does("git", "add", "notebooks")
    done = ready.command("git", "commit", "-qm", "Quarters")
    assert done.returncode == 1
    assert "the notebook is ahead of its modules: clean" in done.stdout + done.stderr
    ready.does("nbprod", "export", "notebooks/shop.ipynb")
    assert ready.command("git", "commit", "-qm", "Quarters").returncode == 1, "the modules are not staged"
    ready.does("git", "add", "-A")
    ready.does("git", "commit", "-qm", "Quarters")
    ready.change("dt.quarter", "dt.year", "shop/steps/clean.py")
    done = ready.command("git", "commit", "-qam", "Years, in the module only")
    assert done.returncode == 1
    assert "notebooks/shop.ipynb" in done.stdout + done.stderr


def test_no_outputs_are_committed(ready):
    text = ready.notebook.read_text()
    output = '"outputs": [\n    {"output_type": "stream", "name": "stdout", "text": ["secret\\n"]}\n   ]'
    ready.notebook.write_text(
        text.replace('"outputs": []', output, 1).replace('"execution_count": null', '"execution_count": 7', 1)
    )
    ready.does("git", "add", "-A")
    done = ready.command("git", "commit", "-qm", "Outputs")
    assert done.returncode == 1
    assert "took the outputs out of" in done.stdout + done.stderr
    assert ready.notebook.read_text() == text
    ready.does("git", "add", "-A")
    assert ready.command("git", "status", "--porcelain").stdout == ""


def test_the_workflows_commands_pass_in_a_fresh_clone(fixture_ready, tmp_path):
    """All but the installation, which needs a network."""
    fixture_ready.does("git", "clone", "-q", str(fixture_ready.root), str(tmp_path / "clone"))
    clone = Shop(tmp_path / "clone")
    steps = read_yaml(clone, ".github/workflows/nbprod.yml")["jobs"]["notebooks"]["steps"]
    install, *commands = (each["run"] for each in steps if "run" in each)
    gitlabs_install, *gitlabs = read_yaml(clone, ".gitlab-ci.yml")["notebooks"]["script"]
    assert install.startswith("python -m pip install ")
    assert gitlabs_install.startswith("python -m pip install ")
    assert gitlabs == commands
    for each in commands:
        done = clone.command("bash", "-eo", "pipefail", "-c", each)
        assert done.returncode == 0, f"{each}\n{done.stdout}\n{done.stderr}"
