"""Killed at any moment, nothing is lost, and the next run goes on; `benchmarks/killed.py` does it hundreds of times."""

from __future__ import annotations

import logging
import random

import pytest

from tests.repro.judge.killing import reference, tried


@pytest.mark.slow
def test_killed_at_any_moment_a_run_goes_on_from_what_was_complete(repository, tmp_path):
    logging.disable(logging.CRITICAL)
    known = reference(tmp_path / "whole")
    hits = sum(tried(tmp_path / "tried", random.Random(seed), known) for seed in range(2))
    logging.disable(logging.NOTSET)
    assert hits
