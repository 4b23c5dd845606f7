"""One step observed in this very process: what it reads, makes, changes, opens and draws."""

from __future__ import annotations

import builtins
import os
import random
import socket
import sqlite3
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbprod.model.graph import Block, Definition, DefinitionKind, Edge, Graph, Input, Step
from nbprod.model.notebook import Mark
from nbprod.record import Observer
from nbprod.record.proof import Proof
from nbprod.values import load


def seen_of(
    code,
    root,
    *,
    namespace=None,
    reads=(),
    makes=(),
    crossing=(),
    mark=None,
    prove=False,
    before="",
    definitions=(),
    states=None,
):
    """Run `code` as a step and return what the observer saw of it; `before` runs observed, but outside of the step."""
    names = {} if namespace is None else namespace
    step = Step(
        "made",
        cells=(1,),
        blocks=(Block(1, code),),
        inputs=tuple(Input(name, "first") for name in reads),
        outputs=tuple(makes),
        parameters=(),
        definitions=definitions,
        mark=mark or Mark("made"),
        code_id="id",
    )
    edges = tuple(Edge("first", "made", name) for name in (*reads, *crossing))
    keep = Proof(root / "proof") if prove else None
    observer = Observer(names, Graph("book.ipynb", steps=(step,), edges=edges), root, keep=keep, states=states)
    observer.attach()
    try:
        exec(before, names)
        observer.before(step)
        exec(code, names)
        return observer.after(step)
    finally:
        observer.detach()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A project with some files, and its notebook's folder as the working directory."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "in.txt").write_text("1\n2\n")
    (tmp_path / "shared.csv").write_text("a,b\n1,2\n")
    pl.DataFrame({"a": [1]}).write_parquet(folder / "in.parquet")
    (folder / "months").mkdir()
    (folder / "months" / "jan.csv").write_text("a\n1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("frame['b'] = 1", ("frame",)),
        ("other = frame\nother.loc[0, 'a'] = 9", ("frame",)),
        ("helper(frame)", ("frame",)),
        ("frame = frame.assign(b=1)", ("frame",)),
        ("values.append(4)", ("values",)),
        ("holder['inner'].append(1)", ("holder", "inner")),
        ("inner.append(1)", ("holder", "inner")),
        ("array += 1", ("array",)),
        ("del values[0]", ("values",)),
        ("frame.assign(b=1)\nsum(values)", ()),
        ("del frame", ()),
    ],
)
def test_what_changed_is_seen_through_aliases_and_helpers(tmp_path, code, changed):
    inner: list[int] = []
    names = {
        "frame": pd.DataFrame({"a": [1, 2]}),
        "values": [1, 2, 3],
        "inner": inner,
        "holder": {"inner": inner},
        "array": np.arange(3),
        "helper": lambda frame: frame.insert(0, "new", 0),
    }
    crossing = ["values", "inner", "holder", "array"]
    assert seen_of(code, tmp_path, namespace=names, reads=["frame"], crossing=crossing).changed == changed


