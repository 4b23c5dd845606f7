"""`nbprod repro` on an exported notebook: steps of ours in forked processes, with DVC as the judge."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def reproduced(exported):
    assert exported.command("dvc", "init", "--no-scm", "-q").returncode == 0
    done = exported.command("nbprod", "repro", "-j", "2")
    assert done.returncode == 0, done.stderr
    assert "4 ran" in done.stdout
    return exported


def test_dvc_has_nothing_to_do_after_ours(reproduced):
    assert reproduced.command("dvc", "status").stdout == "Data and pipelines are up to date.\n"
    assert "up to date" in reproduced.command("dvc", "repro").stdout
    assert "nothing to do" in reproduced.command("nbprod", "repro").stdout


def test_a_step_that_raises_fails_its_stage_and_changes_neither_lock_nor_outputs(reproduced):
    before = {name: text for name, text in reproduced.files().items() if name.startswith(("data/", "dvc.lock"))}
    reproduced.change("kept = sales[", "kept = sales / 0\n    kept = sales[", "shop/steps/clean.py")
    done = reproduced.command("nbprod", "repro")
    assert done.returncode == 1
    assert "step 'clean' raised" in done.stdout + done.stderr
    assert "cells 4" in done.stdout + done.stderr or "cell 4" in done.stdout + done.stderr
    after = {name: text for name, text in reproduced.files().items() if name.startswith(("data/", "dvc.lock"))}
    assert after == before
    assert reproduced.command("nbprod", "repro").returncode == 1, "the failure must not be taken for a run"
