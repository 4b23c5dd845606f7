"""What a run leaves behind: what DVC would have left, byte for byte, whatever goes wrong on the way."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbprod.errors import RepositoryBusy
from nbprod.project.reproducing import options, planned, reproduce
from nbprod.repro.unsupported import LeftToDvc
from tests.repro.conftest import dvc, stale_by_dvc

PIPELINE = """\
vars:
- times: 3
stages:
  load:
    cmd: mkdir -p data && cp raw.csv data/raw.csv && chmod +x data/raw.csv
    deps:
    - raw.csv
    outs:
    - data/raw.csv
  split:
    cmd:
    - mkdir -p parts/deep
    - echo ${times} > parts/a; cp data/raw.csv 'parts/deep/b ü'
    deps:
    - data/raw.csv
    params:
    - seed
    - model.depth
    outs:
    - parts
  each:
    foreach: [1, 2]
    do:
      cmd: echo ${item} > each${item}.txt
      deps:
      - parts
      outs:
      - each${item}.txt
  grid:
    matrix:
      a: [x, y]
    cmd: echo ${item.a} > ${item.a}.txt
    deps:
    - parts
    outs:
    - ${item.a}.txt:
        push: false
  fit:
    cmd: cat parts/a > model.txt && chmod 750 model.txt && echo '{"auc":1}' > metrics.json && echo x >> keep.txt
    deps:
    - parts
    params:
    - more.json:
    outs:
    - model.txt
    - keep.txt:
        persist: true
    metrics:
    - metrics.json:
        cache: false
  curve:
    cmd: echo '[{"x":1,"y":2}]' > curve.json
    deps:
    - parts
    plots:
    - curve.json:
        x: x
        y: y
  score:
    cmd: echo '{"auc":1}' > score.json
    deps:
    - parts
    metrics:
    - score.json:
        cache: false
  empty:
    cmd: mkdir -p nothing
    deps:
    - raw.csv
    outs:
    - nothing
  still:
    cmd: echo never > still.txt
    deps:
    - raw.csv
    outs:
    - still.txt
    frozen: true
  long:
    cmd: "echo 'a command that is longer than eighty letters, so that YAML folds it: with a colon' > long.txt"
    deps:
    - raw.csv
    outs:
    - long.txt
"""
BELOW = """\
stages:
  copy:
    wdir: "../d é"
    cmd: cp ../parts/a "x y.txt"
    deps:
    - ../parts/a
    outs:
    - "x y.txt"