@pytest.mark.parametrize(
    ("code", "read", "written"),
    [
        ("open('in.txt').read()", ["notebooks/in.txt"], []),
        ("import pandas as pd\npd.read_csv('../shared.csv')", ["shared.csv"], []),
        ("import numpy as np\nnp.loadtxt('in.txt')", ["notebooks/in.txt"], []),
        ("import polars as pl\npl.read_parquet('in.parquet')", ["notebooks/in.parquet"], []),
        ("import pyarrow.parquet as pq\npq.read_table('in.parquet')", ["notebooks/in.parquet"], []),
        ("from pathlib import Path\n(Path('months') / 'jan.csv').stat()", ["notebooks/months/jan.csv"], []),
        ("open('out.txt', 'w').write('x')", [], ["notebooks/out.txt"]),
        ("open('out.txt', 'w').write('x')\nopen('out.txt').read()", [], ["notebooks/out.txt"]),
        ("open('in.txt', 'a').write('x')", ["notebooks/in.txt"], ["notebooks/in.txt"]),
        ("open('log.txt', 'a').write('x')", [], ["notebooks/log.txt"]),
        ("import os\nopen('t', 'w').write('x')\nos.replace('t', 'out.txt')", [], ["notebooks/out.txt"]),
        ("import os\nopen('t', 'w').write('x')\nos.remove('t')", [], []),
        ("import shutil\nshutil.copy('in.txt', 'copy.txt')", ["notebooks/in.txt"], ["notebooks/copy.txt"]),
        (
            "import polars as pl\npl.DataFrame({'a': [1]}).write_parquet('out.parquet')",
            [],
            ["notebooks/out.parquet"],
        ),
        (
            "import subprocess\nsubprocess.run('cat in.txt > got.txt', shell=True)",
            ["notebooks/in.txt"],
            ["notebooks/got.txt"],
        ),
        (
            "from pathlib import Path\n[each.read_text() for each in Path('months').glob('*.csv')]",
            ["notebooks/months", "notebooks/months/jan.csv"],
            [],
        ),
        ("import tempfile\ntempfile.TemporaryFile().write(b'x')", [], []),
        ("import email.mime.audio, json\nopen(json.__file__).read()", [], []),
        ("open('/proc/self/status').read()\nopen('/etc/hosts').read()", [], []),
        ("open('missing.txt').read() if False else None", [], []),
    ],
)
def test_files_are_seen(here, code, read, written):
    seen = seen_of(code, here)
    assert list(seen.files_read) == read
    assert list(seen.files_written) == written


def test_helper_modules_of_the_project_are_files_that_the_step_reads(here, monkeypatch):
    (here / "notebooks" / "near_helper.py").write_text("import json\nfrom far_helper import inner\ndef outer(): pass\n")
    (here / "far_helper.py").write_text("def inner(): pass\n")
    (here / "unused_helper.py").write_text("")
    monkeypatch.syspath_prepend(here)
    monkeypatch.syspath_prepend(here / "notebooks")
    before = "import near_helper\nfrom near_helper import outer\nimport unused_helper\nimport pandas"
    definitions = tuple(
        Definition(name, DefinitionKind.IMPORT, 0, 1, f"import {name}") for name in ("outer", "pandas", "gone")
    )
    seen = seen_of("outer()", here, before=before, definitions=definitions)
    assert seen.files_read == ("far_helper.py", "notebooks/near_helper.py")


def test_a_file_outside_of_the_project_is_absolute(here, tmp_path_factory, monkeypatch):
    from nbprod.record import relevance

    other = tmp_path_factory.mktemp("other") / "far.txt"
    other.write_text("x")
    monkeypatch.setattr(relevance, "_elsewhere", lambda: ())
    seen = seen_of(f"open({str(other)!r}).read()", here)
    assert seen.files_read == (other.as_posix(),)


def test_a_database_is_read_and_when_it_changes_written(here):
    with sqlite3.connect("db.sqlite") as connection:
        connection.execute("create table t (a)")
    connection.close()
    os.utime("db.sqlite", (1, 1))
    reading = "import sqlite3\nc = sqlite3.connect('db.sqlite')\nc.execute('select * from t').fetchall()\n"
    assert seen_of(reading, here).files_read == ("notebooks/db.sqlite",)
    assert seen_of(reading, here).files_written == ()
    writing = reading + "c.execute('insert into t values (1)')\nc.commit()\nc.close()"
    assert seen_of(writing, here).files_written == ("notebooks/db.sqlite",)


def test_a_socket_is_named_by_its_host(tmp_path):
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    code = f"import socket\nsocket.create_connection(('localhost', {port})).close()"
    assert seen_of(code, tmp_path).sockets == (f"localhost:{port}",)
    server.close()


FRESH = "import numpy as np, random"
SEEDED = f"{FRESH}\nnp.random.seed(1)\nrandom.seed(1)"
SPLIT = "from sklearn.model_selection import train_test_split"


