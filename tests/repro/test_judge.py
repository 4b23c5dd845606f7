"""DVC judges: random pipelines and histories, after each step of which nbprod must say and do what DVC does.

`benchmarks/judge.py` runs thousands; what it found stands in `judge/found.jsonl`, each line a case.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.repro.judge import odd
from tests.repro.judge.court import Court, Differs
from tests.repro.judge.histories import from_text, judged, told, written
from tests.repro.judge.projects import Project
from tests.repro.judge.world import World, at, hurried, stale_by_dvc

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


@pytest.mark.slow
def test_the_judge_hears_what_the_command_lines_say(outside):
    """In this process, for speed, DVC and nbprod are asked by their functions; a person asks by their commands."""
    project, history = from_text(FOUND.read_text().splitlines()[-1])
    world = World.of(outside / "said", project)
    Court(world).follow([*history[:1], ("change", 1, 0, 0)])
    dry, status = stale_by_dvc(world)
    with at(world):
        assert set(json.loads(_said("dvc", "status", "--json"))) == status
        assert set(re.findall(r"Running stage '(.*)':", _said("dvc", "repro", "--dry"))) == dry
        assert set(json.loads(_said("nbprod", "status", "--json"))["stale"]) == dry
        assert set(json.loads(_said("nbprod", "repro", "--dry", "--json"))["stale"]) == dry
    assert dry


def _said(*command):
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
def test_whatever_stands_in_dvc_yaml_means_what_it_means_to_dvc(outside):
    """Each text is planned and run, where nbprod doesn't leave it to DVC; what differs is told of all at once."""
    differing = {}
    for number, (kind, text) in enumerate(odd.TEXTS.items()):
        try:
            _judged_odd(outside / f"odd{number}", text)
        except Differs as error:
            differing[kind] = str(error)
    assert not differing, "\n".join(f"{kind}: {error}" for kind, error in differing.items())


def _judged_odd(folder, text):
    project = Project(
        sources={
            "in": "in\n",
            "data/a.txt": "a\n",
            "sub/in": "in\n",
            "more.json": '{"a": 2}',
            "1": "1\n",
            "in2": "a,b\n",
        },
        parameters={"params.yaml": {"seed": "3", "items": "[1, 2]", "model": "{depth: 1}", "yes": "true"}},
        pipelines={},
    )
    with hurried():
        world = World.of(folder, project)
        (world.root / "link").symlink_to("in")
        (world.root / "linked").symlink_to("data")
        (world.root / "dvc.yaml").write_bytes(text.encode())
        court = Court(world)
        court.repro()
        (world.root / "in").write_text("changed\n")
        court.stale()
