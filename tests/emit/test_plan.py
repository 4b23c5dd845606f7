"""What several steps share, random states, shared objects: run from end to end, with the tests that were emitted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbprod.model.graph import Parameter
from nbprod.model.notebook import Mark


@pytest.fixture
def emitted(tmp_path, run_tests):
    """Emit a miniature, run its tests, and return the texts by path."""

    def emit(mini, passing):
        root = mini.project(tmp_path)
        said = run_tests(root)
        assert f"{passing} passed" in said.stdout, said.stdout
        return {each.relative_to(root).as_posix(): each.read_text() for each in root.rglob("*.py")}

    return emit


@pytest.mark.slow
def test_what_two_steps_use_stands_once(mini, definition, emitted):
    imported = definition("import math", 0, 1)
    limit = definition("LIMIT = math.floor(2.5)", 0, 2)
    helper = definition("# capped\ndef cap(x):\n    return min(x, LIMIT)", 0, 3)
    alone = definition("def double(x):\n    return 2 * cap(x)", 0, 6)
    mini.step("load", "rows = [1, 2, 3]\nbig = cap(9)", makes=("rows", "big"), uses=(imported, limit, helper))
    mini.step("use", "done = [double(x) for x in rows]", reads=("rows",), makes=("done",),
              uses=(imported, limit, helper, alone))  # fmt: skip
    texts = emitted(mini, 4)
    assert texts["mini/definitions.py"].count("def cap") == 1
    assert "from mini.definitions import cap" in texts["mini/steps/load.py"]
    assert "def double" in texts["mini/steps/use.py"]
    assert "math" not in texts["mini/steps/use.py"]


@pytest.mark.slow
def test_versions_that_differ_stand_with_their_steps(mini, definition, emitted):
    first, second = definition("def f(x):\n    return x", 1), definition("def f(x):\n    return -x", 3)
    mini.step("load", "rows = [f(1)]", makes=("rows",), uses=(first,))
    mini.step("use", "done = [f(x) for x in rows]", reads=("rows",), makes=("done",), uses=(second,))
    texts = emitted(mini, 4)
    assert "mini/definitions.py" not in texts
    assert "return -x" in texts["mini/steps/use.py"]


@pytest.mark.slow
def test_draws_from_the_seeded_state_go_on_where_they_stopped(mini, definition, emitted):
    numpy = definition("import numpy as np", 0, 1)
    state = "numpy_random_state"
    mini.step("load", f"np.random.seed(3)\nfirst = np.random.rand(3)\n{state} = np.random.get_state()",
              makes=("first", state), uses=(numpy,))  # fmt: skip
    mini.step("use", "second = first + np.random.rand(3)", reads=("first", state), makes=("second",), uses=(numpy,))
    texts = emitted(mini, 4)
    assert "np.random.set_state(numpy_random_state)" in texts["mini/steps/use.py"]


@pytest.mark.slow
def test_shared_objects_stay_shared_when_copied(mini, emitted):
    cells = "inner = [1]\nouter = [inner, [2]]"
    mini.step("load", cells, makes=("inner", "outer"))
    mini.step("use", "inner.append(5)\ntotal = len(outer[0])", reads=("inner", "outer"), makes=("total",),
              mutates=frozenset({"inner"}))  # fmt: skip
    texts = emitted(mini, 4)
    assert "inner, outer = copy.deepcopy((inner, outer))" in texts["mini/steps/use.py"]


@pytest.mark.slow
def test_a_class_of_the_notebook_crosses_the_border(mini, definition, emitted):
    model = definition(
        "class Mean:\n    def fit(self, rows):\n        self.mean = sum(rows) / len(rows)\n        return self", 0
    )
    mini.step("load", "rows = [1.0, 2.0]", makes=("rows",))
    mini.step("train", "mean = Mean().fit(rows).mean", reads=("rows",), makes=("mean",), uses=(model,))
    assert "class Mean:" in emitted(mini, 4)["mini/steps/train.py"]


@pytest.mark.slow
def test_emitted_code_passes_a_strangers_linter_and_type_checker(mini, definition, tmp_path):
    mini.parameters = (Parameter("limit", "int", "3", "int", "the border"), Parameter("names", "list", '["a"]'))
    load = 'import pandas as pd\n\nrows = pd.DataFrame({"a b": [1, 2, 3], "y": ["u", "v", None]})\nkind = {"a": 1}'
    mini.step("load", load, makes=("rows", "kind"))
    helper = definition(
        'def cap(frame):\n    """Only the small."""\n    return frame[frame["a b"] < limit]', local=True
    )
    mini.step("use", "rows = cap(rows)\nn = len(rows) + len(names)", reads=("rows",), makes=("rows", "n"),
              parameters=("limit", "names"), uses=(helper,))  # fmt: skip
    mini.check("use", "assert n > 0", "n")
    root = mini.project(tmp_path)
    select = ["--select", "E4,E7,E9,F,I,E,B,UP,W", "--line-length", "100", "--target-version", "py311"]
    # Cells hold plain frames; that they keep to their schema is known only when it is checked.
    lenient = ["--disable-error-code", "arg-type", "--disable-error-code", "return-value"]
    commands = {
        "ruff": ["ruff", "check", "--isolated", *select, "."],
        "format": ["ruff", "format", "--isolated", "--check", "--line-length", "100", "."],
        "mypy": ["mypy", "--ignore-missing-imports", *lenient, "--python-executable", sys.executable, "-p", "mini"],
    }
    for command in commands.values():
        done = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


ROWS = {
    "frame": "import pandas as pd\nit = pd.DataFrame({'a': range(900)})",
    "frame with a repeated index": "import pandas as pd\nit = pd.DataFrame({'a': range(900)}, index=[1, 2, 3] * 300)",
    "series": "import pandas as pd\nit = pd.Series(range(900), name='a')",
    "polars": "import polars as pl\nit = pl.DataFrame({'a': range(900), 'b': [None, 'x', 'y'] * 300})",
    "array": "import numpy as np\nit = np.arange(1800.0).reshape(900, 2)",
    "vector": "import numpy as np\nit = np.arange(900)",
    "list": "it = list(range(900))",
    "dict": "it = {'a': 1}",
    "number": "it = 3",
}


@pytest.mark.slow
def test_a_step_without_inputs_still_makes_what_was_recorded(mini, tmp_path, run_tests):
    for number, cell in enumerate(ROWS.values()):
        mini.step(f"load{number}", cell, makes=("it",))
    root = mini.project(tmp_path)
    said = run_tests(root)
    assert f"{len(ROWS)} passed" in said.stdout, said.stdout
    for path in (root / "mini" / "steps").glob("load*.py"):
        path.write_text(path.read_text().replace("900", "899").replace("* 300", "* 299 + [0, 0]"))
    assert "7 failed" in run_tests(root, "--maxfail=99").stdout


@pytest.mark.slow
def test_metrics_and_plots_are_replayed_as_they_are_stored(mini, emitted):
    cell = """import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
figure, axes = plt.subplots()
axes.plot(rows)
score = {"n": np.int64(len(rows)), "mean": np.float64(2)}
curve = pd.DataFrame({"day": pd.date_range("2020", periods=3), "v": rows}).set_index("day")
"""
    mini.step("load", "rows = [1, 2, 3]", makes=("rows",))
    mark = Mark("draw", metrics=("score",), plots=("figure", "curve"))
    mini.step("draw", cell, reads=("rows",), makes=("figure", "score", "curve"), mark=mark)
    texts = emitted(mini, 5)
    assert 'assert_same(made.score, sample("score", of="outputs"), role="metric")' in texts["tests/mini/test_draw.py"]
