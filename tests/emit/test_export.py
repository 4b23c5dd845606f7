"""What is emitted runs, is tested by its own tests, and its tests notice when a step is broken."""

from __future__ import annotations

import re

import pytest

from nbprod.emit.export import files
from nbprod.model.graph import Parameter
from nbprod.model.record import Record, Sample, StepSeen
from nbprod.record import findings

LOAD = """
import numpy as np
import pandas as pd

rng = np.random.default_rng(7)
flights = pd.DataFrame({
    "origin": rng.choice(["EWR", "JFK", "LGA"], 400),
    "month": np.arange(400) % 12 + 1,
    "distance": rng.integers(1, 3000, 400),
    "arr_delay": np.where(rng.random(400) < 0.1, np.nan, rng.normal(10, 40, 400)),
})
flights.head()
"""
CLEAN = """# Cancelled flights never arrive; they belong to another model.
flown = flights.dropna(subset=["arr_delay"])
flown = flown[flown["distance"] > 50]
flown["late"] = is_late(flown["arr_delay"])
"""
LATE = '''def is_late(delay):
    """Whether a flight counts as late."""
    return delay >= late_after'''
SPLIT = """train = flown[flown["month"] <= 9]
test = flown[flown["month"] > 9]  # the last quarter
"""


@pytest.fixture
def pipeline(mini, definition):
    mini.parameters = (Parameter("late_after", "int", "30", "int", "minutes from which an arrival counts as late"),)
    mini.step("load", LOAD, makes=("flights",), doc="The flights of 2013.")
    helper = definition(LATE, 3, local=True)
    mini.step("clean", CLEAN, reads=("flights",), makes=("flown",), parameters=("late_after",), uses=(helper,))
    mini.step("split", SPLIT, reads=("flown",), makes=("train", "test"))
    mini.check("clean", 'assert flown["arr_delay"].notna().all()', "flown")
    return mini


@pytest.mark.slow
def test_the_emitted_tests_pass(pipeline, tmp_path, run_tests):
    said = run_tests(pipeline.project(tmp_path))
    assert re.search(r"\b10 passed", said.stdout), said.stdout


MUTATIONS = {
    "operator": ("clean", '["distance"] > 50', '["distance"] >= 1500'),
    "constant": ("clean", "delay >= late_after", "delay >= late_after + 5"),
    "dropped statement": ("clean", 'flown = flown[flown["distance"] > 50]', "pass"),
    "column": ("clean", 'flown["late"]', 'flown["is_late"]'),
    "swapped outputs": ("split", "train=train, test=test", "train=test, test=train"),
    "border": ("split", "<= 9", "< 9"),
    "a changed input": ("clean", "flown = flights", 'flights["distance"] += 0.5\n    flown = flights'),
    "lost rows": ("load", "    return flights", "    return flights.iloc[5:]"),
    "a schema broken": ("load", "% 12 + 1", "% 13 + 1"),
}


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_emitted_tests_notice_a_broken_step(mutation, pipeline, tmp_path, run_tests):
    root = pipeline.project(tmp_path)
    step, old, new = MUTATIONS[mutation]
    path = root / "mini" / "steps" / f"{step}.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    said = run_tests(root, "-k", f"test_{step} or notebook")
    assert " failed" in said.stdout, said.stdout


def test_emitting_twice_gives_the_same_bytes(pipeline, tmp_path):
    record = pipeline.record(tmp_path)
    first = pipeline.files(tmp_path, record=record)
    standing = {each.path: each.text for each in first.files if not each.path.endswith((".py", ".parquet"))}
    base = {each.path: each.base.decode() for each in first.files if each.base}
    second = pipeline.files(tmp_path, record=record, standing=standing, base=base)
    assert [(each.path, each.content, each.base) for each in first.files] == [
        (each.path, each.content, each.base) for each in second.files
    ]
    assert not any(b"2026" in each.content for each in first.files if each.path.endswith((".py", ".yaml")))


def test_a_step_without_replay_is_told_once_by_export_and_by_the_record(mini):
    mini.step("load", "rows = [1]", "more = rows * 2", makes=("more",))
    fault = Sample((), (), (), fault="it writes files: a.csv")
    record = Record(mini.notebook, "", "", steps=(StepSeen("load", "", sample=fault),))
    emitted = files(mini.graph, record, package="mini", samples={}, standing={}, base={})
    found = findings(mini.graph, record)
    assert [each for each in emitted.diagnostics if each.code == "NB404"] == [
        each for each in found if each.code == "NB404"
    ]