"""


@pytest.fixture
def full(repository):
    for folder in ("sub", "d é"):
        (repository / folder).mkdir()
    (repository / "dvc.yaml").write_text(PIPELINE)
    (repository / "sub/dvc.yaml").write_text(BELOW)
    (repository / "raw.csv").write_text("1\n2\n")
    (repository / "still.txt").write_text("still\n")
    (repository / "params.yaml").write_text('seed: 0\nmodel: {depth: [1, 2.5, null, "a b"], size: 3}\n')
    (repository / "more.json").write_text('{"rate": 0.5, "when": "x", "on": true, "none": null, "many": {}}')
    return repository


def _left_behind(root: Path) -> dict[str, object]:
    files = {
        each.relative_to(root).as_posix(): each
        for each in sorted(root.rglob("*"))
        if each.is_file() and not {".git", "tmp"} & set(each.relative_to(root).parts)
    }
    return {name: (each.read_bytes(), oct(each.stat().st_mode)) for name, each in files.items()}


@pytest.mark.slow
def test_a_run_leaves_what_dvc_leaves_and_dvc_has_nothing_to_do(full, tmp_path, monkeypatch):
    shutil.copytree(full, tmp_path / "other")
    assert reproduce(full).good
    assert reproduce(full / "sub").ran == ("copy",)
    assert stale_by_dvc(full) == set()
    monkeypatch.chdir(tmp_path / "other")
    dvc("repro", "-q", "-R", ".")
    assert _left_behind(full) == _left_behind(tmp_path / "other")


@pytest.mark.slow
def test_run_caches_are_used_both_ways(full):
    reproduce(full)
    for seed in ("seed: 1", "seed: 2"):
        (full / "params.yaml").write_text((full / "params.yaml").read_text().replace("seed: 0", seed))
        (reproduce(full) if seed == "seed: 1" else dvc("repro", "-q"))
        (full / "params.yaml").write_text((full / "params.yaml").read_text().replace(seed, "seed: 0"))
    reproduce(full)
    (full / "params.yaml").write_text((full / "params.yaml").read_text().replace("seed: 0", "seed: 2"))
    endings = {each.name: each.ending for each in reproduce(full).outcomes}
    assert endings["split"] == "cached", "DVC's entry is used"
    (full / "params.yaml").write_text((full / "params.yaml").read_text().replace("seed: 2", "seed: 1"))
    told = subprocess.run([sys.executable, "-m", "dvc", "repro"], check=True, capture_output=True, text=True).stdout
    assert "'split' is cached" in told, "ours is used by DVC"


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_stage_that_fails_keeps_its_outputs_and_stops_those_below_it(repository, jobs):
    (repository / "dvc.yaml").write_text(
        "stages:\n"
        "  a:\n    cmd: cp in.txt a.txt && test $(cat in.txt) != bad\n    deps: [in.txt]\n    outs: [a.txt]\n"
        "  b:\n    cmd: cp a.txt b.txt\n    deps: [a.txt]\n    outs: [b.txt]\n"
        "  c:\n    cmd: cp in.txt c.txt\n    deps: [in.txt]\n    outs: [c.txt]\n"
    )
    (repository / "in.txt").write_text("good")
    assert reproduce(repository, how=options(jobs)).good
    (repository / "in.txt").write_text("bad")
    found = reproduce(repository, how=options(jobs, keep_going=True))
    assert {each.name: each.ending for each in found.outcomes} == {"a": "failed", "b": "skipped", "c": "ran"}
    assert "exited with 1" in next(each.message for each in found.outcomes if each.name == "a")
    assert (repository / "a.txt").read_text() == "good"
    assert (repository / "c.txt").read_text() == "bad"
    assert planned(repository).stale == ("a",)
    (repository / "in.txt").write_text("fine")
    assert reproduce(repository, how=options(jobs)).ran == ("a", "b", "c") if jobs == 1 else ("a", "c", "b")


def test_what_a_stage_prints_is_heard_and_kept_when_it_fails(repository):
    (repository / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo one; echo two >&2; exit 3\n    outs: [a.txt]\n")
    failed = reproduce(repository).outcomes[0]
    assert (failed.ending, failed.log) == ("failed", ("one", "two"))


def test_an_output_that_is_not_made_is_a_failure(repository):
    (repository / "dvc.yaml").write_text("stages:\n  a:\n    cmd: true > b.txt\n    outs: [a.txt]\n")
    assert "the output a.txt is missing" in reproduce(repository).outcomes[0].message


def test_a_stage_that_makes_nothing_runs_every_time(repository):
    (repository / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo a >> told\n")
    for _ in range(3):
        assert [each.ending for each in reproduce(repository).outcomes] == ["ran"]
    assert (repository / "told").read_text() == "a\n" * 3


def test_stages_run_side_by_side(repository):
    """Two stages that wait for each other end only if both run at once."""
    meet = (
        "touch {me}.here; for i in $(seq 500); do test -e {other}.here && break; sleep 0.01; done; test -e {other}.here"
    )
    stages = "".join(
        f"  {me}:\n    cmd: {meet.format(me=me, other=other)} && echo {me} > {me}.txt\n    outs: [{me}.txt]\n"
        for me, other in (("a", "b"), ("b", "a"))
    )
    (repository / "dvc.yaml").write_text(f"stages:\n{stages}")
    assert reproduce(repository, how=options(2)).good


@pytest.mark.slow
def test_two_runs_exclude_each_other_and_dvc(repository):
    (repository / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: touch on; sleep 60; echo a > a.txt\n    outs: [a.txt]\n"
    )
    (repository / "a.txt").write_text("before")
    with subprocess.Popen([sys.executable, "-m", "nbprod", "repro"], stdout=subprocess.DEVNULL) as first:
        while not (repository / "on").exists():
            time.sleep(0.02)
        second = reproduce(repository)
        assert second.recovered == (), "what a living run has moved aside is its own"
        (outcome,) = second.outcomes
        assert (outcome.ending, f"(process {first.pid})" in outcome.message) == ("failed", True)
        theirs = subprocess.run([sys.executable, "-m", "dvc", "repro"], capture_output=True, text=True, check=False)
        assert f"(PID {first.pid})" in theirs.stderr
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 130
    assert (repository / "a.txt").read_text() == "before"


def test_a_lock_that_dvc_holds_is_respected(repository, monkeypatch):
    import zc.lockfile

    monkeypatch.setattr("nbprod.repro.locking.PATIENCE", 0.1)
    (repository / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo a > a.txt\n    outs: [a.txt]\n")
    lock = zc.lockfile.LockFile(str(repository / ".dvc/tmp/lock"))
    with pytest.raises(RepositoryBusy, match="another process"):
        reproduce(repository)
    lock.close()
    assert reproduce(repository).good


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost(repository):
    """Kill a run again and again, at any moment; DVC accepts what is there, and the next run goes on from it."""
    moments = random.Random(os.environ.get("NBPROD_SEED", "0"))
    stages = [
        f"  s{at}:\n    cmd: cat {before}.txt > s{at}.txt; sleep 0.01; echo {at} >> s{at}.txt\n"
        f"    deps: [{before}.txt]\n    outs: [s{at}.txt]\n"
        for at, before in enumerate(["in", *(f"s{at}" for at in range(7))])
    ]
    (repository / "dvc.yaml").write_text("stages:\n" + "".join(stages))
    tries = int(os.environ.get("NBPROD_KILLS", "24"))
    for attempt in range(tries):
        (repository / "in.txt").write_text(f"{attempt}\n")
        with subprocess.Popen([sys.executable, "-m", "nbprod", "repro"], stdout=subprocess.DEVNULL) as run:
            time.sleep(moments.uniform(0.05, 0.6))
            run.kill()
        before = planned(repository)
        if attempt % 8 == 0:
            assert set(before.stale) == stale_by_dvc(repository)
    assert reproduce(repository).good
    assert stale_by_dvc(repository) == set()
    assert (repository / "s7.txt").read_text() == f"{tries - 1}\n" + "".join(f"{at}\n" for at in range(8))
    assert not list((repository / ".dvc/tmp/nbprod").glob("aside/*"))


def test_the_lock_of_somebody_else_is_taken_in_while_a_stage_runs(repository):
    (repository / "dvc.yaml").write_text(
        "stages: {a: {cmd: cp -f other.lock dvc.lock; echo a > a.txt, outs: [a.txt]}}\n"
    )
    (repository / "other.lock").write_text("schema: '2.0'\nstages:\n  gone:\n    cmd: 'true'\n")
    assert reproduce(repository).good
    lock = (repository / "dvc.lock").read_text()
    assert "  gone:\n    cmd: 'true'\n" in lock
    assert "  a:\n    cmd: cp -f" in lock


def test_json_tells_how_each_stage_ended(repository):
    (repository / "dvc.yaml").write_text("stages:\n  a:\n    cmd: echo said; echo a > a.txt\n    outs: [a.txt]\n")
    command = [sys.executable, "-m", "nbprod", "repro", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert [(each["name"], each["ending"]) for each in told["stages"]] == [("a", "ran")]
    assert "said" in done.stderr


@pytest.mark.slow
def test_a_source_that_changed_is_taken_in_by_dvc_and_a_missing_one_is_a_failure(repository):
    (repository / "raw.csv").write_text("1")
    dvc("add", "raw.csv")
    (repository / "dvc.yaml").write_text("stages: {a: {cmd: cp raw.csv a.csv, deps: [raw.csv], outs: [a.csv]}}\n")
    assert reproduce(repository).ran == ("a",)
    (repository / "raw.csv").write_text("2")
    assert planned(repository).stale == ("raw.csv.dvc", "a")
    assert reproduce(repository).ran == ("raw.csv.dvc", "a")
    assert stale_by_dvc(repository) == set()
    (repository / "raw.csv").unlink()
    shutil.rmtree(repository / ".dvc/cache")
    assert [each.ending for each in reproduce(repository).outcomes] == ["failed"]


@pytest.mark.slow
def test_a_clone_pulls_what_is_missing_and_runs_nothing(repository, tmp_path, monkeypatch):
    (repository / "raw.csv").write_text("1")
    dvc("add", "raw.csv")
    (repository / "dvc.yaml").write_text(
        "stages:\n  a: {cmd: cp raw.csv a.csv, deps: [raw.csv], outs: [a.csv]}\n"
        "  b: {cmd: mkdir b; cp a.csv b/x, deps: [a.csv], outs: [b]}\n"
    )
    reproduce(repository)
    dvc("remote", "add", "-d", "shelf", str(tmp_path / "shelf"))
    dvc("push", "--run-cache")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"], check=True)
    subprocess.run(["git", "clone", "-q", str(repository), str(tmp_path / "clone")], check=True)
    monkeypatch.chdir(tmp_path / "clone")
    found = reproduce(tmp_path / "clone", pull=True)
    assert {each.ending for each in found.outcomes} == {"fresh"}
    assert (tmp_path / "clone/b/x").read_text() == "1"


def test_stages_that_make_the_same_at_once_don_t_meet_in_the_cache(repository):
    stages = "".join(f"  s{at}: {{cmd: head -c 3000000 /dev/zero > {at}.bin, outs: [{at}.bin]}}\n" for at in range(8))
    (repository / "dvc.yaml").write_text(f"stages:\n{stages}")
    assert reproduce(repository, how=options(8)).good


def test_a_lost_content_is_made_once_where_two_stages_share_it(repository):
    """Side by side the second waits for the first, and takes what that has put back, as it would one after another."""
    stages = "".join(
        f"  {name}: {{cmd: 'mkdir {name}; seq 9 > {name}/x; echo {name} > {name}/y', deps: [in], outs: [{name}]}}\n"
        for name in "ab"
    )
    (repository / "dvc.yaml").write_text(f"stages:\n{stages}")
    (repository / "in").write_text("in")
    assert reproduce(repository).good
    shared = hashlib.md5((repository / "a/x").read_bytes(), usedforsecurity=False).hexdigest()
    (repository / ".dvc/cache/files/md5" / shared[:2] / shared[2:]).unlink()
    for name in "ab":
        shutil.rmtree(repository / name)
    assert [each.ending for each in reproduce(repository, how=options(2)).outcomes] == ["ran", "cached"]
    assert (repository / "b/x").read_text() == (repository / "a/x").read_text()


def test_a_lock_that_git_ignores_goes_to_dvc(repository):
    (repository / "dvc.yaml").write_text("stages: {a: {cmd: echo a > a.txt, outs: [a.txt]}}\n")
    (repository / ".gitignore").write_text("dvc.lock\n")
    with pytest.raises(LeftToDvc, match=r"dvc\.lock"):
        reproduce(repository)
    assert not (repository / "a.txt").exists()


def test_a_stage_may_ask_dvc_itself(repository):
    """The repository's lock is free while commands run, as it is when DVC runs them."""
    command = f"{sys.executable} -m dvc status -q other; echo a > a.txt"
    (repository / "dvc.yaml").write_text(
        f"stages:\n  a: {{cmd: {command}, outs: [a.txt]}}\n  other: {{cmd: echo b > b.txt, outs: [b.txt]}}\n"
    )
    found = reproduce(repository)
    assert found.good
    assert not any("lock" in line for each in found.outcomes for line in each.log)


