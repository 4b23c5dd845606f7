"""What is restored of a notebook, what always runs and why, and what the store's misfortunes do to a run."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from nbprod.cache import Lost
from nbprod.cache import blobs as blob_files

BASICS = "import numpy as np\nimport pandas as pd"


def restored(run):
    return [at for at, fate in sorted(run.fates.items()) if fate.restored]


def twice(runs, *cells, **options):
    """Run the cells twice; the second run."""
    runs(list(cells), **options)
    return runs(list(cells), **options)


def test_what_was_done_is_restored_and_shown_again(runs):
    cells = [BASICS, "x = np.arange(3).cumsum()", "print('hello')\nx.sum()", "y = x + 1", "y"]
    first = runs(cells)
    again = runs(cells)
    assert restored(first) == []
    assert restored(again) == [1, 2, 3, 4]
    assert again.outputs == first.outputs
    assert again.values["y"].tolist() == [1, 2, 4]
    assert again.why(0) == "defines what others use"


def test_what_nobody_reads_is_never_loaded(runs):
    cells = [BASICS, "x = np.arange(3).cumsum()", "y = x + 1", "y"]
    assert twice(runs, *cells).loaded == 2  # np and pd


def test_an_edit_runs_its_cell_and_what_depends_on_it(runs):
    cells = [BASICS, "x = np.arange(3).cumsum()", "z = 5", "y = x + 1", "y * z", "x"]
    runs(cells)
    cells[2] = "z = 6"
    assert runs(cells).ran == [0, 2, 4]


def test_an_edit_that_gives_the_same_value_goes_no_further(runs):
    cells = ["a = [3, 1]", "b = sorted(a) + []", "c = b * 2", "c"]
    runs(cells)
    cells[0] = "a = [1, 3]"
    assert runs(cells).ran == [0, 1]


def test_a_comment_is_no_edit_but_a_semicolon_is(runs):
    runs(["x = 3", "x"])
    assert runs(["x = 3  # three", "x"]).ran == []
    assert runs(["x = 3", "x;"]).ran == [1]


def test_a_helper_that_changed_runs_what_calls_it(runs):
    helper, other = "def f(x):\n    return g(x) + 1", "def g(x):\n    return x * {}"
    cells = [helper, other.format(2), "y = f(3)", "z = 5", "y, z"]
    runs(cells)
    found = runs([helper, other.format(3), *cells[2:]])
    assert found.ran == [0, 1, 2, 4]
    assert found.values["y"] == 10


def test_parameters_count_for_the_cells_that_read_them(runs):
    cells = ["# parameters\nn = 2\nk = 1", "x = n * 10", "y = x + k", "y"]
    runs(cells)
    assert runs(["# parameters\nn = 2\nk = 5", *cells[1:]]).ran == [0, 2, 3]


def test_imports_and_definitions_of_a_cell_are_made_while_its_work_is_restored(runs):
    cells = ["import json\n\ndef double(x):\n    return json.loads(str(x)) * 2\n\ny = double(4)", "print(double(y))"]
    runs(cells)
    cells[1] = "print(double(y) + 1)"
    found = runs(cells)
    assert restored(found) == [0]
    assert found.outputs[1][0]["text"] == "17\n"


def test_values_of_the_notebooks_own_classes_come_back_as_such(runs):
    kind = "class Box:\n    def __init__(self, x):\n        self.x = x\n    def twice(self):\n        return self.x * 2"
    cells = [kind, "box = Box([1])", "isinstance(box, Box)", "box.twice()"]
    runs(cells)
    cells[2] = "isinstance(box, Box), type(box) is Box"
    found = runs(cells)
    assert found.ran == [0, 2]
    assert "(True, True)" in found.outputs[2][0]["text"]
    cells[0] = kind.replace("* 2", "* 3")
    assert runs(cells).ran == [0, 1, 2, 3]


def test_names_for_one_object_still_are(runs):
    cells = ["a = [1]", "b = a", "b.append(2)", "print(a)", "a is b"]
    runs(cells)
    cells[4] = "a is b, len(a)"
    found = runs(cells)
    assert found.ran == [4]
    assert found.values["a"] is found.values["b"]
    assert "(True, 2)" in found.outputs[4][0]["text"]


def test_a_change_in_place_is_restored_for_every_name_that_sees_it(runs):
    cells = [BASICS, "x = np.zeros(4)", "half = x[:2]", "half[:] = 7", "print(x, half)"]
    runs(cells)
    cells[4] = "print(half, x)"
    found = runs(cells)
    assert found.ran == [0, 4]
    assert found.outputs[4][0]["text"] == "[7. 7.] [7. 7. 0. 0.]\n"
    assert found.values["half"].base is found.values["x"]


def test_same_content_of_other_layout_is_another_input(runs):
    cells = [BASICS, "x = np.ones((3, 4))", "x.sum(axis=0)"]
    runs(cells)
    cells[1] = "x = np.asfortranarray(np.ones((3, 4)))"
    assert runs(cells).ran == [0, 1, 2]


def test_seeded_draws_go_on_where_they_were(runs):
    cells = [BASICS, "np.random.seed(1)", "x = np.random.normal()", "y = np.random.normal()", "x, y"]
    first = runs(cells)
    cells[4] = "x, y, np.random.normal()"
    found = runs(cells)
    assert found.ran == [0, 4]
    assert found.outputs[4] == runs(cells, cache=False).outputs[4]
    assert (found.values["x"], found.values["y"]) == (first.values["x"], first.values["y"])
    cells[1] = "np.random.seed(2)"
    assert runs(cells).ran == [0, 1, 2, 3, 4]


ALWAYS = {
    "unseeded": ("import numpy as np", "x = np.random.normal()", "nobody has seeded"),
    "unseeded generator": ("import numpy as np", "x = np.random.default_rng().normal()", "without a seed"),
    "clock": ("import time", "x = time.time()", "reads the clock"),
    "clock in a helper": (
        "import datetime\ndef now():\n    return datetime.datetime.now()",
        "x = str(now())",
        "reads the clock",
    ),
    "uuid": ("import uuid", "x = str(uuid.uuid4())", "nobody has seeded"),
    "written": ("import pathlib", "x = pathlib.Path('a.txt').write_text('a')", "writes a.txt"),
    "folder": ("import os", "os.makedirs('new', exist_ok=True)\nx = 1", "writes new"),
    "removed": ("import os\nopen('gone', 'w').close()", "os.remove('gone')\nx = 1", "changes files"),
    "program": ("import subprocess", "x = subprocess.run(['true']).returncode", "starts a program"),
    "shell": ("y = 1", "x = !echo 1", "has the magic"),
    "open file": ("open('b.txt', 'w').close()", "x = open('b.txt')", "is an open file"),
    "generator": ("y = [1]", "x = (each for each in y)", "is a generator"),
    "setting": ("import pandas as pd", "pd.set_option('display.max_rows', 7)\nx = 1", "sets something"),
    "setting by a helper": (
        "import pandas as pd\ndef prepare():\n    pd.set_option('display.max_rows', 8)",
        "prepare()\nx = 1",
        "sets something",
    ),
    "changed setting": ("import numpy as np", "x = np.set_printoptions(precision=2)", "sets something"),
    "warnings": ("import warnings", "warnings.simplefilter('ignore')\nx = 1", "sets something"),
    "working directory": ("import os", "x = os.chdir('.') or os.chdir('/')", "sets something"),
    "any name": ("y = 1", "x = eval('y')", "any name"),
    "thread": ("import threading", "x = threading.Thread(target=print)", "background"),
    "file asked for": ("import os", "x = os.path.exists('a')", "asks about files"),
    "environment": ("import os", "x = dict(os.environ)", "reads the environment"),
    "patched": ("import json", "json.extra = 1\nx = 1", "sets something"),
    "torch": ("try:\n    import torch\nexcept ImportError:\n    torch = None", "x = str(torch)", "is not followed"),
    "hash": ("y = 'a'", "x = hash(y)", "hashes"),
}


@pytest.mark.parametrize("case", ALWAYS)
def test_what_always_runs(runs, case, monkeypatch):
    first, second, why = ALWAYS[case]
    folder = os.getcwd()  # noqa: PTH109
    for _ in range(3):
        found = runs([first, second, "str(x)[:0]"])
        monkeypatch.chdir(folder)
        assert 1 in found.ran
        assert why in found.why(1)


def test_a_network_read_always_runs(runs, tmp_path):
    server = HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/"
        found = twice(runs, "import urllib.request", f"x = len(urllib.request.urlopen('{address}').read())", "x")
    finally:
        server.shutdown()
        server.server_close()
    assert (1 in found.ran, found.why(1)) == (True, "reads the network")


def test_whoever_trusts_a_cell_has_it_restored(runs):
    def trusting(plan):
        return replace(plan, cells={**plan.cells, 1: replace(plan.cells[1], trusted=True, never="")})

    found = twice(runs, "import time", "x = time.time()", "x", change=trusting)
    assert restored(found) == [1, 2]


def test_a_mark_says_what_may_be_restored(runs):
    clock = "import time\nx = time.time()"
    assert restored(twice(runs, f"%%step now --cache\n{clock}", "x")) == [0, 1]
    assert restored(twice(runs, f"%%step now\n{clock}", "x")) == []
    found = twice(runs, "%%step load --no-cache\nx = 1", "x")
    assert (restored(found), found.why(0)) == ([1], "is marked with --no-cache")
    found = twice(runs, "%%step load --fresh\nx = 1", "x")
    assert (restored(found), found.why(0)) == ([1], "fresh was asked for")


def test_a_file_that_changed_is_read_again(runs, tmp_path):
    data = tmp_path / "rows.csv"
    data.write_text("a\n1\n")
    cells = [BASICS, "rows = pd.read_csv('rows.csv')", "rows['a'].sum()"]
    assert restored(twice(runs, *cells)) == [1, 2]
    data.write_text("a\n2\n")
    found = runs(cells)
    assert found.ran == [0, 1, 2]
    assert found.values["rows"]["a"].tolist() == [2]
    data.write_text("a\n1\n")
    assert runs(cells).ran == [0]


def test_a_file_more_in_a_folder_is_seen(runs, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "1.csv").write_text("a\n1\n")
    cells = [
        "import glob\nimport pandas as pd",
        "parts = [pd.read_csv(each) for each in glob.glob('data/*.csv')]",
        "len(parts)",
    ]
    assert restored(twice(runs, *cells)) == [1, 2]
    (tmp_path / "data" / "2.csv").write_text("a\n2\n")
    assert runs(cells).ran == [0, 1, 2]


def test_a_parquet_file_is_seen(runs, tmp_path):
    import pandas as pd

    pd.DataFrame({"a": [1]}).to_parquet("rows.parquet")
    cells = [BASICS, "rows = pd.read_parquet('rows.parquet')", "rows"]
    assert restored(twice(runs, *cells)) == [1, 2]
    pd.DataFrame({"a": [2]}).to_parquet("rows.parquet")
    assert runs(cells).ran == [0, 1, 2]


def test_a_named_variable_counts(runs, monkeypatch):
    cells = ["import os", "x = os.environ.get('STORE', 'none')", "x"]
    assert restored(twice(runs, *cells)) == [1, 2]
    monkeypatch.setenv("STORE", "north")
    found = runs(cells)
    assert (found.ran, found.values["x"]) == ([0, 1, 2], "north")


def test_a_module_of_the_projects_own_counts_by_its_text(runs, tmp_path, monkeypatch):
    import sys

    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "helpers_of_store.py"
    cells = ["import helpers_of_store", "x = helpers_of_store.f(1)", "x"]
    for text, ran in (("+ 1", [0, 1, 2]), ("+ 1", [0]), ("+ 2", [0, 1, 2])):
        module.write_text(f"def f(x):\n    return x {text}  # {ran}\n")
        sys.modules.pop("helpers_of_store", None)
        for each in tmp_path.glob("__pycache__/*"):
            each.unlink()
        if ran != [0]:
            assert runs(cells).ran == ran


def test_a_setting_counts_for_what_comes_after_it(runs):
    cells = [BASICS, "pd.set_option('display.precision', 3)", "x = pd.Series([1.23456])", "x"]
    try:
        runs(cells)
        cells[1] = "pd.set_option('display.precision', 2)"
        found = runs(cells)
        assert found.ran == [0, 1, 2, 3]
        assert "1.23\n" in found.outputs[3][0]["text"]
    finally:
        import pandas as pd

        pd.reset_option("display.precision")


def test_what_fails_is_not_kept(runs):
    cells = ["x = 1", "x / 0"]
    runs(cells)
    found = runs(cells)
    assert found.ran == [1]
    assert "division" in found.outputs[-1]


def test_a_figure_is_shown_again(runs):
    cells = [
        "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt",
        "figure, axes = plt.subplots()\naxes.plot([1, 2])\nfigure",
    ]
    runs(cells)
    first, again = runs(cells), runs(cells)
    assert restored(again)[-1:] == [1]
    assert first.outputs[1] == again.outputs[1]


def test_a_step_asked_for_afresh_runs_and_is_kept(runs):
    def fresh(plan):
        return replace(plan, cells={at: replace(each, fresh=at == 1) for at, each in plan.cells.items()})

    cells = ["x = 1", "y = x + 1", "y"]
    runs(cells)
    found = runs(cells, change=fresh)
    assert (found.ran, found.why(1)) == ([1], "fresh was asked for")


def test_history_makes_all_cells_run(runs):
    found = twice(runs, "x = 1\nx", "y = _ + 1", "y")
    assert restored(found) == []


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_damaged_is_made_again(runs, tmp_path, monkeypatch, at_once):
    if not at_once:  # as of what is large: found when it is needed, so that the run has to begin again
        monkeypatch.setattr("nbprod.record.restoring.restorer.AT_ONCE", 0)
    cells = [BASICS, "x = np.arange(10_000)", "y = 1", "print(x.sum() + y)"]
    first = runs(cells)
    for path in (tmp_path / ".nbprod" / "cache" / "blobs").glob("*/*"):
        whole = path.read_bytes()
        if len(whole) > 10_000:
            path.write_bytes(whole[:5_000] + bytes([whole[5_000] ^ 1]) + whole[5_001:])
    cells[3] = "print(x.sum() + y + 0)"
    if not at_once:
        with pytest.raises(Lost):
            runs(cells)
    found = runs(cells)
    assert (found.ran, found.outputs[3]) == ([0, 1, 3], first.outputs[3])


def test_a_store_that_vanishes_midway_costs_a_new_run_at_most(runs, tmp_path):
    import shutil

    cells = ["x = [1] * 5_000", "y = len(x)", "y"]
    runs(cells)
    shutil.rmtree(tmp_path / ".nbprod" / "cache" / "blobs")
    found = runs(cells)
    assert found.ran == [0, 1]
    assert found.notes == ["a value of the cache is gone, and is made again"]
    assert restored(runs(cells)) == [0, 1, 2]


def test_what_a_run_relies_on_stays_when_the_store_goes(runs, tmp_path):
    cells = ["x = [1] * 5_000", "z = 1", "y = len(x) + z", "y"]
    runs(cells)

    def lasting(plan):
        cell = replace(plan.cells[1], never="runs")
        return replace(plan, cells={**plan.cells, 1: cell})

    cells[1] = f"import shutil; z = 2; shutil.rmtree({str(tmp_path / '.nbprod' / 'cache')!r})"
    found = runs(cells, change=lasting)
    assert (found.ran, found.values["y"]) == ([1, 2, 3], 5_002)
    assert found.notes == []


def test_a_store_that_can_not_be_written_is_said_once_and_all_runs(runs, tmp_path):
    (tmp_path / "file").write_text("in the way")
    found = runs(["x = 1", "y = x", "y"], store=tmp_path / "file" / "cache")
    assert found.ran == [0, 1, 2]
    assert len(found.notes) == 1
    assert "can't be used as cache" in found.notes[0]


def test_blobs_of_a_cell_hold_what_it_made_alone(runs, tmp_path):
    runs([BASICS, "big = np.zeros(1_000_000)", "y = float(big[0])", "y"])
    sizes = sorted(path.stat().st_size for path in (tmp_path / ".nbprod" / "cache").glob("blobs/*/*"))
    assert sizes[-1] > 8_000_000
    assert sum(sizes[:-1]) < 5_000
    assert blob_files.ALIGNED == 64


def test_what_is_left_of_a_group_has_one_key_whether_it_ran_or_was_restored(runs):
    cells = ["names = ['a']\nmore = ['b']", "held = [names, more]", "len(held)", "names[0] + more[0]"]
    runs(cells)
    assert runs(cells).ran == []
