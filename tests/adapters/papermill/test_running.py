"""Notebooks in real children: what a cell finds and leaves is what it finds and leaves in a kernel."""

import threading
import time
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nbprod.adapters.ipykernel.serving import kernel_server
from nbprod.adapters.papermill.running import run_notebook
from nbprod.errors import CellFailed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def no_backend():
    """Who calls has named no backend of matplotlib's, as the tests that export writes do for the whole process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)
        yield


@pytest.fixture(scope="module")
def server(no_backend):
    with kernel_server(("matplotlib.pyplot",)) as server:
        yield server


@pytest.fixture
def run(server, tmp_path):
    def run(*sources, tags=(), **options):
        cells = [new_code_cell(each, metadata={"tags": list(tags)}) for each in sources]
        notebook = new_notebook(cells=cells)
        return run_notebook(notebook, folder=tmp_path, server=server, **options).cells

    return run


def said(cell, name="stdout"):
    return "".join(each.text for each in cell.outputs if each.output_type == "stream" and each.name == name)


def shown(cell, kind="text/plain"):
    return [each.data[kind] for each in cell.outputs if kind in each.get("data", {})]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", "2"),
        ("import os; os.getcwd()", "{folder}"),
        ("import os; sorted(os.listdir('.'))", "['beside.py']"),
        ("from beside import VALUE; VALUE", "'beside'"),
        ("import sys; sys.argv", "['']"),
        ("import asyncio; await asyncio.sleep(0.01, 'slept')", "'slept'"),
        ("import asyncio; asyncio.get_running_loop().is_running()", "True"),
        ("get_ipython().__class__.__name__", "'ZMQInteractiveShell'"),
        ("'IPKernelApp' in get_ipython().config", "True"),
        ("x = !echo one; echo two\nx", "['one two']"),
        ("x = !printf 'a\\nb'\nx", "['a', 'b']"),
        ("__name__", "'__main__'"),
        ("class A: pass\nimport pickle; type(pickle.loads(pickle.dumps(A()))).__name__", "'A'"),
        ("import sys; sys.stdout.isatty()", "False"),
        ("import multiprocessing as m; m.get_context('fork').Pool(2).map(abs, [-1, -2])", "[1, 2]"),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', ''], stdin=sys.stdin).returncode", "0"),
        ("%time 7", "7"),
        ("_ = 3\nIn[-1].splitlines()[0]", "'_ = 3'"),
    ],
)
def test_what_a_cell_finds(run, tmp_path, source, expected):
    (tmp_path / "beside.py").write_text("VALUE = 'beside'")
    (cell,) = run(source.replace("echo one; echo two", "echo one two"))
    assert shown(cell)[-1].replace(str(tmp_path), "{folder}").strip("'") == expected.strip("'")


def test_output_below_python_comes_in_its_place(run):
    first, second = run(
        "import os, sys, subprocess\n"
        "print('one'); os.system('echo two'); print('three'); os.write(1, b'four\\n')\n"
        "subprocess.run(['echo', 'five'], stdout=sys.stdout); print('six')\n"
        "_ = subprocess.run('echo wrong >&2', shell=True)\n",
        "print('next')",
    )
    assert said(first) == "one\ntwo\nthree\nfour\nfive\nsix\n"
    assert said(first, "stderr") == "wrong\n"
    assert said(second) == "next\n"


def test_c_code_s_buffer_belongs_to_its_cell(run):
    first, second = run("import ctypes; libc = ctypes.CDLL(None); _ = libc.printf(b'from C\\n')", "print('next')")
    assert said(first) == "from C\n"
    assert said(second) == "next\n"


def test_what_forked_processes_print_is_the_cell_s(run):
    source = (
        "import os\npid = os.fork()\nif not pid:\n    print('child', flush=True); os._exit(0)\n_ = os.waitpid(pid, 0)"
    )
    assert said(run(source)[0]) == "child\n"


def test_text_of_several_bytes_is_never_cut(run):
    (cell,) = run(
        "import os\nfor byte in 'é€😀'.encode():\n    os.write(1, bytes([byte]))\n    print(end='', flush=True)"
    )
    assert said(cell) == "é€😀"


def test_figures_show_inline_and_are_closed(run):
    cells = run(
        "import matplotlib.pyplot as plt",
        "plt.plot([1, 2]);",
        "plt.get_fignums()",
        "%matplotlib inline\nplt.plot([1]);",
    )
    assert len(shown(cells[1], "image/png")) == 1
    assert shown(cells[2]) == ["[]"]
    assert len(shown(cells[3], "image/png")) == 1


def test_displays_are_updated_and_cleared(run):
    cells = run(
        "from IPython.display import display, clear_output\nhandle = display('old', display_id=True)",
        "handle.update('new'); print('kept')",
        "print('gone'); clear_output(); print('last')",
        "print('gone too'); clear_output(wait=True); display('shown')",
    )
    assert shown(cells[0]) == ["'new'"]
    assert said(cells[1]) == "kept\n"
    assert said(cells[2]) == "last\n"
    assert (said(cells[3]), shown(cells[3])) == ("", ["'shown'"])


def test_a_display_of_fifty_megabytes_arrives(run):
    (cell,) = run("from IPython.display import HTML, display; display(HTML('x' * 50_000_000))")
    assert len(shown(cell, "text/html")[0]) == 50_000_000


def test_output_without_end_is_bounded(run):
    cells = run("line = 'x' * 999_999\nfor _ in range(130): print(line)", "print('next')")
    assert len(said(cells[0])) == 100_000_000
    assert said(cells[0], "stderr") == "The cell printed 130 MB: what came after the first 100 MB isn't kept.\n"
    assert said(cells[1]) == "next\n"


@pytest.mark.parametrize("ask", ["input('?')", "import getpass; getpass.getpass()"])
def test_nobody_can_be_asked(run, ask):
    with pytest.raises(CellFailed, match="does not support input requests") as caught:
        run(ask)
    assert "StdinNotImplementedError" in caught.value.traceback


def test_a_failure_names_its_cell_and_line(run):
    with pytest.raises(CellFailed, match=r"cell 1, line 2 raised ZeroDivisionError: division by zero") as caught:
        run("x = 0", "y = 1\ny / x", "print('never')")
    assert (caught.value.cell, caught.value.line) == (1, 2)
    assert "\x1b" not in caught.value.traceback


def test_a_value_that_cannot_be_shown_says_what_it_raised(run):
    shown = "class Shown:\n    def _repr_html_(self):\n        return {}['gone']"
    with pytest.raises(CellFailed, match=r"^showing a value of cell 1 raised KeyError: 'gone'") as caught:
        run(shown, "Shown()")
    assert (caught.value.cell, caught.value.line) == (1, None)


def test_the_notebook_holds_what_ran_before_the_failure(server, tmp_path):
    cells = [new_markdown_cell("# Title"), new_code_cell("print('ran')"), new_code_cell("1/0"), new_code_cell("2")]
    notebook = new_notebook(cells=cells)
    seen = []
    with pytest.raises(CellFailed):
        run_notebook(notebook, folder=tmp_path, server=server, on_cell=lambda index, cell: seen.append(index))
    assert seen == [1, 2]
    assert said(notebook.cells[1]) == "ran\n"
    assert notebook.cells[2].outputs[0].ename == "ZeroDivisionError"
    assert [each.metadata.papermill.status for each in notebook.cells] == [
        "completed",
        "completed",
        "failed",
        "pending",
    ]
    assert notebook.metadata.papermill.exception is True


def test_an_allowed_exception_is_none(run):
    cells = run("1/0", "print('on')", tags=["raises-exception"])
    assert cells[0].outputs[0].ename == "ZeroDivisionError"
    assert said(cells[1]) == "on\n"


def test_a_notebook_may_end_early(run):
    cells = run("import sys; sys.exit(0)", "print('never')")
    assert cells[1].outputs == []
    with pytest.raises(CellFailed, match="SystemExit: 3"):
        run("import sys; sys.exit(3)")


@pytest.mark.parametrize(
    "death", ["import os; os._exit(1)", "import os; os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)"]
)
def test_a_dead_process_is_told(run, death):
    with pytest.raises(CellFailed, match="cell 1 ended its kernel's process") as caught:
        run("x = 1", death)
    assert caught.value.cell == 1


@pytest.mark.parametrize(
    "forever",
    [
        "import time; time.sleep(60)",
        "import os; os.system('sleep 60')",
        "!sleep 60",
        "import asyncio; await asyncio.sleep(60)",
    ],
)
def test_a_cell_that_takes_too_long_is_stopped(run, forever):
    begin = time.monotonic()
    with pytest.raises(CellFailed, match="took longer than it may"):
        run(forever, timeout=0.3)
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize("when", [0, 1])
def test_an_interrupt_stops_the_run(tmp_path, when):
    """Whether it comes between cells or in the middle of one."""
    started = tmp_path / "started"
    sources = ["x = 1", f"open({str(started)!r}, 'w').close()\nimport time; time.sleep(60)", "print('never')"]
    notebook = new_notebook(cells=[new_code_cell(each) for each in sources])

    def interrupt(index, cell):
        if when == 0:
            server.interrupt()
        else:
            threading.Thread(target=interrupt_later, daemon=True).start()

    def interrupt_later():
        while not started.exists():
            time.sleep(0.01)
        server.interrupt()

    with kernel_server() as server, pytest.raises(CellFailed, match=r"cell 1 was not run|raised KeyboardInterrupt"):
        run_notebook(notebook, folder=tmp_path, server=server, on_cell=interrupt)
    assert notebook.cells[2].outputs == []
    assert started.exists() == bool(when)


def test_cells_know_who_they_are(run):
    source = "get_ipython().kernel.get_parent('shell')['metadata']"
    (cell,) = run(source, tags=["mine", "step:load"])
    assert eval(shown(cell)[0]) == {"cellId": cell.id, "tags": ["mine", "step:load"], "nbprod": {"cell": 0}}


def test_runs_share_nothing_but_imports(run):
    assert said(run("leaked = 1; print('set')")[0]) == "set\n"
    assert shown(run("'leaked' in globals()")[0]) == ["False"]
    draws = {shown(run("import numpy, random; (numpy.random.rand(), random.random())")[0])[0] for _ in range(2)}
    assert len(draws) == 2


def test_threads_run_notebooks_side_by_side_each_in_its_folder(server, tmp_path):
    found = {}

    def work(name):
        folder = tmp_path / name
        folder.mkdir()
        notebook = new_notebook(cells=[new_code_cell("import os; open('made', 'w').write(os.getcwd());")])
        found[name] = run_notebook(notebook, folder=folder, server=server)

    threads = [threading.Thread(target=work, args=(f"run{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all((tmp_path / name / "made").read_text() == str(tmp_path / name) for name in found)
    assert Path.cwd() != tmp_path


def test_startup_files_of_the_user_s_profile_run(run, tmp_path, monkeypatch):
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("GREETING = 'hello'")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    assert shown(run("GREETING")[0]) == ["'hello'"]
