"""Suggested marks, mended by what recorded runs of the marked notebook show."""

from __future__ import annotations

import json

import pytest
from nbformat import v4

from nbprod import project
from nbprod.errors import UsageError
from nbprod.project.suggesting import suggest

pytestmark = pytest.mark.slow

CELLS = [
    "# Prices",
    "import heapq\nimport time\nimport matplotlib.pyplot as plt\nimport pandas as pd",
    "prices = pd.DataFrame({'price': [3.0, 1.0, 2.0], 'kind': list('aba')})\nqueue = [3, 2]",
    "heapq.heapify(queue); print(queue)",
    "## Means",
    "means = prices.groupby('kind')['price'].mean()\nsmallest = queue[0]",
    "began = time.time()\ntotal = means.sum() + smallest",
    "## Picture",
    "fig, ax = plt.subplots()\nax.plot(prices['price'])",
    "ticks = ax.set_xticks([0, 1])",
    "highest = prices['price'].max()",
    "## Files",
    "files = !printf 'b.csv 1\\na.txt 2\\n'",
    "## Names",
    "tables = files.grep('csv').fields(0)\nfiles.sort()\nfirst = files[0]",
]


@pytest.fixture(scope="module")
def suggested(tmp_path_factory):
    """The suggestion for a notebook whose values move, hang on a figure, or are changed by a library."""
    root = tmp_path_factory.mktemp("prices")
    (root / "pyproject.toml").touch()
    cells = [v4.new_markdown_cell(each) if each.startswith("#") else v4.new_code_cell(each) for each in CELLS]
    (root / "prices.ipynb").write_text(json.dumps(v4.new_notebook(cells=cells)))
    return suggest(root / "prices.ipynb", out=root / "marked.ipynb")


def outs(suggested):
    return {name for each in suggested.suggestion.segments for name in each.outs}


def test_results_are_the_same_in_every_run_and_no_parts_of_figures(suggested):
    assert {"total", "highest", "tables", "first"} <= outs(suggested)
    assert not {"began", "ticks", "ax"} & outs(suggested)


def test_a_cell_whose_library_changes_a_value_is_taken_in(suggested):
    assert 3 in {cell for each in suggested.suggestion.segments for cell in each.cells}


def test_what_was_suggested_is_proven(suggested):
    project.export(suggested.written)
    done = project.verify(suggested.written)
    assert done.outputs
    assert [each for each in done.outputs if not each.equal] == []


