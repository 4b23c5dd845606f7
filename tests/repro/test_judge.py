"""DVC judges: random pipelines and histories, after each step of which nbprod must say and do what DVC does.

`benchmarks/judge.py` runs thousands; what it found stands in `judge/found.jsonl`, each line a case.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.repro.judge.histories import from_text, judged, told, written

FOUND = Path(__file__).with_name("judge") / "found.jsonl"

MEMORY = Path("/dev/shm")  # DVC waits for the disk after every step


@pytest.fixture(scope="module")
def outside():
    """DVC keeps what it knows in a folder of its own, in memory where that may be, and is silent."""
    in_memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=in_memory) as root, pytest.MonkeyPatch.context() as patch:
        folder = Path(root)
        for name in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG"):
            patch.setenv(f"DVC_{name}_DIR", str(folder / name))
        patch.setenv("DVC_NO_ANALYTICS", "1")
        logging.disable(logging.CRITICAL)
        yield folder
        logging.disable(logging.NOTSET)


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
@settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nbprod_does_what_dvc_does(outside, random):
    case = written(random)
    error = judged(*case, outside / "case")
    assert not error, f"{error}\n{told(case)}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [pytest.param(each, id=json.loads(each)["why"]) for each in FOUND.read_text().splitlines()]
)
def test_what_was_found_stays_right(outside, line):
    assert not judged(*from_text(line), outside / "found")
