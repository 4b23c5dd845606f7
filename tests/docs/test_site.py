"""The site builds without a warning, has a page for every command and diagnostic, and fetches nothing from others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.cli import main
from nbprod.model.faults import FAULTS

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(?:https?:)?//[^"' >]+""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT, check=False, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_every_command_is_described(site: Path):
    page = (site / "commands.html").read_text()
    assert [name for name in main.commands if f'id="nbprod-{name}"' not in page] == []


@pytest.mark.slow
def test_every_diagnostic_has_its_page(site: Path):
    index = (site / "diagnostics" / "index.html").read_text()
    for code in FAULTS:
        assert f'href="{code}.html"' in index
        assert "The cure" in (site / "diagnostics" / f"{code}.html").read_text()


@pytest.mark.slow
def test_no_page_fetches_from_elsewhere(site: Path):
    found = {path.name: FOREIGN.findall(path.read_text()) for path in site.rglob("*.html")}
    # A canonical link names this site itself; it is not fetched.
    assert {name: [tag for tag in tags if "canonical" not in tag] for name, tags in found.items() if tags} == {}


def test_every_command_has_help():
    assert [name for name, command in main.commands.items() if not command.help] == []


def test_the_words_of_diagnostics_are_bounded():
    assert [code for code, fault in FAULTS.items() if not (fault.why and fault.bad and fault.cure)] == []
