"""The files that make a repository ready for notebooks and their pipelines: what `nbprod init` writes where none is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.emit.export import IGNORED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GIT_IGNORED = ("__pycache__/", ".ipynb_checkpoints/", ".venv/", "*.egg-info/", ".pytest_cache/", "dvc_plots/")
HOOKS = ("nbprod hook outputs", "nbprod hook current")
PRE_COMMIT = ".pre-commit-config.yaml"
GITHUB, GITLAB = ".github/workflows/nbprod.yml", ".gitlab-ci.yml"
EACH = "nbprod hook notebooks | xargs -r -d '\\n' -n 1"
GIT_HOOK = """\
#!/bin/sh
# Written by nbprod init: no outputs in git, and exported modules that are what their notebooks say.
nbprod hook outputs || exit 1
nbprod hook current || exit 1
"""
PRE_COMMIT_TEXT = """\
# pre-commit run --all-files; pre-commit install makes git run it before each commit
repos:
  - repo: local
    hooks:
      - id: nbprod-outputs
        name: notebooks are committed without outputs
        entry: nbprod hook outputs
        language: system
        files: \\.ipynb$
      - id: nbprod-current
        name: exported modules are what their notebooks say
        entry: nbprod hook current
        language: system
        pass_filenames: false
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file: its text where there is none, and the lines and packages that one which stands there must have."""

    path: str
    text: str
    lines: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about a repository: its name, its remotes, its Python, what its notebooks import."""

    name: str
    remotes: tuple[str, ...] = ()
    python: str = "3.12"
    requirements: tuple[str, ...] = ()
    has_requirements_file: bool = False


def wanted(facts: Facts) -> tuple[Wanted, ...]:
    """Return the files that a repository needs."""
    listed = facts.has_requirements_file
    files = [
        Wanted(".gitignore", _listed(GIT_IGNORED), GIT_IGNORED),
        Wanted(".dvcignore", _listed(IGNORED), IGNORED),
        Wanted("pyproject.toml", _pyproject(facts), packages=() if listed else ("nbprod", *facts.requirements)),
        *([Wanted("requirements.txt", "", packages=facts.requirements)] if listed else []),
        Wanted(PRE_COMMIT, PRE_COMMIT_TEXT, tuple(f"entry: {each}" for each in HOOKS)),
    ]
    files += [Wanted(path, text(facts), tuple(CHECKS)) for path, text in _pipelines(facts.remotes)]
    return tuple(files)


def unnamed(packages: Sequence[str], text: str) -> tuple[str, ...]:
    """The requirements whose package a file doesn't name, in whatever form it lists them.

    >>> unnamed(("scikit-learn>=1.9", "dask>=1", "numpy>=2"), "Scikit_Learn dask-sql==2 numpy[x]")
    ('dask>=1',)
    """
    plain = _canonical(text)
    return tuple(each for each in packages if not re.search(rf"(?<![\w-]){_package(each)}(?![\w-])", plain))


def _package(requirement: str) -> str:
    return re.escape(_canonical(requirement.partition(">")[0]))


def _canonical(text: str) -> str:
    """Names of packages in one spelling: pip takes no heed of case, nor of which of the three characters joins."""
    return re.sub(r"[-_.]+", "-", text.lower())


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _pipelines(remotes: Sequence[str]) -> list[tuple[str, Callable[[Facts], str]]]:
    """A workflow where the repository's remotes are known to run it; both where nothing is known."""
    known = {host for host in ("github", "gitlab") if any(host in each.lower() for each in remotes)}
    both = {"github": (GITHUB, _github), "gitlab": (GITLAB, _gitlab)}
    return [both[host] for host in both if host in known or not known]


def _pyproject(facts: Facts) -> str:
    needs = "".join(f'    "{each}",\n' for each in ("nbprod", *facts.requirements))
    return f"""\
[project]
name = "{project_name(facts.name)}"
version = "0.1.0"
requires-python = ">={facts.python}"
dependencies = [
{needs}]

[project.optional-dependencies]
test = ["pytest"]

[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
packages = []  # what export writes is run from here: pip install . brings what it needs

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""


def project_name(folder: str) -> str:
    """A name that packages may have.

    >>> project_name("My flights (2)"), project_name("--")
    ('my-flights-2', 'notebooks')
    """
    return re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-") or "notebooks"


# What a workflow does, in order: each is one line of shell.
CHECKS = {
    f"{EACH} nbprod check": "what stands in the way, and modules that were edited",
    f"{EACH} nbprod export --check": "the committed modules are what the notebooks export today",
    "dvc repro": "the pipeline runs",
    f"{EACH} nbprod verify": "it computes what the notebooks compute",
}
PULL = 'if [ -n "$(dvc remote list)" ]; then dvc pull --run-cache --allow-missing || true; fi'
TESTS = "if [ -d tests ]; then python -m pytest -q tests; fi"


def _install(facts: Facts) -> str:
    return "python -m pip install " + (
        "-r requirements.txt nbprod pytest" if facts.has_requirements_file else '".[test]"'
    )


def _steps(facts: Facts) -> list[str]:
    return [_install(facts), PULL, *CHECKS, TESTS]


def _github(facts: Facts) -> str:
    steps = "".join(f"      - run: {each}\n" for each in _steps(facts))
    return f"""\
# Notebooks and pipeline: checked, reproduced, and proven to compute the same.
name: nbprod
on:
  push:
  pull_request:
jobs:
  notebooks:
    runs-on: ubuntu-latest
    env:
      DVC_NO_ANALYTICS: "1"
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "{facts.python}"
          cache: pip
{steps}"""


def _gitlab(facts: Facts) -> str:
    steps = "".join(f"    - {each}\n" for each in _steps(facts))
    return f"""\
# Notebooks and pipeline: checked, reproduced, and proven to compute the same.
notebooks:
  image: python:{facts.python}
  variables:
    DVC_NO_ANALYTICS: "1"
    PIP_CACHE_DIR: "$CI_PROJECT_DIR/.cache/pip"
  cache:
    paths:
      - .cache/pip
  script:
{steps}"""
