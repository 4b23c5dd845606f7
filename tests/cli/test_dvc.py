"""What DVC itself makes of the files that export writes: experiments, differences, plots, remotes, a second clone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import pytest

from .conftest import Shop

pytestmark = pytest.mark.slow


def clone_of(shop: Shop, tmp_path) -> Shop:
    shop.does("git", "clone", "-q", str(shop.root), str(tmp_path / "clone"))
    return Shop(tmp_path / "clone")


def test_experiments_and_what_differs(ready):
    ready.does("dvc", "exp", "run", "-q", "-n", "strict", "-S", "shop.least=60")
    changed = json.loads(ready.does("dvc", "params", "diff", "--json"))
    assert changed["params.yaml"]["shop.least"] == {"old": 20, "new": 60, "diff": 40}
    metrics = json.loads(ready.does("dvc", "metrics", "diff", "--json"))
    assert metrics["data/report/figures.json"]["sold"]["diff"] < 0


def test_queued_experiments(ready):
    ready.does("dvc", "exp", "run", "-q", "--queue", "-n", "lax", "-S", "shop.least=5")
    ready.does("dvc", "exp", "run", "-q", "--run-all", "-j", "1")
    metrics = json.loads(ready.does("dvc", "metrics", "diff", "--json", "HEAD", "lax"))
    assert metrics["data/report/figures.json"]["sold"]["diff"] > 0
    ready.does("dvc", "exp", "apply", "-q", "lax")
    assert "least: 5" in (ready.root / "params.yaml").read_text()
    assert ready.does("dvc", "status").strip() == "Data and pipelines are up to date."


def test_plots_are_drawn_as_they_are_declared(ready):
    spec = json.loads(ready.does("dvc", "plots", "show", "--show-vega", "data/draw/curve.csv"))
    drawn = json.dumps(spec)
    assert '"x": {"field": "month", "type": "quantitative", "title": "month"' in drawn
    assert '"y": {"field": "amount", "type": "quantitative", "title": "amount"' in drawn
    assert spec["title"]["text"] == "curve"
    assert len(spec["data"]["values"]) == 6
    page = ready.does("dvc", "plots", "show").strip().removeprefix("file://")
    assert "curve" in (ready.root / page).read_text()


def test_a_second_clone_pulls_and_has_nothing_to_do(fixture_ready, tmp_path):
    clone = clone_of(fixture_ready, tmp_path)
    clone.does("dvc", "fetch", "-q")
    clone.does("dvc", "pull", "-q", "--run-cache")
    assert clone.does("dvc", "status").strip() == "Data and pipelines are up to date."
    assert "Data and pipelines are up to date." in clone.does("dvc", "repro")


@pytest.fixture
def s3(tmp_path, free_port):
    """An S3 server as a process of its own."""
    command = [sys.executable, "-m", "moto.server", "-p", str(free_port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        address = f"http://127.0.0.1:{free_port}"
        try:
            _until(address)
            yield address
        finally:
            server.terminate()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _until(address: str) -> None:
    for _ in range(100):
        with suppress(OSError):
            urllib.request.urlopen(address, timeout=1)
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def test_an_s3_server_is_a_remote_like_any_other(ready, s3, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    request = urllib.request.Request(f"{s3}/shop", method="PUT")
    urllib.request.urlopen(request, timeout=10)
    ready.does("dvc", "remote", "add", "-q", "--default", "s3", "s3://shop/store")
    ready.does("dvc", "remote", "modify", "s3", "endpointurl", s3)
    ready.does("dvc", "push", "-q", "--run-cache")
    ready.does("git", "commit", "-qam", "Another remote", "--no-verify")
    clone = clone_of(ready, tmp_path)
    clone.does("dvc", "pull", "-q", "--run-cache")
    assert clone.does("dvc", "status").strip() == "Data and pipelines are up to date."
    assert (clone.root / "data/clean/kept.parquet").is_file()
