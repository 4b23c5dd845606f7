"""A real cluster: a scheduler and workers in processes of their own, one of which is killed, and one comes late."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from nbprod.errors import ClusterFailed
from nbprod.project import batches
from nbprod.run.batches.dask import Dask
from nbprod.run.batches.folder import Folder
from nbprod.run.batches.spec import Spec

from .conftest import free_port, until_it_listens

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
RUNS = 10
# Each run appends its number to a file when it begins and when it ends: O_APPEND keeps lines whole.
CELLS = (
    "%load_ext nbprod",
    "number: int = 0\nlog: str = ''",
    (
        "%%step work --metrics result\nimport os, time\n"
        "def say(word):\n    with open(log, 'a') as file:\n        file.write(f'{word} {number} {os.getppid()}\\n')\n"
        "say('began')\ntime.sleep(0.4)\nresult = {'square': number ** 2}\nsay('ended')"
    ),
)


def notebook(cells=CELLS) -> str:
    made = [
        {"cell_type": "code", "metadata": {}, "source": each, "outputs": [], "execution_count": None} for each in cells
    ]
    made[1]["metadata"]["tags"] = ["parameters"]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


class Cluster:
    """A scheduler and the workers that were started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        until_it_listens(port, self.scheduler)
        self.workers: list[subprocess.Popen] = []

    def _start(self, *words: str) -> subprocess.Popen:
        log = (self.folder / f"{words[0]}-{time.monotonic_ns()}.log").open("w")
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)

    def join(self) -> subprocess.Popen:
        """One more worker, with one thread and nobody who starts it again."""
        worker = self._start("worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard")
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        for each in (*self.workers, self.scheduler):
            each.kill()
            each.wait()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").touch()
    path = tmp_path / "project" / "work.ipynb"
    path.write_text(notebook())
    return path


def test_a_worker_is_killed_and_one_comes_late(cluster, project, tmp_path):
    doomed = cluster.join()
    cluster.join()
    log = tmp_path / "log.txt"
    options = batches.Options(str(tmp_path / "out"))
    plan = batches.planned(project, Spec({"log": str(log)}, grid={"number": range(RUNS)}), options)
    told = []

    def tell(entry):
        told.append(entry.name)
        if len(told) == 2:
            os.kill(doomed.pid, signal.SIGKILL)
            cluster.join()

    advanced = []
    done = batches.performed(plan, Dask(cluster.address), options, tell, advanced.append)
    assert {each.run for each in advanced} >= set(told[2:-1]), "the last word may come late"
    assert {(each.done, each.restored) for each in advanced} == {(1, 0)}
    assert [entry.status for entry in done.entries] == ["complete"] * RUNS
    assert [entry.metrics["result"]["square"] for entry in done.entries] == [number**2 for number in range(RUNS)]
    assert sorted(told) == sorted(entry.name for entry in done.entries)
    assert {each.name for each in (tmp_path / "out" / "runs").iterdir()} == set(told)
    words = [line.split() for line in log.read_text().splitlines()]
    ended = Counter(number for word, number, _ in words if word == "ended")
    began = Counter(number for word, number, _ in words if word == "began")
    assert ended == {str(number): 1 for number in range(RUNS)}  # each was done once
    assert sum(began.values()) <= RUNS + 1  # what the killed worker had begun was begun again
    assert len({parent for _, _, parent in words}) >= 2


def test_a_scheduler_that_nobody_reaches(project, tmp_path):
    options = batches.Options(str(tmp_path / "out"))
    plan = batches.planned(project, Spec({}, grid={"number": [1]}), options)
    with pytest.raises(ClusterFailed, match="no scheduler answers at tcp://127"):
        batches.performed(plan, Dask(f"tcp://127.0.0.1:{free_port()}", patience=1), options)
    assert (tmp_path / "out" / "index.csv").is_file()


def test_workers_write_to_a_bucket(bucket, cluster, project, tmp_path):
    cluster.join()
    options = batches.Options(f"{bucket}/out")
    spec = Spec({"log": str(tmp_path / "log.txt")}, grid={"number": [2, 3]})
    done = batches.performed(batches.planned(project, spec, options), Dask(cluster.address), options)
    assert [entry.metrics["result"]["square"] for entry in done.entries] == [4, 9]
    assert Folder(options.out).names("runs/number=3") == ["metrics.json", "notebook.ipynb", "outputs", "run.json"]
    again = batches.planned(project, spec, options)
    assert again.standing.todo == ()


PURE = (
    "%load_ext nbprod",
    "number: int = 0",
    "%%step load\nrows = list(range(1000))",
    "%%step fit --metrics result\nresult = {'sum': sum(rows) * number}",
)


def test_work_that_was_done_here_is_restored_on_a_worker_from_a_bucket(bucket, cluster, project, tmp_path, monkeypatch):
    monkeypatch.setenv("NBPROD_CACHE", f"{bucket}/cache")
    cluster.join()
    project.write_text(notebook(PURE))
    spec = Spec({}, grid={"number": [1, 2]})

    def counts(out, executor):
        options = batches.Options(out)
        done = batches.performed(batches.planned(project, spec, options), executor, options)
        assert [entry.notes for entry in done.entries] == [(), ()]
        assert [entry.metrics["result"]["sum"] for entry in done.entries] == [499500, 999000]
        return [(entry.done, entry.restored) for entry in done.entries]

    assert counts(str(tmp_path / "here"), batches.executor(1, None)) == [(2, 0), (1, 1)]
    shutil.rmtree(project.parent / ".nbprod")  # what another machine never had
    assert counts(f"{bucket}/far", Dask(cluster.address)) == [(0, 2), (0, 2)]
