"""What the world does to a run: real DVC, full disks, kills, interruptions, two steps at once."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbprod.errors import ProjectBroken, StepFailed
from nbprod.model.graph import Graph, Step
from nbprod.model.notebook import Mark
from nbprod.run import compare, pipeline, step
from nbprod.values import load

if TYPE_CHECKING:
    from tests.run.conftest import Project

pytestmark = pytest.mark.slow

STEP = (sys.executable, "-m", "nbprod", "step")
BIN = Path(sys.executable).parent


def environment(project: Project) -> dict[str, str]:
    site = str(project.root.parent / "site")
    return {**os.environ, "DVC_SITE_CACHE_DIR": site, "DVC_NO_ANALYTICS": "1", "PATH": f"{BIN}:{os.environ['PATH']}"}


def ran(project: Project, *command: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=project.root, env=environment(project), capture_output=True, text=True, check=False, **options
    )


def prepared(project: Project, *steps: str) -> None:
    """Run steps in this process: what a test begins with needs no process of its own."""
    for each in steps:
        step(f"flights.{each}", root=project.root)


def started(project: Project, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=project.root, env=environment(project), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 180
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def dvc(project: Project) -> Project:
    done = ran(project, "dvc", "init", "--no-scm", "-q")
    assert done.returncode == 0, done.stderr
    ran(project, "dvc", "config", "core.check_update", "false")
    return project


def slow_clean(project: Project, then: str = "time.sleep(60)") -> Path:
    """Make clean say that it has begun, and then take its time."""
    project.edit(
        "flights/steps/clean.py", "    return flown", f"    open('begun', 'w').close(); {then}\n    return flown"
    )
    project.edit("flights/steps/clean.py", "from pandera", "import time\n\nfrom pandera")
    return project.root / "notebooks/begun"


def test_plain_dvc_runs_the_pipeline_and_a_broken_schema_stops_it(dvc):
    done = ran(dvc, "dvc", "repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "up to date" in ran(dvc, "dvc", "status").stdout
    made = dvc.files()
    assert len(made) == 7

    dvc.edit("flights/schemas/clean.py", "late: Series[bool]", "late: Series[bool] = pa.Field(eq=False)")
    failed = ran(dvc, "dvc", "repro", "clean")
    assert failed.returncode != 0
    assert "output 'flown' breaks its schema Flown in 3 of 5 rows" in failed.stderr
    assert dvc.files() == made, "what DVC has deleted was given back"
    assert len(load(dvc.root / ".nbprod/failed/clean/flown.parquet")) == 3

    dvc.edit("flights/schemas/clean.py", " = pa.Field(eq=False)", "")
    dvc.edit("params.yaml", "late_after: 30", "late_after: 0")
    again = ran(dvc, "dvc", "repro", "clean").stdout
    assert "Stage 'load' didn't change" in again
    assert "clean: makes flown 5 × 3" in again
    assert not (dvc.root / ".nbprod/failed/clean").exists()

    dvc.edit("params.yaml", "late_after: 0", "late_after: 30")
    assert "Stage 'clean' is cached - skipping run" in ran(dvc, "dvc", "repro", "clean").stdout
    assert dvc.files() == made

    dvc.edit("flights/steps/evaluate.py", "import pandas as pd", "raise ValueError")
    assert ran(dvc, "dvc", "repro", "--single-item", "evaluate").returncode != 0
    assert dvc.files() == made, "metrics that only git would have, too"


def test_outputs_linked_from_dvcs_cache_are_replaced_not_written_through(dvc):
    ran(dvc, "dvc", "config", "cache.type", "symlink")
    assert ran(dvc, "dvc", "repro", "clean").returncode == 0
    flown = dvc.root / "data/clean/flown.parquet"
    assert flown.is_symlink()
    cached = flown.resolve().read_bytes()
    cache = flown.resolve()
    dvc.edit("params.yaml", "late_after: 30", "late_after: 0")
    assert ran(dvc, *STEP, "flights.clean").returncode == 0
    assert not flown.is_symlink()
    assert cache.read_bytes() == cached


def test_a_full_disk_keeps_the_previous_outputs(project):
    prepared(project, "load", "clean")
    kept = project.files()
    project.edit("params.yaml", "late_after: 30", "late_after: 0")

    def no_space() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = ran(project, *STEP, "flights.clean", preexec_fn=no_space)
    assert done.returncode == 2
    assert "flown.parquet can't be written: file too large" in done.stderr
    assert project.files() == kept


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting a small disk needs root")
def test_a_really_full_disk_keeps_the_previous_outputs(project):
    (project.root / "data").mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", project.root / "data"], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        prepared(project, "load")
        kept = project.files()
        project.edit("flights/steps/load.py", "return flights", "return pd.concat([flights] * 2).assign(x=range(12))")
        fill(project.root / "data/filler")
        done = ran(project, *STEP, "flights.load")
        assert done.returncode == 2
        assert "can't be written: no space left on device. Free some space" in done.stderr
        (project.root / "data/filler").unlink()
        assert project.files() == kept
    finally:
        subprocess.run(["umount", project.root / "data"], check=True)


def test_a_kill_in_the_middle_leaves_the_previous_outputs_whole(project):
    prepared(project, "load", "clean")
    kept = project.files()
    begun = slow_clean(project)
    process = started(project, *STEP, "flights.clean")
    wait_for(begun, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert project.files() == kept


def test_an_interruption_says_so_and_leaves_the_previous_outputs(project):
    prepared(project, "load", "clean")
    kept = project.files()
    begun = slow_clean(project)
    process = started(project, *STEP, "flights.clean")
    wait_for(begun, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "stopped, and nothing was half-written" in said
    assert "Traceback" not in said
    assert project.files() == kept


def test_two_steps_at_once_do_not_disturb_each_other(project):
    prepared(project, "load", "clean")
    load_again, split = (started(project, *STEP, f"flights.{each}") for each in ("load", "split"))
    assert [each.wait(180) for each in (load_again, split)] == [0, 0]
    assert len(project.files()) == 4


def test_the_pipeline_runs_in_another_folder_and_computes_the_same(project, tmp_path):
    heard: list[tuple[int, int, str]] = []
    runs = pipeline("flights", root=project.root, data=tmp_path / "one", progress=lambda *said: heard.append(said))
    for each in runs:
        step(f"flights.{each.step}", root=project.root, data=tmp_path / "two")
    assert [each.step for each in runs] == ["load", "clean", "split", "train", "evaluate"]
    assert heard[0] == (0, 5, "load")
    assert heard[-1] == (5, 5, "")
    assert not project.files()
    assert {each.name for each in runs[2].outputs} == {"frames", "train", "share"}
    made = sorted(each.relative_to(tmp_path / "one").as_posix() for each in (tmp_path / "one").rglob("*.*"))
    assert made == [
        "clean/flown.parquet",
        "evaluate/metrics.json",
        "evaluate/roc.csv",
        "load/flights.parquet",
        "split/frames+train.joblib",
        "split/share.json",
        "train/model.joblib",
    ]
    steps = tuple(
        Step(each.step, (0,), (), (), tuple(one.name for one in each.outputs), (), (), Mark(each.step)) for each in runs
    )
    compared = compare(tmp_path / "one", tmp_path / "two", Graph("flights.ipynb", steps=steps), root=project.root)
    assert [each.name for each in compared if not each.equal] == []
    assert len(compared) == 8


def test_the_pipeline_stops_at_the_first_failure_and_passes_on_what_it_said(project, tmp_path):
    project.edit("flights/steps/clean.py", '["arr_delay"])', '["gone"])')
    with pytest.raises(StepFailed, match=r"(?s)\Astep 'clean' raised KeyError at flights/steps/clean\.py.*\['gone'\]"):
        pipeline("flights", root=project.root, data=tmp_path / "out")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["load"]
    project.edit("params.yaml", "late_after: 30", "late_after: soon")
    with pytest.raises(ProjectBroken, match=r"\Aa parameter is not what the step takes"):
        pipeline("flights", root=project.root, data=tmp_path / "out")


def test_the_pipeline_names_the_nearest_package_and_a_step_that_was_killed(project, tmp_path):
    with pytest.raises(ProjectBroken, match=r"no stage of dvc\.yaml runs a step of 'fligths'\. Did you mean flights"):
        pipeline("fligths", root=project.root, data=tmp_path)
    project.edit("flights/steps/load.py", "    return", "    import os\n    os.kill(os.getpid(), 9)\n    return")
    with pytest.raises(StepFailed, match=r"step 'load' was ended by SIGKILL\. Perhaps the machine ran out of memory"):
        pipeline("flights", root=project.root, data=tmp_path)


def test_an_interrupted_pipeline_stops_the_running_step(project, tmp_path):
    child = tmp_path / "child"
    begun = slow_clean(project, f"open({str(child)!r}, 'w').write(str(__import__('os').getpid())); time.sleep(60)")
    code = f"from pathlib import Path; from nbprod.run import pipeline; pipeline('flights', root=Path(), data=Path({str(tmp_path / 'out')!r}))"  # noqa: E501
    process = started(project, sys.executable, "-c", code)
    wait_for(begun, process)
    wait_for(child, process)
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=120)
    with pytest.raises(ProcessLookupError):
        os.kill(int(child.read_text()), 0)
