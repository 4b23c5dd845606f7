"""The picture that README.md shows is the graph of the notebook as it stands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_picture_of_the_flights_graph_is_current(tmp_path: Path):
    notebook = tmp_path / "notebooks" / "flights.ipynb"
    notebook.parent.mkdir()
    shutil.copy(ROOT / "notebooks" / "flights.ipynb", notebook)
    (tmp_path / "pyproject.toml").touch()
    command = [sys.executable, "-m", "nbprod", "graph", "notebooks/flights.ipynb", "--svg", "flights.svg"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "flights.svg").read_text() == (ROOT / "docs" / "images" / "flights.svg").read_text()
