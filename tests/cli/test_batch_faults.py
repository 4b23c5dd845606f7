"""Batches in a bad world: runs that raise, die or never end, Ctrl-C, kill -9, storages that go away."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent

FATES = (
    "import os, time\nfrom pathlib import Path\nkinds = ['fine', 'raise', 'die', 'endless', 'deaf', 'unstorable']",
    "what: str = 'fine'\nseconds: float = 0.0\ntries: str = ''",
    (
        "if what == 'raise':\n    raise ValueError('no such shop')\nif what == 'die':\n    os._exit(7)\n"
        "while what == 'endless':\n    time.sleep(0.01)\n"
        "while what == 'deaf':\n    try:\n        time.sleep(60)\n    except Exception:\n        pass\n"
        "if tries:\n    Path(tries).open('a').write('x')\n    assert len(Path(tries).read_text()) > 2, 'not yet'\n"
        "time.sleep(seconds)"
    ),
    "%%step judge --metrics score\nscore = object() if what == 'unstorable' else {'length': len(what)}",
)


class Project:
    """A notebook whose runs end as they are told."""

    def __init__(self, root: Path, cells=FATES) -> None:
        self.root = root
        (root / "pyproject.toml").touch()
        made = [
            {"cell_type": "code", "metadata": {}, "source": each, "outputs": [], "execution_count": None}
            for each in ("%load_ext nbprod", *cells)
        ]
        made[2]["metadata"]["tags"] = ["parameters"]
        self.notebook = root / "fates.ipynb"
        self.notebook.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))

    def start(self, *words: str, **environment: str) -> subprocess.Popen:
        command = [str(BIN / "nbprod"), "batch", "fates.ipynb", *words]
        environment = {**os.environ, "COLUMNS": "120", **environment}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def batch(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        process = self.start(*words, **environment)
        stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.root / "batches" / "fates" / "index.csv").open(newline="") as file:
            return {row["run"]: row for row in csv.DictReader(file)}

    def ended(self) -> list[Path]:
        return sorted((self.root / "batches" / "fates" / "runs").glob("[!.]*/run.json"))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def until(true, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def test_every_way_to_end(project):
    done = project.batch("--grid", "what=fine,raise,die,endless,deaf,unstorable", "--timeout", "3", "-j", "2")
    assert done.returncode == 1, done.stderr
    rows = project.rows()
    assert [row["status"] for row in rows.values()] == ["complete", *["failed"] * 5]
    assert rows["what=raise"]["error"] == "ValueError: no such shop"
    assert "process" in rows["what=die"]["error"]
    assert rows["what=endless"]["error"] == rows["what=deaf"]["error"] == "RunTimedOut: the run took longer than 3 s"
    assert "'score'" in rows["what=unstorable"]["error"]
    assert [row["cell"] for row in rows.values()] == ["", "3", "3", "3", "3", ""]
    assert rows["what=fine"]["length"] == "4"
    assert "nbprod batch fates.ipynb --out batches/fates --only what=raise" in done.stdout
    executed = json.loads((project.root / "batches/fates/runs/what=raise/notebook.ipynb").read_text())
    (error,) = (output for cell in executed["cells"] for output in cell.get("outputs", ()) if "ename" in output)
    assert error["evalue"] == "no such shop"


def test_a_run_that_fails_gets_more_chances(project, tmp_path):
    done = project.batch("-p", f"tries={tmp_path / 'tries'}", "--retries", "2", "--json")
    assert done.returncode == 0, done.stdout
    (entry,) = json.loads(done.stdout)["runs"]
    assert (entry["status"], entry["attempts"]) == ("complete", 3)


def test_fail_fast_leaves_the_rest(project):
    done = project.batch("--grid", "what=raise,fine,die", "-j", "1", "--fail-fast")
    assert done.returncode == 1
    assert [row["status"] for row in project.rows().values()] == ["failed", "waiting", "waiting"]
    assert "2 waiting" in done.stdout


def test_an_interrupted_batch_goes_on(project):
    process = project.start("--grid", "seconds=0,0.01,50,60", "-j", "2")
    until(lambda: len(project.ended()) == 2)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "To go on: nbprod batch fates.ipynb --out batches/fates" in stderr
    assert [row["status"] for row in project.rows().values()] == ["complete", "complete", "waiting", "waiting"]
    assert len(project.ended()) == 2
    before = {path: path.stat().st_mtime_ns for path in project.ended()}
    done = project.batch("--grid", "seconds=0,0.01,0.02", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert "2 complete · 1 to run" in done.stderr
    assert all(path.stat().st_mtime_ns == at for path, at in before.items())


def test_a_killed_batch_leaves_nothing_running_and_goes_on(project, tmp_path):
    pid = tmp_path / "pid"
    cell = (
        f"import os\nfrom pathlib import Path\nif seconds > 9:\n    Path({str(pid)!r}).write_text(str(os.getpid()))\n"
    )
    project = Project(tmp_path, (*FATES[:2], cell + FATES[2], FATES[3]))
    process = project.start("--grid", "seconds=0,60", "-j", "1")
    until(pid.exists)
    until(lambda: len(project.ended()) == 1)
    process.kill()
    process.communicate()
    until(lambda: not Path(f"/proc/{pid.read_text()}").exists())
    done = project.batch("--grid", "seconds=0,0.5", "-j", "1")
    assert done.returncode == 0, done.stderr
    assert "1 complete · 1 to run" in done.stderr


def test_a_notebook_that_is_edited_meanwhile(project):
    process = project.start("--grid", "seconds=0.5,1,1.5", "-j", "1")
    until(lambda: len(project.ended()) == 1)
    project.notebook.write_text(project.notebook.read_text().replace("len(what)", "-1"))
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert {row["length"] for row in project.rows().values()} == {"4"}
    assert "has changed since the batch began: all runs are of what it was then" in stdout + stderr
    done = project.batch("--grid", "seconds=0.5,1,1.5")
    assert "3 to run" in done.stderr
    assert {row["length"] for row in project.rows().values()} == {"-1"}


def test_a_run_that_prints_without_end_and_shows_something_huge(project, tmp_path):
    """Of what is printed the beginning is kept, and that says so; what is shown is kept whole."""
    cell = (
        "from IPython.display import HTML\n"
        "if what == 'prints':\n    for _ in range(1000):\n        print('x' * 1_000_000)\n"
        "HTML('y' * 50_000_000) if what == 'shows' else None"
    )
    project = Project(tmp_path, (*FATES[:2], cell, FATES[3]))
    done = project.batch("--grid", "what=prints,shows", "-j", "1")
    assert done.returncode == 0, done.stderr
    printed, shown = (tmp_path / "batches/fates/runs" / f"what={each}/notebook.ipynb" for each in ("prints", "shows"))
    assert printed.stat().st_size < 110_000_000  # of 1 GB
    outputs = [output for cell in json.loads(printed.read_text())["cells"] for output in cell.get("outputs", ())]
    assert any("isn't kept" in "".join(each.get("text", "")) for each in outputs)
    assert shown.stat().st_size > 50_000_000


def test_a_full_disk_ends_the_batch_and_room_lets_it_go_on(project, disk):
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * 320_000)
    words = ("--grid", "seconds=0,0.01,0.02", "-j", "1", "--out", str(disk / "out"))
    done = project.batch(*words)
    assert done.returncode == 2, done.stdout
    assert "can't be written: no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    ballast.unlink()
    done = project.batch(*words)
    assert done.returncode == 0, done.stderr
    assert len(list((disk / "out" / "runs").glob("*/run.json"))) == 3
