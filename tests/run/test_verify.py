"""The notebook's values against the pipeline's."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from nbprod.model.graph import Block, Graph, Input, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record, StepSeen, ValueSeen
from nbprod.run import compare
from nbprod.run.causes import Evidence, likely_cause
from nbprod.values import save


def made_step(name, outputs, *, inputs=(), code="pass", metrics=()):
    return Step(
        name, (0,), (Block(0, code),), tuple(Input(*each) for each in inputs), tuple(outputs), (), (),
        Mark(name, metrics=tuple(metrics)),
    )  # fmt: skip


GRAPH = Graph(
    "notebooks/flights.ipynb",
    steps=(
        made_step("clean", ["flown"]),
        made_step("split", ["frames", "train"], inputs=[("flown", "clean")]),
        made_step("evaluate", ["metrics"], inputs=[("train", "split")], metrics=["metrics"]),
    ),
)
RECORD = Record("notebooks/flights.ipynb", "2026-11-23", "3.11", steps=(
    StepSeen("clean", "", outputs=(ValueSeen("flown", "pandas.DataFrame", summary="3 × 1"),)),
))  # fmt: skip


def write(folder, *, delay=3.0, metric: object = 0.5, leave_out=""):
    flown = pd.DataFrame({"delay": [1.0, 2.0, delay]})
    train = flown.iloc[:2]
    values = {
        "clean": [("flown", flown, "out")],
        "split": [("frames+train", {"frames": [train], "train": train}, "out")],
        "evaluate": [("metrics", {"auc": metric}, "metric")],
    }
    for step, outputs in values.items():
        for stem, value, role in outputs:
            if stem != leave_out:
                save(value, folder / step, stem, role=role)


@pytest.fixture
def folders(tmp_path):
    return tmp_path / "notebook", tmp_path / "pipeline"


def test_equal_values_are_equal_also_where_their_bytes_differ(folders):
    left, right = folders
    write(left)
    write(right)
    frame = pd.DataFrame({"delay": [1.0, 2.0, 3.0]})
    (right / "clean/flown.parquet").unlink()
    assert save(frame, right / "clean", "flown", prefer="pkl").format == "pickle"
    found = compare(left, right, GRAPH, RECORD)
    assert [(each.step, each.name, each.equal) for each in found] == [
        ("clean", "flown", True),
        ("split", "frames", True),
        ("split", "train", True),
        ("evaluate", "metrics", True),
    ]
    assert found[0].summary == "3 × 1"


def test_the_first_difference_is_told_and_what_it_hands_on_is_told_from_it(folders):
    left, right = folders
    write(left)
    write(right, delay=4.0)
    save({"frames": [], "train": 1}, right / "split", "frames+train")
    clean, frames, train, metrics = compare(left, right, GRAPH)
    assert not clean.equal
    assert "delay" in clean.difference
    assert frames.cause == train.cause == "its input 'flown' differs already, see step 'clean'"
    assert metrics.equal


def test_a_tolerance_is_the_users(folders):
    left, right = folders
    write(left)
    write(right, delay=3.0 + 1e-12, metric=np.float64(0.5))
    assert "by rounding" in compare(left, right, GRAPH)[0].cause
    assert all(each.equal for each in compare(left, right, GRAPH, tolerances=(1e-9, 0.0)))


@pytest.mark.parametrize(("side", "told"), [(0, "notebook"), (1, "pipeline")])
def test_a_value_that_one_side_lacks(folders, side, told):
    write(folders[side], leave_out="flown")
    write(folders[1 - side])
    assert compare(*folders, GRAPH)[0].difference == f"the {told} stored no 'flown'"


def test_a_damaged_file_is_told(folders):
    left, right = folders
    write(left)
    write(right)
    (right / "clean/flown.parquet").write_bytes(b"PAR1")
    assert compare(left, right, GRAPH)[0].difference.startswith("cannot be compared: ")


def test_an_edited_parameter_and_an_edited_module_are_causes(folders, project):
    left, right = folders
    write(left)
    write(right, delay=4.0)
    record = dataclasses.replace(RECORD, parameters=(("late_after", "45"),))
    found = compare(left, right, GRAPH, record, root=project.root)[0]
    assert found.cause == "params.yaml says flights.late_after: 30, where the notebook has 45"
    project.write(".nbprod/base/flights/steps/clean.py", "as it was")
    found = compare(left, right, GRAPH, RECORD, root=project.root)[0]
    assert found.cause == "flights/steps/clean.py was edited after export wrote it"


def seen(**facts):
    return StepSeen("clean", "", **facts)


CAUSES = [
    ("x = 1", None, False, ""),
    ("x = 1", seen(), False, "hidden state: neither its code nor its inputs"),
    ("def up(made=[]): made.append(1)", seen(), False, r"hidden state: up\(\) keeps a default argument"),
    ("@lru_cache(None)\ndef up(): pass", None, False, r"hidden state: up\(\) keeps what it has returned"),
    ("x = 1", seen(files_read=("tally.py",)), False, "hidden state: tally.py may keep something"),
    ("x = 1", seen(draws=("numpy",), unseeded=("numpy",)), False, "numpy's global random state, which nobody seeded"),
    ("x = 1", seen(draws=("random",)), False, "Python's global random state, and something else may draw"),
    ("x = 1", seen(sockets=("example.org:443",)), False, r"reads the network \(example.org:443\)"),
    ("x = 1", seen(files_read=("a.csv",), files_written=("a.csv",)), False, "changes the file a.csv, which it reads"),
    ("x = 1", seen(files_read=("/etc/hosts",)), False, "reads /etc/hosts, outside the project"),
    ("x = 1", seen(files_read=("a.csv",)), False, "reads a.csv, which may have changed"),
    ("x = 1", seen(changed=("flown",)), False, "changes 'flown' in place"),
    ("x = datetime.now()", None, False, r"reads the clock \(now\)"),
    ("x = uuid.uuid4()", None, False, "uuid4 gives another value in each run"),
    ("x = os.environ['A']", None, False, r"surroundings \(A\)"),
    ("x = os.environ", None, False, r"environment: .* \(environ\)"),
    ("x = time.time()", None, False, r"time: it reads the clock \(time.time\)"),
    ("from time import time\nx = time()", None, False, r"time: it reads the clock \(time.time\)"),
    ("x = np.datetime64('now')", None, False, r"time: it reads the clock \(now\)"),
    ("x = np.random.default_rng().random()", None, False, r"global randomness: default_rng\(\) begins anywhere"),
    ("x = random.SystemRandom().random()", None, False, r"global randomness: SystemRandom\(\) begins anywhere"),
    ("x = 'get_ipython' in globals()", None, False, r"asks whether it runs in a notebook \(get_ipython\)"),
    ("x = list({'a', 'b'})", None, False, "the order of a set"),
    ("x = list(set(y))", None, False, "the order of a set"),
    ("x = hash(y)", None, False, "hash"),
    ("x = np.empty(3)", None, False, r"hidden state: np.empty\(\) holds whatever its memory held before"),
    ("x = fit(n_jobs=2)", None, True, "in parallel"),
    ("x = 1", None, True, "by rounding"),
    ("await f(now())", None, False, "the clock"),
    ("not python", None, False, ""),
]


@pytest.mark.parametrize("held", [ValueSeen("y", "set", items=("int",)), ValueSeen("y", "dict", items=("str", "set"))])
def test_a_set_that_was_stored_explains_another_order(held):
    found = likely_cause(Evidence(made_step("clean", ["x"], code="x = list(y)"), seen(inputs=(held,)), reordered=True))
    assert found.startswith("order of a set")
    assert "where one step stores it and another reads it" in found


@pytest.mark.parametrize(("code", "facts", "rounding", "cause"), CAUSES)
def test_the_likeliest_cause_comes_from_the_record_and_the_code(code, facts, rounding, cause):
    found = likely_cause(Evidence(made_step("clean", ["x"], code=code), facts, rounding=rounding))
    assert (found == "") if not cause else re.search(cause, found)