@pytest.mark.parametrize(
    ("before", "code", "draws", "unseeded"),
    [
        (FRESH, "np.random.rand()", ("numpy",), ("numpy",)),
        (FRESH, "random.random()", ("random",), ("random",)),
        (SEEDED, "np.random.rand(); random.random()", ("numpy", "random"), ()),
        (SEEDED, "x = 1", (), ()),
        (SEEDED, "np.random.default_rng(1).random(); random.Random(1).random()", (), ()),
        (FRESH, "np.random.seed(3)", (), ()),
        (FRESH, "np.random.seed(3); np.random.rand()", ("numpy",), ()),
        (FRESH, "np.random.rand(); np.random.seed(3)", ("numpy",), ("numpy",)),
        (SEEDED, "np.random.seed(); np.random.rand()", ("numpy",), ("numpy",)),
        (SEEDED, "state = random.getstate(); random.setstate(state)", (), ()),
        (f"{SPLIT}\n{SEEDED}", "train_test_split(list(range(9)))", ("numpy",), ()),
    ],
)
def test_draws_from_the_global_states(tmp_path, before, code, draws, unseeded):
    seen = seen_of(code, tmp_path, before=before)
    assert (seen.draws, seen.unseeded) == (draws, unseeded)


@pytest.mark.parametrize(
    ("before", "code", "same"),
    [
        (FRESH, "x = np.random.rand(), random.random()", True),
        (FRESH, "import lots\nx = np.random.rand(), random.random()", True),
        (FRESH, "np.random.seed(3)\nx = np.random.rand()", True),
        (SEEDED, "x = np.random.rand(), random.random()", True),
        (FRESH, "np.random.seed()\nx = np.random.rand()", False),
        (FRESH, "x = np.random.default_rng().random()", False),
    ],
)
def test_two_runs_with_the_same_states_draw_the_same(tmp_path, monkeypatch, before, code, same):
    (tmp_path / "lots.py").write_text("import random\nfirst = random.random()\n")
    monkeypatch.syspath_prepend(tmp_path)
    made = []
    for _ in range(2):
        names = {}
        seen = seen_of(code, tmp_path, namespace=names, before=before, states=tmp_path / "states")
        sys.modules.pop("lots", None)
        made.append(names["x"])
    assert (made[0] == made[1]) is same
    kept = {each.name.split(".")[1] for each in (tmp_path / "states").glob("*")}
    assert kept == set(seen.unseeded)


def test_a_step_goes_on_where_it_stopped(tmp_path):
    names = {}
    a, b = (Step(name, (0,), (), (), (), (), (), Mark(name)) for name in "ab")

    def run():
        observer = Observer(names, Graph("book.ipynb", steps=(a, b)), tmp_path, states=tmp_path / "states")
        observer.attach()
        observer.before(a)
        first = random.random()
        observer.pause(a)
        observer.before(b)
        second = random.random()
        observer.after(b)
        random.random()
        observer.resume(a)
        third = random.random()
        assert observer.after(a).unseeded == ("random",)
        observer.detach()
        return first, second, third

    assert run() == run()
    random.setstate(random.Random().getstate())


def test_who_came_later_does_not_say_that_nobody_seeded(tmp_path):
    step = Step("one", (0,), (), (), (), (), (), Mark("one"))
    observer = Observer({}, Graph("book.ipynb", steps=(step,)), tmp_path)
    observer.before(step)
    random.random()
    seen = observer.after(step)
    observer.detach()
    assert (seen.draws, seen.unseeded) == (("random",), ())


