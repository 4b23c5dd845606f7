"""A cell runs the same with and without its mark; what nbprod adds is one quiet output."""

from __future__ import annotations

import asyncio
import re

import pytest
from IPython.utils.capture import capture_output


@pytest.fixture(name="notebook")
def fixture_notebook(live):
    return live()


BODIES = {
    "last expression": "x = 20\nx + 1",
    "last expression silenced": "x = 20\nx + 1;",
    "statement only": "x = 20",
    "print": "print('hello')\nprint('again')",
    "display": "display(1)\ndisplay('two')",
    "error in the middle": "x = 1\ny = 2\n1 / 0\nz = 3",
    "error in a function": "def f():\n    raise ValueError('deep')\n\nf()",
    "syntax error": "x = 1\ny = = 2",
    "indentation error": "x = 1\n  y = 2",
    "await": "import asyncio\nawait asyncio.sleep(0)\n'slept'",
    "async for": "async def numbers():\n    yield 1\n\nasync for number in numbers():\n    print(number)",
    "shell line": "!echo hello",
    "shell assignment": "out = !echo hello\nout",
    "line magic": "%time x = 1\nx",
    "multi-line string": 'text = """\n%%step other\n!ls\n"""\ntext',
    "future import": "from __future__ import annotations\ndef f(a: missing): pass\nf.__annotations__",
    "docstring": '"""A cell with a docstring."""\nx = 1',
    "blank lines": "\n\nx = 1\nx",
    "comment": "# a comment\nx = 1\nx  # trailing",
    "semicolons": "x = 1; y = 2; x + y",
    "warning": "import warnings\nwarnings.warn('careful')",
    "help": "x = 1\nx?",
    "exit code": "import sys\nsys.stderr.write('to stderr')\nNone",
    "nested function name": "def outer():\n    def inner():\n        return 1 / 0\n    return inner\nouter()()",
}
MARKS = ["%%step x", "%%step x --outs a b", "%%step x  # a comment", "%%test x"]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_marked_cell_does_what_the_bare_cell_does(body, live):
    bare = live(loaded=False).run(f"#\n{body}")
    marked = live().run(f"%%step x\n{body}")

    assert repr(marked.result) == repr(bare.result)
    assert marked.displayed == bare.displayed
    assert _untimed(marked.stdout) == _untimed(bare.stdout).replace("      1 #\n", "      1 # %%step x\n")
    assert _paths_left_out(marked.stderr) == _paths_left_out(bare.stderr)
    assert type(marked.error) is type(bare.error)


def _untimed(text):
    timed = re.sub(r"[\d.]+(?:e\+\d+)? (ns|µs|us|ms|s)\b", "0", text)
    return re.sub(r"(Cell )?In ?\[\d+\]|ipython-input-[\w-]+", "In", re.sub(r"-{20,}\n", "", timed))


def _paths_left_out(text):
    return re.sub(r"\S*ipykernel_\S+|<ipython-input-[^>]+>|/tmp/\S+", "CELL", text)


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_leaves_the_traceback_at_its_line(mark, notebook):
    notebook.run("%%step x\na = b = 1")
    ran = notebook.run(f"{mark}\nx = 1\n1 / 0")
    assert isinstance(ran.error, ZeroDivisionError)
    assert ran.stdout.count("Traceback") == 1
    assert "----> 3 1 / 0" in ran.stdout
    assert ran.feedback == []


def test_other_cell_magics_work_on_the_next_line(notebook):
    ran = notebook.run("%%step x\n%%time\nvalue = 41 + 1\nvalue")
    assert ran.result == 42
    assert "Wall time" in ran.stdout
    assert notebook.shell.user_ns["value"] == 42


def test_await_inside_a_running_loop(notebook):
    source = "%%step x\nimport asyncio\nawait asyncio.sleep(0)\nslept = True"
    cell = notebook.shell.transform_cell(source)

    async def run():
        return await notebook.shell.run_cell_async(source, transformed_cell=cell)

    with capture_output():
        assert asyncio.run(run()).success
    assert notebook.shell.user_ns["slept"]


WRONG = {
    "%%step": "'%%step' names no step",
    "%%step clean --metric share\nshare = 1": "Did you mean '--metrics'?",
    "%%step clean flown\nflown = 1": "a step has one name",
    "%%stpe clean\nflown = 1": "Did you mean '%%step'?",
    "%step clean\nflown = 1": "Did you mean '%%step'?",
    "# first a comment\n%%step clean\nflown = 1": "'%%step clean' must move",
    "%%time\n%%step clean\nflown = 1": "'%%step clean' must move",
    "%%step clean\n%%step other\nflown = 1": "a cell has one mark",
    "%steps all": "%steps takes no arguments",
    "%graph --svg": "%graph takes no arguments",
    "%schema": "%schema takes one name",
    "%schema flwon": "no frame or step 'flwon'",
    "%check": "which notebook?",
}


@pytest.mark.parametrize(("source", "said"), WRONG.items(), ids=WRONG)
def test_wrong_use_is_one_line_without_a_traceback(source, said, notebook):
    ran = notebook.run(source)
    lines = (ran.stdout + ran.stderr).strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("UsageError: ")
    assert said in lines[0]
    assert "flown" not in notebook.shell.user_ns


def test_a_terminal_waits_for_the_rest_of_a_marked_cell(notebook):
    assert notebook.shell.check_complete("%%step clean")[0] == "incomplete"


def test_unloading_leaves_nothing_behind(live):
    notebook = live(loaded=False)
    shell = notebook.shell
    before = [*shell.input_transformers_cleanup], {k: [*v] for k, v in shell.events.callbacks.items()}, set(vars(shell))
    magics = {kind: set(names) for kind, names in shell.magics_manager.magics.items()}
    notebook.run("%load_ext nbprod")
    notebook.run("%%step x\na = 1")
    notebook.run("%reload_ext nbprod")
    assert len(shell.input_transformers_cleanup) == len(before[0]) + 1
    notebook.run("%unload_ext nbprod")
    assert shell.input_transformers_cleanup == before[0]
    assert {k: [*v] for k, v in shell.events.callbacks.items()} == before[1]
    assert set(vars(shell)) - before[2] <= {"_last_input_line", "_logger"}
    assert {kind: set(names) for kind, names in shell.magics_manager.magics.items()} == magics


@pytest.mark.parametrize("name", ["steps", "graph", "schema", "check", "export", "verify", "step", "test"])
def test_every_magic_has_help_that_shows_how_it_is_called(name, notebook):
    kinds = notebook.shell.magics_manager.magics
    function = kinds["line"][name]
    assert f"%{name}" in function.__doc__
    assert function.__doc__.splitlines()[0].endswith(".")


@pytest.mark.parametrize("source", ["%%step?", "%%test?", "%steps?"])
def test_asking_for_help_runs_nothing(source, notebook):
    ran = notebook.run(source)
    assert ran.text == ""
    assert ran.error is None


def test_nothing_is_said_while_a_record_runs(live, monkeypatch):
    monkeypatch.setenv("NBPROD_RECORDING", "1")
    ran = live().run("%%step x\na = 1\na")
    assert (ran.result, ran.feedback) == (1, [])
