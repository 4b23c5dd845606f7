"""A notebook, a kernel, a record."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from nbprod.errors import CellFailed, NotebookFaulty
from nbprod.model.notebook import Mark
from nbprod.values import load

pytestmark = pytest.mark.slow

FLOW = (
    "factor = 3",
    "import pandas as pd\nimport numpy as np\ndef spoil(frame):\n    frame['extra'] = 1",
    "%%step load\nraw = pd.DataFrame({'a': range(1000), 'kind': ['x', 'y'] * 500})",
    "%%step clean\ntidy = raw[raw['a'] > 10].copy()",
    "tidy.head()",
    "%%step clean\n%time tidy['b'] = tidy['a'] * factor",
    "%%step spoiling\nspoil(tidy)\ntotal = float(tidy['b'].sum())",
    "raise SystemError('never run')",
)
STEPS = {
    "load": {"cells": (2,), "makes": ["raw"]},
    "clean": {"cells": (3, 5), "reads": {"raw": "load"}, "makes": ["tidy"], "parameters": ("factor",)},
    "spoiling": {"cells": (6,), "reads": {"tidy": "clean"}, "makes": ["tidy", "total"]},
}


DRAWN = """%%step drawn --plots figure
figure, _ = plt.subplots()
lot = random.random()
get_ipython().run_cell('y = 1')"""


@pytest.fixture
def flow(book):
    return book(FLOW, STEPS, parameters=[("factor", "3")], skipped=[7])


def test_records_what_each_step_reads_makes_and_changes(flow):
    told = []
    record = flow.run(progress=lambda *each: told.append(each))
    assert [each.step for each in record.steps] == ["load", "clean", "spoiling"]
    clean = record.step("clean")
    assert [each.name for each in clean.inputs] == ["raw"]
    assert clean.value("tidy").summary == "989 × 3"
    assert clean.value("tidy").format == "parquet"
    assert clean.changed == ()
    assert record.step("spoiling").changed == ("tidy",)
    assert record.step("spoiling").value("tidy").fingerprint != clean.value("tidy").fingerprint
    assert clean.value("raw") == record.step("load").value("raw")
    assert clean.seconds > 0
    assert clean.peak_memory > 10_000_000
    assert record.parameters == (("factor", "3"),)
    assert dict(record.packages).keys() == {"numpy", "pandas"}
    assert told[0][:2] == (1, 7)
    assert told[-1] == (7, 7, "samples")


def test_samples_replay_what_the_step_does(flow):
    record = flow.run()
    clean = record.step("clean").sample
    assert clean.fault == ""
    assert clean.repeats
    assert clean.parameters == (("factor", "3"),)
    small, tidy = (
        load(flow.folder / dict(pairs)[name]) for pairs, name in ((clean.inputs, "raw"), (clean.outputs, "tidy"))
    )
    assert len(small) <= 300
    assert (tidy["b"] == tidy["a"] * 3).all()
    assert "extra" not in load(flow.folder / dict(record.step("spoiling").sample.inputs)["tidy"])
    loaded = record.step("load").sample
    assert loaded.inputs == ()
    assert len(load(flow.folder / dict(loaded.outputs)["raw"])) <= 300


def test_parameters_are_set_after_their_cell(flow):
    record = flow.run(parameters={"factor": 7})
    assert record.parameters == (("factor", "7"),)
    assert record.parameter_types == (("factor", "int"),)


def test_values_are_stored_for_comparison_and_the_samples_left_alone(flow, tmp_path):
    record = flow.run(values=tmp_path / "values")
    assert sorted(each.relative_to(tmp_path).as_posix() for each in (tmp_path / "values").rglob("*.*")) == [
        "values/clean/tidy.parquet",
        "values/load/raw.parquet",
        "values/spoiling/tidy.parquet",
        "values/spoiling/total.json",
    ]
    assert record.step("clean").sample is None
    assert not flow.folder.exists()


def test_the_call_of_a_decorated_step_is_its_border(book):
    sources = (
        "from nbprod import step\n%load_ext nbprod",
        "base = [1, 2]",
        (
            "@step\ndef double(base):\n    return [2 * each for each in base]\n\n"
            "@step\nasync def last(doubled):\n    return doubled[-1]"
        ),
        "%%time\nshown = 1\ndoubled = double(base)\nend_of_cell = 1",
        "doubled = double(base)\nend = await last(doubled)\nshown",
    )
    steps = {
        "first": {"cells": (1,), "makes": ["base"]},
        "double": {"cells": (2, 3, 4), "reads": {"base": "first"}, "makes": ["doubled"], "function": "double"},
        "last": {"cells": (2, 4), "reads": {"doubled": "double"}, "makes": ["end"], "function": "last"},
    }
    record = book(sources, steps).run()
    assert [each.name for each in record.step("last").inputs] == ["doubled"]
    assert record.step("double").value("doubled").summary == "2 values"
    assert record.step("last").sample.fault == ""
    assert record.step("last").sample.repeats


@pytest.mark.parametrize(
    ("cell", "line", "words"),
    [
        ("x = 1\n1 / 0", 2, "ZeroDivisionError: division by zero"),
        ("%%step made\n\nfail()", 3, "ValueError: no"),
        ("a b", 1, "SyntaxError"),
        ("import os\nos._exit(3)", None, "ended its kernel's process"),
        ("import sys\nsys.exit()", None, "SystemExit"),
    ],
)
def test_a_cell_that_fails_is_named_and_nothing_is_written(book, cell, line, words):
    made = book(("def fail():\n    raise ValueError('no')", cell), {"made": {"cells": (1,)}})
    with pytest.raises(CellFailed, match=words) as caught:
        made.run()
    assert (caught.value.cell, caught.value.line) == (1, line)
    assert "\x1b" not in caught.value.traceback
    assert not (made.root / ".nbprod").exists()


def test_magics_marks_and_the_notebooks_folder(book):
    sources = (
        "%load_ext nbprod\n%steps\n%matplotlib inline\nimport random\nimport matplotlib.pyplot as plt",
        "random.seed(4)",
        "%%step timed\n\n%%time\nfirst = open('near.txt').read()",
        DRAWN,
        "assert not plt.get_fignums(), 'figures are closed after each cell'",
        "%%test timed\nassert first",
        "from math import *",
        "%%step late\nimport asyncio\nawait asyncio.sleep(0)\nlast = first + str(random.random())",
    )
    steps = {
        "timed": {"cells": (2,), "makes": ["first"]},
        "drawn": {"cells": (3,), "makes": ["figure", "lot"], "mark": Mark("drawn", plots=("figure",))},
        "late": {"cells": (7,), "reads": {"first": "timed"}, "makes": ["last"]},
    }
    made = book(sources, steps)
    (made.path.parent / "near.txt").write_text("x")
    record = made.run()
    assert record.step("timed").files_read == ("notebooks/near.txt",)
    assert record.step("drawn").draws == ("random",)
    assert record.step("drawn").unseeded == ()
    assert record.step("drawn").value("figure").format == "png"
    assert record.step("late").sample.fault == ""
    assert not record.step("late").sample.repeats
    assert "cos" in dict(record.star_names)["math"]


def test_seeds_of_a_lazily_loaded_numpy_count(book):
    sources = ("import numpy as np\nnp.random.seed(3)", "%%step drawn\nlot = np.random.rand()")
    record = book(sources, {"drawn": {"cells": (1,), "makes": ["lot"]}}).run()
    assert (record.step("drawn").draws, record.step("drawn").unseeded) == (("numpy",), ())


def test_a_step_that_no_cell_calls_is_named(book):
    made = book(
        ("from nbprod import step\n@step\ndef idle(): return 1",), {"idle": {"cells": (0,), "function": "idle"}}
    )
    with pytest.raises(NotebookFaulty, match="step 'idle' did not run"):
        made.run()


def test_samples_are_replaced_whole(flow):
    (flow.folder / "samples" / "gone").mkdir(parents=True)
    flow.run()
    assert sorted(each.name for each in (flow.folder / "samples").iterdir()) == ["clean", "load", "spoiling"]
    assert [each.name for each in flow.folder.iterdir()] == ["samples"]


def test_a_cell_that_may_raise_may(book):
    made = book(
        ("1 / 0", "%%step one\nx = 1"), {"one": {"cells": (1,), "makes": ["x"]}}, tags={0: ["raises-exception"]}
    )
    assert made.run().step("one").value("x").type == "int"


def test_a_step_that_holds_a_cell_that_raised_is_refused(book):
    made = book(("x = 1\n1 / 0",), {"one": {"cells": (0,), "makes": ["x"]}}, tags={0: ["raises-exception"]})
    with pytest.raises(NotebookFaulty, match="cell 0, line 2 raised ZeroDivisionError: division by zero, and step 'on"):
        made.run()


def test_ctrl_c_ends_the_kernel_too(book):
    made = book(("import os\nopen('pid', 'w').write(str(os.getpid()))\nimport time\ntime.sleep(60)",), {})
    script = f"""
        from pathlib import Path
        from nbprod.model.graph import Graph
        from nbprod.record import run
        run(Path({str(made.path)!r}), Graph("book"), root=Path({str(made.root)!r}), folder=Path({str(made.folder)!r}))
    """
    runner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stderr=subprocess.PIPE)
    pid = made.path.parent / "pid"
    waited = time.monotonic() + 30
    while not (pid.exists() and pid.read_text()) and time.monotonic() < waited:
        time.sleep(0.05)
    runner.send_signal(signal.SIGINT)
    _, told = runner.communicate(timeout=20)
    assert b"KeyboardInterrupt" in told
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert not made.folder.exists()
