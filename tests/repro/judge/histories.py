"""Histories: a project and what happens to it, judged at each step, and made small when they fail."""

from __future__ import annotations

import copy
import json
import shutil
import time
from collections import Counter

from tests.repro.judge.court import ACTS, Court
from tests.repro.judge.edits import EDITS
from tests.repro.judge.projects import Project, Writer
from tests.repro.judge.world import World, hurried

RUNS = ["repro", "repro", "repro_target", "repro_forced", "dvc_repro"]
OURS = {"repro": "dvc_repro", "repro_target": "plan_elsewhere", "repro_forced": "dvc_repro"}
TICK = 0.012  # seconds: DVC takes a file for unchanged whose time and size are the same


def written(random, *, running=True):
    """Return a project, and a history for it that begins with a run."""
    project = Writer(random).write()
    kinds = [
        random.choice([*EDITS]) if random.random() < 0.6 else random.choice([*ACTS, *RUNS])
        for _ in range(random.randint(1, 7))
    ]
    kinds = [random.choice(["repro", "repro", "dvc_repro"]), *kinds, "repro"]
    if not running:
        kinds = [OURS.get(each, each) for each in kinds]
    return project, [(kind, *(random.randrange(1000) for _ in range(3))) for kind in kinds]


def judged(project, history, folder, seen=None):
    """Return how nbprod and DVC differ on a history, "" if they don't."""
    seen = Counter() if seen is None else seen
    seen["histories"] += 1
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with hurried():
            court = Court(World.of(folder / "world", project), seen)
            court.follow(_spaced(history))
    except Exception as error:  # noqa: BLE001  (a judgement is one way to fail, a fault of either another)
        return f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return ""


def _spaced(history):
    for step in history:
        time.sleep(TICK)
        yield step


def shrunk(case, error, folder, rounds=50):
    """Return a smaller case that fails in the same way, and its error."""
    kind = _kind(error)
    for _ in range(4):
        smaller = False
        for candidate in _smaller(case):
            rounds -= 1
            if rounds < 0:
                return case, error
            found = judged(*candidate, folder)
            if found and _kind(found) == kind:
                case, error, smaller = candidate, found, True
                break
        if not smaller:
            break
    return case, error


def _kind(error):
    return error.partition(":")[0] + error.partition(":")[2][:12]


def _smaller(case):
    project, history = case
    for at in range(len(history)):
        yield project, history[:at] + history[at + 1 :]
    for file, tree in project.pipelines.items():
        for name in tree["stages"]:
            found = copy.deepcopy(project)
            del found.pipelines[file]["stages"][name]
            yield found, history


def told(case):
    """The case as text, which `from_text` takes back."""
    project, history = case
    return json.dumps({"project": vars(project), "history": history}, ensure_ascii=False)


def from_text(text):
    """Return the case that the text tells."""
    found = json.loads(text)
    return Project(**found["project"]), [tuple(each) for each in found["history"]]