def test_what_cells_run_of_other_files_is_known(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    cells = ["%run rates.py\n%run -i tools.ipynb", "rows = scaled(RATE)", "## Sums", "total = sum(rows)"]
    made = [v4.new_markdown_cell(each) if each.startswith("#") else v4.new_code_cell(each) for each in cells]
    (tmp_path / "sums.ipynb").write_text(json.dumps(v4.new_notebook(cells=made)))
    (tmp_path / "rates.py").write_text("RATE = 3\n")
    tools = v4.new_notebook(cells=[v4.new_code_cell("def scaled(n):\n    return [2 * each for each in range(n)]")])
    (tmp_path / "tools.ipynb").write_text(json.dumps(tools))
    found = suggest(tmp_path / "sums.ipynb").suggestion
    assert found.errors == ()
    assert [each.cells for each in found.segments] == [(1,), (3,)]


@pytest.mark.parametrize(
    ("tags", "steps", "codes"),
    [
        (["load", "drop"], {"load": (0,), "drop": (1,)}, []),
        (["ends", "middle", "ends"], {"ends": (0, 2), "middle": (1,)}, ["NB205"]),
    ],
)
def test_a_notebook_with_marks_keeps_them(tmp_path, tags, steps, codes):
    (tmp_path / "pyproject.toml").touch()
    sources = ["rows = list(open('rows.txt'))", "rest = rows[1:]", "count = len(rest) if rows else 0"][: len(tags)]
    cells = [
        v4.new_code_cell(source, metadata={"tags": [f"step:{tag}"]}) for source, tag in zip(sources, tags, strict=True)
    ]
    path = tmp_path / "marked.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=cells)))
    found = suggest(path, out=tmp_path / "copy.ipynb")
    assert {each.name: each.cells for each in found.suggestion.segments} == steps
    assert [each.code for each in found.suggestion.errors] == codes
    assert json.loads((tmp_path / "copy.ipynb").read_text()) == json.loads(path.read_text())
    with pytest.raises(UsageError, match="has marks of its own"):
        suggest(path, out=tmp_path / "copy.ipynb", choose=lambda choice: choice.suggestion)


def test_both_runs_draw_the_same_where_nothing_seeds(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    sources = [
        "import numpy as np\nfrom sklearn.utils import check_random_state",
        "rows = np.arange(9.0)\nwide = rows * 2",
        "drawn = check_random_state(None).rand(9)",  # which the text does not show to draw
        "score = int((drawn < 2).sum())",
        "other = np.random.default_rng().random()",
        "total = sorted(open('marked.ipynb'))[:0]",
    ]
    cells = [v4.new_markdown_cell("# Work"), *map(v4.new_code_cell, sources)]
    (tmp_path / "draws.ipynb").write_text(json.dumps(v4.new_notebook(cells=cells)))
    found = suggest(tmp_path / "draws.ipynb", out=tmp_path / "marked.ipynb")
    assert {"total", "score"} <= set(outs(found))
    assert "other" not in outs(found)


def test_what_classes_of_the_notebook_made_crosses_and_their_functions_do_not(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    sources = [
        "class Team:\n    def __init__(self, name):\n        self.name = name\n        self.score = len(name)",
        "# Teams",
        "teams = [Team(each) for each in sorted(open('names.txt').read().split())]",
        "# Best",
        "best = max(teams, key=lambda team: team.score)\nbest.score += 1",
        "# Rules",
        "rules = {open('names.txt').read(1): lambda team: team.score + 1}",
        "# Scores",
        "score = [rule(best) for rule in rules.values()]",
    ]
    make = {True: v4.new_markdown_cell, False: v4.new_code_cell}
    cells = [make[each.startswith("# ")](each) for each in sources]
    (tmp_path / "teams.ipynb").write_text(json.dumps(v4.new_notebook(cells=cells)))
    (tmp_path / "names.txt").write_text("red green blue")
    found = suggest(tmp_path / "teams.ipynb", out=tmp_path / "marked.ipynb").suggestion
    assert [each.cells for each in found.segments] == [(2,), (4,), (6, 8)]


def test_where_only_results_are_taken_away_one_more_run_is_enough(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    sources = [
        "import time\nimport matplotlib.pyplot as plt",
        "total = sum(len(each) for each in open('clock.ipynb'))\nbegan = time.time()",
        "plt.plot([began, total])\nplt.show()",
    ]
    (tmp_path / "clock.ipynb").write_text(json.dumps(v4.new_notebook(cells=[*map(v4.new_code_cell, sources)])))
    runs = []
    found = suggest(
        tmp_path / "clock.ipynb", out=tmp_path / "marked.ipynb", progress=lambda *told: runs.append(told[2])
    )
    assert "began" not in outs(found)
    assert runs.count("starting a kernel") == 3


def test_that_nothing_can_be_compared_is_an_error_with_its_reasons(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    cells = [v4.new_code_cell("import time"), v4.new_code_cell("began = {'at': time.time()}")]
    (tmp_path / "clock.ipynb").write_text(json.dumps(v4.new_notebook(cells=cells)))
    found = suggest(tmp_path / "clock.ipynb", out=tmp_path / "marked.ipynb").suggestion
    assert [(each.code, each.cell) for each in found.errors] == [("NB313", 1)]
    assert "'began' is another value in every run" in found.errors[0].message
