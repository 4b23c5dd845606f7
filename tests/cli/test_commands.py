"""The command line itself: help that suffices, the nearest for what is unknown, JSON, pipes that close."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time

import click
import pytest
from click.testing import CliRunner
from nbformat import v4

from nbprod.cli import main, terminal
from nbprod.errors import NbprodError

from .conftest import BIN, environment

COMMANDS = sorted(main.commands)


def run(*words, **options):
    return CliRunner().invoke(main, words, **options)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_suffices(name):
    command = main.commands[name]
    shown = run(name, "--help").output
    assert len(command.help or "") > 60, "what it does, and what comes of it"
    assert command.short_help
    assert len(command.short_help) < 62, "the list of commands is not cut off"
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert option.opts[0] in shown


def test_the_help_of_all_lists_every_command_uncut():
    shown = run("--help", terminal_width=80).output
    assert shown.count("...") == shown.count("[ARGS]...")
    assert "Exit codes: 0 fine; 1" in shown
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek"], "no command 'chek'. Did you mean 'check'?"),
        (["frobnicate"], "no command 'frobnicate'. See nbprod --help."),
        (["check", "a.ipynb", "--jsn"], "'--json'"),
        (["export", "a.ipynb", "--overwritte"], "'--overwrite'"),
        (["verify", "a.ipynb", "--rtol", "-1"], "-1.0 is not in the range x>=0"),
        (["check"], "Missing argument 'NOTEBOOK'"),
        (["explain", "NB20"], "there is no diagnostic 'NB20'. Did you mean NB2"),
    ],
)
def test_wrong_use_is_told_in_one_line_with_the_nearest(words, said):
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_machine_may_read_comes_as_json(name):
    assert any("--json" in each.opts for each in main.commands[name].params)


def test_explanations_come_as_text_and_as_json():
    text = run("explain", "nb203").output
    assert text.startswith("NB203 · error · A step reads what no step makes")
    assert max(map(len, text.splitlines())) <= 100
    assert json.loads(run("explain", "NB203", "--json").output)["code"] == "NB203"
    assert [each["code"] for each in json.loads(run("explain", "--json").output)][:1] == ["NB101"]
    assert len(run("explain").output.splitlines()) == len(json.loads(run("explain", "--json").output))


def test_errors_come_as_json_where_json_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["check", "x.ipynb", "--json"], ["graph", "x.ipynb", "--json"], ["step", "a.b", "--json"]):
        done = run(*words)
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]
        assert done.stderr == ""


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (NbprodError("it is so", hint="Do this"), 2, "nbprod: it is so. Do this\n"),
        (
            PermissionError(13, "Permission denied", "/etc/x"),
            2,
            "nbprod: the system refused /etc/x: Permission denied.",
        ),
        (KeyboardInterrupt(), 130, "nbprod: stopped, and nothing was half-written."),
        (ZeroDivisionError("division by zero"), 2, "nbprod: a fault of nbprod's own: ZeroDivisionError"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_whatever_is_raised_becomes_a_message_and_a_code(monkeypatch, raised, code, said):
    def fail(*_):
        raise raised

    monkeypatch.setattr("nbprod.project.check", fail)
    done = run("check", "x.ipynb")
    assert done.exit_code == code
    assert said in done.stderr
    assert ("Traceback" in done.stderr) == isinstance(raised, ZeroDivisionError)


def test_progress_is_silent_for_two_seconds_and_says_each_label_once(monkeypatch, capsys):
    monkeypatch.setattr(terminal, "PATIENCE", 0.05)
    with terminal.progress("recording") as advance:
        advance(0, 3, "load")
        advance(1, 3, "clean")
        assert capsys.readouterr().err == ""
        time.sleep(0.2)
        advance(2, 3, "clean")
        advance(3, 3, "samples")
        advance(3, 3, "")
    assert capsys.readouterr().err == "recording: clean\nrecording: samples\n"


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    reader = f"{sys.executable} -c 'import sys; sys.stdin.readline()'"
    for words in ("explain", "explain --json", "--help"):
        done = subprocess.run(
            f"nbprod {words} | {reader}",
            shell=True,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_in_a_terminal_errors_are_red_and_elsewhere_plain(shop):
    ours, theirs = pty.openpty()
    command = [str(BIN / "nbprod"), "check", "nowhere.ipynb"]
    with subprocess.Popen(command, stderr=theirs, stdout=theirs, env=environment(shop.root)) as process:
        process.wait(30)
    os.close(theirs)
    assert b"\x1b[31mnbprod: \x1b[0m" in os.read(ours, 10_000)
    os.close(ours)
    assert "\x1b" not in shop.command("nbprod", "check", "nowhere.ipynb").stderr


@pytest.mark.slow
def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom nbprod.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pandas", "numpy", "IPython", "papermill", "dvc", "pandera", "rich", "nbformat", "ruamel.yaml", "xxhash"}
    assert heavy.isdisjoint(done.stdout.splitlines()[-1].split())


def test_a_notebook_with_blanks_in_its_name_can_be_typed_as_it_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    path = tmp_path / "my shop.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=[v4.new_code_cell("# %% Load\nrows = [1]\nrows")])))
    told = [invoked("suggest", path.name), invoked("suggest", path.name, "--write", "--no-run")]
    told += [invoked("sync", path.name), invoked("export", path.name, "--no-record"), invoked("init", "--dry-run")]
    said = "\n".join(told)
    assert said.count("'my shop.ipynb'") >= 5
    assert "nbprod export my shop" not in said


def invoked(*arguments):
    done = CliRunner().invoke(main, list(arguments))
    return f"{done.stdout}\n{done.stderr}\n{done.exception}"
