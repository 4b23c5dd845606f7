"""papermill with `--engine nbprod`: the contract of its own engine, in processes that are forked."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from nbprod.engine import NotebookEngine
from nbprod.errors import ParametersRefused

pytestmark = pytest.mark.slow

PYTHON = {"name": "python3", "language": "python", "display_name": "Python 3"}


@pytest.fixture(scope="module", autouse=True)
def engine():
    papermill_engines.register("nbprod", NotebookEngine)  # as its entry point does, where nbprod is installed
    yield
    NotebookEngine.pool.close()


@pytest.fixture
def written(tmp_path):
    def written(*cells, kernel=PYTHON):
        made = [new_code_cell(each) if isinstance(each, str) else each for each in cells]
        path = tmp_path / "in.ipynb"
        nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
        return path

    return written


@pytest.fixture
def execute(written, tmp_path):
    def execute(*cells, kernel=PYTHON, **options):
        options = {"engine_name": "nbprod", "progress_bar": False, **options}
        return papermill.execute_notebook(written(*cells, kernel=kernel), tmp_path / "out.ipynb", **options)

    return execute


def parameters(source):
    return new_code_cell(source, metadata={"tags": ["parameters"]})


def text(cell):
    return "".join(each.get("text", "") or each.data["text/plain"] for each in cell.outputs)


def test_a_run_is_written_as_papermill_writes_it(execute, tmp_path):
    sources = ("print('one'); 2", "%matplotlib inline", "raise SystemExit(0)")
    ours = execute(*sources)
    theirs = execute(*sources, engine_name=None)
    assert ours.metadata.language_info == theirs.metadata.language_info
    assert ours.metadata.papermill.keys() == theirs.metadata.papermill.keys()
    for one, other in zip(ours.cells, theirs.cells, strict=True):
        assert one.metadata.papermill.keys() == other.metadata.papermill.keys()
        assert one.metadata.papermill.status == other.metadata.papermill.status
        assert one.metadata.execution.keys() == other.metadata.execution.keys()
        assert one.execution_count == other.execution_count
    assert ours.cells[0].outputs == theirs.cells[0].outputs
    nbformat.validate(nbformat.read(tmp_path / "out.ipynb", 4))


FAILING = (
    "1/0",
    "def f():\n    g()\ndef g():\n    raise KeyError('x')\nf()",
    "a b",
    "import nowhere",
    "%nomagic",
    "input()",
)


def test_tracebacks_are_a_kernel_s(execute, tmp_path):
    found = []
    for name in ("nbprod", None):
        with pytest.raises(PapermillExecutionError):
            execute(*FAILING, engine_name=name, allow_errors=True)
        cells = nbformat.read(tmp_path / "out.ipynb", 4).cells
        found.append([each.outputs for each in cells if each.cell_type == "code"])
    assert len(found[0]) == len(FAILING)
    assert found[0] == found[1]


def test_what_is_imported_ahead_takes_itself_for_in_a_notebook(execute):
    frame = "import pandas as pd\npd.DataFrame([range(30)]).add_prefix('column number ')"
    shown = [execute(frame, engine_name=engine).cells[0].outputs[0].data for engine in ("nbprod", None)]
    assert shown[0] == shown[1]
    assert text(execute("type(get_ipython()).__module__").cells[0]) == "'ipykernel.zmqshell'"


def test_runs_with_the_same_imports_share_a_server(execute):
    source = "import os, colorsys; os.getppid()"
    first, second, other = (execute(each) for each in (source, source, "import os; os.getppid()"))
    assert text(first.cells[0]) == text(second.cells[0])
    assert text(first.cells[0]) != text(other.cells[0])


def test_options_of_papermill_s_engine_work(execute, tmp_path):
    log = tmp_path / "stdout"
    with log.open("w") as stdout:
        execute("print('said')", stdout_file=stdout, log_output=True)
    assert log.read_text() == "said\n"
    with pytest.raises(Exception, match="timed out"):
        execute("import time; time.sleep(60)", execution_timeout=1)
    folder = tmp_path / "below"
    folder.mkdir()
    assert text(execute("import os; os.path.basename(os.getcwd())", cwd=folder).cells[0]) == "'below'"


def test_parameters_arrive_as_what_they_are_declared(execute):
    declared = parameters("import datetime\nday: datetime.date = datetime.date(2013, 1, 1)\nstore: str = '001'")
    notebook = execute(declared, "(day, store)", parameters={"day": "2014-02-03", "store": "007"})
    assert text(notebook.cells[2]) == "(datetime.date(2014, 2, 3), '007')"
    with pytest.raises(ParametersRefused, match="seed"):
        execute(parameters("seed: int = 1"), "print(seed)", parameters={"seed": "many"})
    assert text(execute(parameters("seed = 1"), "print(seed)", parameters={"seed": "many"}).cells[2]) == "many\n"


def test_another_kernel_is_papermill_s_own_engine_s(execute, tmp_path, monkeypatch):
    spec = tmp_path / "jupyter" / "kernels" / "elsewhere"
    spec.mkdir(parents=True)
    wrapper = tmp_path / "python3"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    argv = [str(wrapper), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "E", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    kernel = {"name": "elsewhere", "language": "python", "display_name": "E"}
    source = "import os; 'ipykernel_launcher' in open('/proc/self/cmdline').read()"
    assert text(execute(source, kernel=kernel).cells[0]) == "True"
    assert text(execute(source).cells[0]) == "False"


def test_a_kernelspec_s_environment_is_the_child_s(execute, tmp_path, monkeypatch):
    spec = tmp_path / "jupyter" / "kernels" / "mine"
    spec.mkdir(parents=True)
    argv = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    given = {"argv": argv, "display_name": "M", "language": "python", "env": {"MINE": "${HOME}/mine"}}
    (spec / "kernel.json").write_text(json.dumps(given))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook = execute(
        "import os; os.environ['MINE']", kernel={"name": "mine", "language": "python", "display_name": "M"}
    )
    assert text(notebook.cells[0]) == repr(f"{os.environ['HOME']}/mine")


def test_an_unknown_kernel_is_papermill_s_error(execute):
    found = []
    for name in ("nbprod", None):
        with pytest.raises(Exception, match="No such kernel named nowhere") as caught:
            execute("1", kernel={"name": "nowhere", "language": "python", "display_name": "N"}, engine_name=name)
        found.append(type(caught.value))
    assert found[0] is found[1]


def test_widgets_leave_their_state(execute):
    notebook = execute("import ipywidgets\nipywidgets.IntSlider(value=7)")
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    assert 7 in [each["state"].get("value") for each in states]


def test_marked_steps_run(execute, tmp_path):
    notebook = execute(
        "%load_ext nbprod", "%%step load\nx = [1, 2]", "%%step total\ny = sum(x)\nprint(y)", cwd=tmp_path
    )
    assert "3\n" in text(notebook.cells[2])


def test_the_entry_point_is_declared():
    import tomllib

    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert declared["project"]["entry-points"]["papermill.engine"] == {"nbprod": "nbprod.engine:NotebookEngine"}


@pytest.fixture
def papermill_command(tmp_path):
    """papermill's command line, which finds the engine by an entry point, installed or not."""
    entry = tmp_path / "entry" / "nbprod_here-1.dist-info"
    entry.mkdir(parents=True)
    (entry / "entry_points.txt").write_text("[papermill.engine]\nnbprod = nbprod.engine:NotebookEngine\n")
    path = [str(entry.parent), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}

    def start(*arguments):
        words = [sys.executable, "-m", "papermill", *map(str, arguments), "--engine", "nbprod"]
        return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)

    return start


def test_the_command_line_finds_it(papermill_command, written, tmp_path):
    notebook = written(parameters("count = 1"), "import os\nprint(count, os.path.exists('/proc'))")
    with papermill_command(notebook, tmp_path / "out.ipynb", "-p", "count", "3") as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert text(nbformat.read(tmp_path / "out.ipynb", 4).cells[2]) == "3 True\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_runs_ends_with_papermill(papermill_command, written, tmp_path, number):
    """The cell's process, and what it has started."""
    pids = tmp_path / "pids"
    source = (
        "import os, subprocess, time\nother = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(pids)!r} + '.part', 'w').write(f'{{os.getpid()}} {{other.pid}} {{os.getppid()}}')\n"
        f"os.rename({str(pids)!r} + '.part', {str(pids)!r})\ntime.sleep(60)"
    )
    with papermill_command(written(source), tmp_path / "out.ipynb") as process:
        while not pids.exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert all(_gone(int(pid)) for pid in pids.read_text().split())


def _gone(pid):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
