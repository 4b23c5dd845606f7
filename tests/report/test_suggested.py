"""What `nbprod suggest` prints where there is nothing to suggest."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from nbformat import v4

from nbprod.cli import main


@pytest.mark.parametrize("cells", [[], ["print(1)"], ["import matplotlib.pyplot as plt", "plt.plot([1, 2])"]])
def test_a_notebook_without_work_is_told_so_and_not_to_ask_again(tmp_path, cells):
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "looks.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=[*map(v4.new_code_cell, cells)])))
    done = CliRunner().invoke(main, ["suggest", str(path)])
    assert done.exit_code == 1
    assert done.output.startswith("  nothing to suggest: no cell makes anything that a step could hand on\n")
    assert "NB201" not in done.output
    assert [
        each["code"]
        for each in json.loads(CliRunner().invoke(main, ["suggest", str(path), "--json"]).output)["diagnostics"]
    ] == ["NB201"]
