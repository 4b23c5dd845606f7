"""Every example of README.md and docs/ is run.

A page's blocks work together in one fresh project (the README's in a copy of this one), from top to bottom:

- ```python title="a/file.py"```: the file, if it isn't there yet; else it must be what stands there, where a line `...`
  stands for any lines. A notebook is written out as cells under `# %%` lines; an existing one must have those cells.
- ```python``` without a title: a notebook to be found without errors if it begins with `# %%`, a doctest if it begins
  with `>>>`, else a script that must run. ```yaml``` and ```json``` must parse.
- ```console```: after `$` a command that is run, below it what it prints, where `...` stands for anything. It
  succeeds unless it ends in `# exit 1`. Files below it are what the commands made.
- ```text``` is for the eye: a sketch, a table.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import ruamel.yaml

from nbprod.model.faults import example_cells

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
COPIED = [
    "notebooks",
    "flights",
    "tests/flights",
    "dvc.yaml",
    "params.yaml",
    ".dvcignore",
    ".dvc/config",
    ".nbprod/base",
]
FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
CALLED = ".git/called"  # marks a project in which commands have run


@dataclass(frozen=True)
class Block:
    kind: str
    title: str | None
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(each["kind"], each["title"], each["text"], text.count("\n", 0, each.start()) + 1)
        for each in FENCE.finditer(text)
    ]


def parameter(page: Path):
    slow = any(each.kind == "console" or (each.kind == "python" and not each.title) for each in blocks(page))
    return pytest.param(page, id=page.relative_to(ROOT).as_posix(), marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("page", [parameter(page) for page in PAGES])
def test_examples(page: Path, project: Path):
    if page.name == "README.md":
        copy_project(project)
    for block in blocks(page):
        where = f"{page.relative_to(ROOT)}, line {block.line}"
        EXAMPLES[block.kind](block, project, where)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project under git and DVC."""
    folder = tmp_path / "project"
    folder.mkdir()
    assert shell("git init -q && git config user.email a@b.c && git config user.name A", folder).returncode == 0
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text((ROOT / ".dvc" / "config").read_text())
    return folder


def copy_project(project: Path) -> None:
    for name in COPIED:
        source, target = ROOT / name, project / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "dvc-site"),
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "PYTHONPATH": str(folder),
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def matches(wanted: str, got: str) -> bool:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return wanted.strip() == got.strip() or doctest.OutputChecker().check_output(wanted, got, flags)


def run_console(block: Block, project: Path, where: str) -> None:
    (project / CALLED).touch()
    for each in COMMAND.finditer(block.text):
        done = shell(each["command"], project)
        printed = done.stdout + (done.stderr if done.returncode else "")
        expected = re.search(r"# exit (\d)$", each["command"])
        assert done.returncode == int(expected[1] if expected else 0), f"{where}: {each['command']}\n{printed}"
        assert matches(each["output"].rstrip() + "\n", printed.rstrip() + "\n"), (
            f"{where}: $ {each['command']}\n--- written\n{each['output']}\n--- printed\n{printed}\n{done.stderr}"
        )


def run_python(block: Block, project: Path, where: str) -> None:
    if block.title:
        hold_file(block, project, where)
    elif block.text.startswith("# %%"):
        write_notebook(project / "example.ipynb", block.text)
        done = shell("nbprod check --json example.ipynb", project)
        assert done.returncode == 0, f"{where}:\n{done.stdout}\n{done.stderr}"
    else:
        script = project.parent / "example.py"
        script.write_text(block.text)
        as_doctest = "-m doctest -o ELLIPSIS" if block.text.startswith(">>>") else ""
        done = shell(f"{sys.executable} {as_doctest} {script}", project)
        assert done.returncode == 0, f"{where}:\n{done.stdout}\n{done.stderr}"


def hold_file(block: Block, project: Path, where: str) -> None:
    """Write the file; or, where it stands already, hold the block to it."""
    path = project / (block.title or "")
    if not path.exists():
        assert not (project / CALLED).exists(), f"{where}: no command made {block.title}"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_notebook(path, block.text) if path.suffix == ".ipynb" else path.write_text(block.text)
    elif path.suffix == ".ipynb":
        sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        for cell in example_cells(block.text):
            assert any(matches(cell.source, source) for source in sources), f"{where}: no such cell:\n{cell.source}"
    else:
        assert matches(block.text, path.read_text()), f"{where}: {block.title} is\n{path.read_text()}"


def write_notebook(path: Path, text: str) -> None:
    cells = [
        (nbformat.v4.new_code_cell if each.is_code else nbformat.v4.new_markdown_cell)(
            each.source, id=f"cell-{number}", metadata={"tags": list(each.tags)} if each.tags else {}
        )
        for number, each in enumerate(example_cells(text))
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def parse_yaml(block: Block, project: Path, where: str) -> None:
    ruamel.yaml.YAML(typ="safe").load(block.text)
    if block.title:
        hold_file(block, project, where)


def parse_json(block: Block, project: Path, where: str) -> None:
    json.loads(block.text)


EXAMPLES = {
    "python": run_python,
    "console": run_console,
    "yaml": parse_yaml,
    "json": parse_json,
    "toml": hold_file,
    "text": lambda block, project, where: None,
}
