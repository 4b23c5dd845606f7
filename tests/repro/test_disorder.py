"""What is broken, edited by hand, full or read-only: a clear word or a repair, and nothing lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest

from nbprod.errors import ProjectBroken
from nbprod.project.reproducing import planned, reproduce
from tests.repro.conftest import stale_by_dvc

PIPELINE = """\
stages:
  a:
    cmd: cp in.txt a.txt
    deps:
    - in.txt
    outs:
    - a.txt
  b:
    cmd: mkdir -p b && cp a.txt b/one && cp a.txt 'b/two ü'
    deps:
    - a.txt
    params:
    - seed
    outs:
    - b
"""


@pytest.fixture
def ran(repository):
    (repository / "dvc.yaml").write_text(PIPELINE)
    (repository / "in.txt").write_text("one\n")
    (repository / "params.yaml").write_text("seed: 1\n")
    assert reproduce(repository).good
    return repository


def _in_cache(root):
    return [each for each in (root / ".dvc/cache/files").rglob("*") if each.is_file()]


LOCKS = {
    "markers of a merge": (lambda text: f"<<<<<<< HEAD\n{text}=======\n>>>>>>> other\n", "line 1: two branches"),
    "no YAML": (lambda text: text + "  c: [\n", "is not valid YAML"),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_a_lock_that_cannot_be_read_is_named_with_its_line_and_a_cure(ran, kind):
    spoil, said = LOCKS[kind]
    lock = ran / "dvc.lock"
    lock.write_text(spoil(lock.read_text()))
    with pytest.raises(ProjectBroken, match=said) as raised:
        reproduce(ran)
    assert "delete the file" in raised.value.hint
    lock.unlink()
    found = reproduce(ran)
    assert {each.ending for each in found.outcomes} == {"cached"}, "the run cache knows all of it"


EDITS = {
    "a comment": lambda text: text.replace("  a:\n", "  a:  # mine\n"),
    "flow style": lambda text: text.replace(":\n      params.yaml:\n        seed: 1\n", ": {params.yaml: {seed: 1}}\n"),
    "four blanks": lambda text: text.replace("\n  ", "\n    "),
    "another order": lambda text: text.replace("schema: '2.0'\n", "") + "schema: '2.0'\n",
    "Windows lines": lambda text: text.replace("\n", "\r\n"),
    "a stage that is gone": lambda text: text + "  gone:\n    cmd: x\n",
    "an anchor": lambda text: text.replace("seed: 1", "seed: &one 1"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_a_lock_edited_by_hand_means_the_same_and_is_written_on(ran, edit):
    lock = ran / "dvc.lock"
    lock.write_bytes(EDITS[edit](lock.read_text()).encode())
    assert planned(ran).fresh
    (ran / "in.txt").write_text("two\n")
    assert reproduce(ran).ran == ("a", "b")
    assert planned(ran).fresh
    assert stale_by_dvc(ran) == set()
    assert ("gone" in lock.read_text()) == (edit == "a stage that is gone")


def test_a_cached_file_that_was_written_into_is_not_trusted(ran):
    for each in _in_cache(ran):
        each.chmod(0o644)
        each.write_bytes(each.read_bytes() + b"x")
    assert planned(ran).stale == ("a", "b")
    assert reproduce(ran).ran == ("a", "b")
    assert stale_by_dvc(ran) == set()


def test_a_cached_file_without_protection_is_read_and_protected(ran):
    for each in _in_cache(ran):
        each.chmod(0o644)
    assert planned(ran).fresh
    assert {each.stat().st_mode & 0o777 for each in _in_cache(ran)} == {0o444}


def test_a_cached_file_that_is_spoilt_below_its_protection_is_made_anew(ran):
    """Nobody reads a protected file to look whether it is stale; what comes out of the cache is read."""
    before = {each: each.read_bytes() for each in _in_cache(ran) if not each.name.endswith(".dir")}
    for each in before:
        each.chmod(0o644)
        each.write_bytes(b"rot")
        each.chmod(0o444)
    (ran / "a.txt").unlink()
    shutil.rmtree(ran / "b")
    found = reproduce(ran)
    assert [(each.name, each.ending) for each in found.outcomes] == [("a", "ran"), ("b", "cached")]
    assert {each: each.read_bytes() for each in before} == before
    assert (ran / "b/one").read_text() == "one\n"
    assert stale_by_dvc(ran) == set()


def test_an_output_that_dvc_yaml_names_no_more_is_not_asked_of_the_cache(repository):
    """dvc.lock still knows it; the stage's others are taken out."""
    stage = "stages: {{a: {{cmd: 'seq 3 | tee a b', deps: [in], outs: [{}]}}}}\n"
    (repository / "in").write_text("in")
    (repository / "dvc.yaml").write_text(stage.format("a, b"))
    assert reproduce(repository).good
    (repository / "dvc.yaml").write_text(stage.format("a"))
    (repository / "a").unlink()
    assert [each.ending for each in reproduce(repository).outcomes] == ["cached"]


def test_a_run_cache_that_is_broken_is_not_used(ran):
    for each in (ran / ".dvc/cache/runs").rglob("*"):
        if each.is_file():
            each.write_text("[")
    (ran / "dvc.lock").unlink()
    assert {each.ending for each in reproduce(ran).outcomes} == {"ran"}


def test_a_cache_that_cannot_be_written_fails_the_stage_and_keeps_its_outputs(ran):
    (ran / "in.txt").write_text("two\n")
    shutil.rmtree(ran / ".dvc/cache")
    (ran / ".dvc/cache").write_text("a file stands where the folder was")
    found = reproduce(ran)
    assert [(each.name, each.ending) for each in found.outcomes] == [("a", "failed")]
    assert "can't be written" in found.outcomes[0].message
    assert (ran / "a.txt").read_text() == "one\n"


def test_a_disk_that_is_full_fails_the_stage_and_loses_nothing(ran):
    """A limit on the size of files refuses writes as a full disk does, in the middle of one."""
    (ran / "dvc.yaml").write_text(PIPELINE.replace("cp in.txt a.txt", "ulimit -f unlimited; truncate -s 1M a.txt"))
    before = (ran / "dvc.lock").read_bytes()

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))

    command = [sys.executable, "-m", "nbprod", "repro"]
    done = subprocess.run(command, preexec_fn=limited, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "can't be written: file too large" in done.stdout
    assert (ran / "a.txt").read_text() == "one\n"
    assert (ran / "dvc.lock").read_bytes() == before
    assert not [each for each in _in_cache(ran) if each.name.endswith(".tmp")]
    assert reproduce(ran).good


def test_what_is_remembered_may_be_rubbish(ran):
    known = ran / ".dvc/tmp/nbprod/known.json"
    for rubbish in ("", "{", "[]", '{"version": 1, "files": 3}', '{"version": 0}'):
        known.write_text(rubbish)
        assert planned(ran).fresh


def test_a_file_written_again_within_the_clocks_tick_is_seen(ran):
    for at in range(30):
        (ran / "in.txt").write_text(f"{at:04}\n")
        reproduce(ran)
        found = (ran / "in.txt").stat()
        (ran / "in.txt").write_text(f"{at + 1:04}\n")
        os.utime(ran / "in.txt", ns=(found.st_atime_ns, found.st_mtime_ns))
        assert "a" in planned(ran).stale