@pytest.mark.slow
def test_what_nbprod_doesn_t_do_goes_to_dvc_in_one_line(repository):
    (repository / "dvc.yaml").write_text("stages: {a: {cmd: echo a > a.txt, outs: [a.txt]}}\n")
    with (repository / ".dvc/config").open("a") as config:
        config.write("[cache]\n    type = hardlink\n")
    done = subprocess.run([sys.executable, "-m", "nbprod", "repro"], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("nbprod: left to DVC: cache.type hardlink or symlink: hardlink\n")
    assert "Running stage 'a'" in done.stdout
    assert (repository / "a.txt").stat().st_nlink == 2, "DVC has linked it"


def test_what_can_be_seen_goes_to_dvc_before_anything_runs(repository):
    (repository / "dvc.yaml").write_text(
        "stages:\n"
        "  a: {cmd: echo a > a.txt, outs: [a.txt]}\n"
        "  b: {cmd: cp a.txt b.txt, deps: [a.txt, in], outs: [b.txt]}\n"
    )
    (repository / "in").mkdir()
    (repository / "in/broken").symlink_to("nothing")
    with pytest.raises(LeftToDvc, match="a link to nothing") as left:
        reproduce(repository)
    assert left.value.rest == ()
    assert not (repository / "a.txt").exists()


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--force"]], ids=["stale", "forced"])
def test_where_a_stage_leaves_the_next_to_dvc_nothing_runs_twice(repository, flags):
    (repository / "dvc.yaml").write_text(
        "stages:\n"
        "  a: {cmd: echo a | tee a.txt >> ran; touch in/.dvcignore, outs: [a.txt], always_changed: true}\n"
        "  long: {cmd: sleep 0.5; echo long | tee long.txt >> ran, outs: [long.txt]}\n"
        "  b: {cmd: echo b > b.txt, deps: [a.txt, in], outs: [b.txt]}\n"
        "  c: {cmd: echo c > c.txt, deps: [b.txt], outs: [c.txt]}\n"
    )
    (repository / "in").mkdir()
    command = [sys.executable, "-m", "nbprod", "repro", "-j", "2", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "left to DVC: a .dvcignore inside of a dependency or an output" in done.stderr
    assert "failed to reproduce 'b': .dvcignore file should not be in" in done.stderr, "DVC says why"
    assert sorted((repository / "ran").read_text().split()) == ["a", "long"]
    (repository / "in/.dvcignore").unlink()
    assert stale_by_dvc(repository) == {"a", "b", "c"}, "what ended beside it is written down"


@pytest.mark.slow
def test_what_ran_for_a_killed_run_is_ended(repository):
    (repository / "dvc.yaml").write_text(
        "stages: {a: {cmd: 'echo $$ > pid; (sleep 300; echo late > a.txt); echo a > a.txt', outs: [a.txt]}}\n"
    )
    with subprocess.Popen([sys.executable, "-m", "nbprod", "repro", "--json"], stdout=subprocess.DEVNULL) as run:
        while not ((repository / "pid").exists() and (repository / "pid").read_text()):
            time.sleep(0.02)
        run.kill()
    shell = Path("/proc", (repository / "pid").read_text().strip())
    for _ in range(500):
        if not shell.exists() or "Z (zombie)" in (shell / "status").read_text():
            break
        time.sleep(0.02)
    else:
        pytest.fail("the stage's shell has outlived its run")