@pytest.mark.parametrize(
    ("code", "draws"),
    [
        ("import lottery", ()),
        ("random.random()\nimport lottery", ("random",)),
        ("import lottery\nrandom.random()", ("random",)),
        ("import lottery\nlottery.draw()", ("random",)),
        ("import lottery_of_lotteries", ()),
    ],
)
def test_what_a_module_draws_when_it_is_imported_is_no_draw(tmp_path, monkeypatch, code, draws):
    (tmp_path / "lottery.py").write_text("import random\nfirst = random.random()\ndef draw(): return random.random()\n")
    (tmp_path / "lottery_of_lotteries.py").write_text("import lottery\nimport random\nsecond = random.random()\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen = seen_of(code, tmp_path, before="import random")
    for name in ("lottery", "lottery_of_lotteries"):
        sys.modules.pop(name, None)
    assert (seen.draws, seen.unseeded) == (draws, draws)


def test_the_seeding_functions_are_as_they_were_afterwards(tmp_path):
    before = np.random.seed, random.seed, np.random.set_state, random.setstate, builtins.__import__
    seen_of("x = 1", tmp_path)
    assert before == (np.random.seed, random.seed, np.random.set_state, random.setstate, builtins.__import__)


def test_a_random_state_is_a_value_like_any_other(tmp_path):
    before = "import numpy as np\nnp.random.seed(5)"
    name = "numpy_random_state"
    seen = seen_of("np.random.rand()", tmp_path, before=before, reads=[name], makes=[name], prove=True)
    assert seen.changed == (name,)
    assert seen.value(name).format


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("made = (each for each in [1])", "generator"),
        ("import threading\nmade = {'guard': threading.Lock()}", "lock"),
    ],
)
def test_what_no_format_holds_says_why(tmp_path, code, words):
    value = seen_of(code, tmp_path, makes=["made"], prove=True).value("made")
    assert value.format == ""
    assert words in value.unstorable


def test_outputs_that_share_are_stored_together(tmp_path):
    code = "train = pd.DataFrame({'a': [1]})\nframes = [train]\nother = 3"
    seen = seen_of(code, tmp_path, namespace={"pd": pd}, makes=["frames", "train", "other"], prove=True)
    assert seen.together == (("frames", "train"),)
    assert [each.name for each in (tmp_path / "proof" / "made").glob("frames+train.*")]
    assert seen.value("train").format == seen.value("frames").format != ""


def test_metrics_and_plots_are_stored_as_such(tmp_path):
    code = "scores = {'auc': np.float64(0.5)}\nimport matplotlib\nfrom matplotlib.figure import Figure\nroc = Figure()"
    mark = Mark("made", metrics=("scores",), plots=("roc",))
    seen = seen_of(code, tmp_path, namespace={"np": np}, makes=["scores", "roc"], mark=mark, prove=True)
    assert sorted(each.name for each in (tmp_path / "proof" / "made").iterdir()) == ["roc.png", "scores.json"]
    assert seen.value("scores").unstorable == ""


def test_peak_memory_is_seen_within_the_step(tmp_path):
    code = "import time\nbig = bytearray(80_000_000)\nbig[::4096] = b'x' * len(big[::4096])\ntime.sleep(0.2)\ndel big"
    assert seen_of(code, tmp_path).peak_memory > seen_of("x = 1", tmp_path).peak_memory + 50_000_000


def test_one_thread_watches_the_memory(tmp_path):
    for _ in range(3):
        seen_of("x = 1", tmp_path)
    assert [each.daemon for each in threading.enumerate() if each.name == "nbprod-memory"] == [True]


def test_looking_for_installed_packages_reads_no_folder(here, monkeypatch):
    monkeypatch.syspath_prepend(here / "notebooks" / "months")
    code = "from importlib import metadata\nfound = len([*metadata.distributions()])"
    assert seen_of(code, here, makes=["found"]).files_read == ()


def test_nobody_listens_between_steps(here):
    step = Step("one", (0,), (), (), (), (), (), Mark("one"))
    observer = Observer({}, Graph("book.ipynb", steps=(step,)), here)
    observer.before(step)
    observer.pause(step)
    Path("in.txt").read_text()
    observer.resume(step)
    seen = observer.after(step)
    observer.detach()
    assert seen.files_read == ()


def test_a_dropped_step_leaves_nothing_open(tmp_path):
    step = Step("one", (0,), (), (), (), (), (), Mark("one"))
    observer = Observer({}, Graph("book.ipynb", steps=(step,)), tmp_path)
    observer.before(step)
    observer.drop(step)
    assert not observer.is_open(step)


def test_lines_of_the_shell_are_a_plain_list(tmp_path):
    code = "from IPython.utils.text import SList\nfiles = SList(['a.txt', 'b.txt'])"
    (files,) = seen_of(code, tmp_path, makes=["files"], prove=True).outputs
    assert (files.type, files.format) == ("list", "json")
    assert load(tmp_path / "proof" / "made" / "files.json") == ["a.txt", "b.txt"]
