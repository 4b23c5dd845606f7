"""Steps run again on small inputs, in this very process."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from nbprod.model.graph import Block, Definition, DefinitionKind, Graph, Input, NotebookTest, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import StepSeen
from nbprod.record import sampling
from nbprod.record.replay import Replays, Stage
from nbprod.record.sampling import Taken, take
from nbprod.values import load

SEEN = StepSeen("made", "")


def step_of(code, *, reads=("raw",), makes=("made",), name="made", maker="first", needs=(), **more):
    blocks = (Block(1, code, needs=tuple(needs)),)
    inputs = tuple(Input(each, maker) for each in reads)
    return Step(name, (1,), blocks, inputs, tuple(makes), more.pop("parameters", ()), (), Mark(name), **more)


def replayed(step, namespace, folder, *, seen=SEEN, steps=(), tests=(), parameters=None):
    """Take the step's inputs from the namespace, replay it, and return its sample."""
    taken = {step.name: take(step, {each.name: namespace[each.name] for each in step.inputs if each.name in namespace})}
    graph = Graph("book.ipynb", steps=(step, *steps), tests=tuple(tests))
    stage = Stage(graph, namespace, lambda cell: "", folder, folder, parameters or {})
    return asyncio.run(Replays(stage, taken).replay(step, seen))


@pytest.fixture
def raw():
    return pd.DataFrame({"a": range(5000), "kind": ["rare"] + ["often"] * 4999})


def test_the_notebook_stays_as_it_is(tmp_path, raw):
    namespace = {"raw": raw, "made": "kept"}
    sample = replayed(step_of("raw['b'] = 1\nmade = raw['a'].sum()\nextra = 1"), namespace, tmp_path)
    assert sample.fault == ""
    assert namespace["made"] == "kept"
    assert list(raw.columns) == ["a", "kind"]
    assert "extra" not in namespace
    small = load(tmp_path / dict(sample.inputs)["raw"])
    assert "rare" in set(small["kind"])
    assert len(small) < 500
    assert load(tmp_path / dict(sample.outputs)["made"]) == small["a"].sum()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError('no')", "on the sample it raises ValueError: no"),
        ("raise SystemExit", "raises SystemExit"),
        ("assert len(raw) > 4000\nmade = 1", "raises AssertionError"),
        ("if len(raw) > 4000:\n    made = 1", "on the sample it makes no 'made'"),
        ("made = (each for each in raw)", "can't be stored"),
        ("import numpy as np\nmade = np.random.default_rng(1).random(400_000)", "its outputs are large"),
        ("import socket\nsocket.socket().connect_ex(('127.0.0.1', 9))\nmade = 1", "it uses the network: 127.0.0.1:9"),
    ],
)
def test_what_cannot_be_replayed_says_why(tmp_path, raw, code, words):
    sample = replayed(step_of(code), {"raw": raw}, tmp_path)
    assert words in sample.fault
    assert sample.outputs == ()
    assert not (tmp_path / "samples" / "made").exists()


def test_a_slow_step_that_reads_little_is_not_run_again(tmp_path):
    sample = replayed(step_of("ran = True"), {"raw": [3]}, tmp_path, seen=replace(SEEN, seconds=40.0))
    assert sample.fault == "it takes 40 s even on the sample"


def test_a_slow_step_is_run_again_on_less_than_it_read(tmp_path, raw):
    sample = replayed(step_of("made = raw['a'].sum()"), {"raw": raw}, tmp_path, seen=replace(SEEN, seconds=40.0))
    assert sample.fault == ""


@pytest.mark.parametrize(
    ("seen", "more", "words"),
    [
        (replace(SEEN, files_written=("data/x.csv",)), {}, "it writes files: data/x.csv"),
        (replace(SEEN, sockets=("example.org:443",)), {}, "it uses the network: example.org:443"),
        (SEEN, {"needs": ["import subprocess"]}, "it runs other programs"),
        (SEEN, {"reads": ("raw", "gone")}, "'gone' had no value when the step began"),
    ],
)
def test_what_the_run_saw_can_forbid_a_replay(tmp_path, raw, seen, more, words):
    assert words in replayed(step_of("made = 1", **more), {"raw": raw}, tmp_path, seen=seen).fault


def test_whether_it_repeats_is_found_out(tmp_path, raw):
    assert replayed(step_of("made = len(raw)"), {"raw": raw}, tmp_path).repeats
    drawing = step_of("import random\nmade = random.random()")
    assert not replayed(drawing, {"raw": raw}, tmp_path).repeats


def test_what_another_run_gives_otherwise_is_not_expected(tmp_path, raw):
    code = "import random, time\nmade = len(raw)\nmore = random.random()\nnow = time.time()\ntime.sleep(1e-3)"
    drawing = step_of(code, makes=("made", "more", "now"))
    found = replayed(drawing, {"raw": raw}, tmp_path)
    assert [name for name, _ in found.outputs] == ["made"]


def test_a_random_state_goes_in_and_comes_out(tmp_path):
    np.random.seed(7)
    name = "numpy_random_state"
    step = step_of("import numpy as np\nmade = np.random.rand()", reads=(name,), makes=("made", name))
    namespace = {}
    stage = Stage(Graph("", steps=(step,)), namespace, lambda cell: "", tmp_path, tmp_path, {})
    taken = {"made": take(step, {name: np.random.get_state()})}
    np.random.seed(99)
    before = np.random.get_state()[1].tolist(), random.getstate()
    sample = asyncio.run(Replays(stage, taken).replay(step, SEEN))
    assert sample.repeats
    assert load(tmp_path / dict(sample.outputs)["made"]) == np.random.RandomState(7).rand()
    assert before == (np.random.get_state()[1].tolist(), random.getstate())


def test_a_large_model_comes_from_its_makers_replay(tmp_path, raw, monkeypatch):
    monkeypatch.setattr(sampling, "LARGEST", 20_000)
    raw["odd"] = raw["a"] % 2
    fitting = "model = Forest(n_estimators=20, random_state=0).fit(raw[['a']], raw['odd'])"
    train = step_of(fitting, makes=("model",), name="train")
    score = step_of(
        "made = float(model.score(raw[['a']], raw['odd']))", reads=("raw", "model"), maker="train", name="score"
    )
    namespace = {"raw": raw, "Forest": RandomForestClassifier}
    exec(fitting, namespace)
    taken = {each.name: take(each, {name: namespace[name] for name in each.input_names}) for each in (train, score)}
    assert taken["score"].from_replay == ("model",)
    replays = Replays(Stage(Graph("", steps=(train, score)), namespace, str, tmp_path, tmp_path, {}), taken)
    assert asyncio.run(replays.replay(train, SEEN)).fault == ""
    assert asyncio.run(replays.replay(score, SEEN)).fault == ""
    alone = Replays(Stage(Graph("", steps=(score,)), namespace, str, tmp_path, tmp_path, {}), taken)
    assert "step 'train' that makes it has no replay" in asyncio.run(alone.replay(score, SEEN)).fault


def test_top_level_await_and_parameters(tmp_path, raw):
    code = "import asyncio\nawait asyncio.sleep(0)\nmade = len(raw) * factor"
    step = step_of(code, parameters=("factor",))
    sample = replayed(step, {"raw": raw, "factor": 1}, tmp_path, parameters={"factor": 3})
    assert sample.parameters == (("factor", "3"),)
    assert load(tmp_path / dict(sample.outputs)["made"]) == 3 * len(load(tmp_path / dict(sample.inputs)["raw"]))


def test_a_step_sees_its_own_version_of_a_definition(tmp_path, raw):
    old, new = (Definition("rate", DefinitionKind.CONSTANT, 0, 1, f"rate = {value}") for value in (2, 5))
    step = replace(step_of("made = rate"), definitions=(old,))
    later = replace(step_of("other = rate", name="later"), definitions=(new,))
    sample = replayed(step, {"raw": raw, "rate": 5}, tmp_path, steps=[later])
    assert load(tmp_path / dict(sample.outputs)["made"]) == 2


def test_tests_that_hold_only_for_all_the_data_are_named(tmp_path, raw):
    tests = [
        NotebookTest("made", 3, "assert made > 4000", frozenset({"made"})),
        NotebookTest("made", 4, "assert made > 0", frozenset({"made"})),
        NotebookTest("other", 5, "assert False", frozenset()),
    ]
    assert replayed(step_of("made = len(raw)"), {"raw": raw}, tmp_path, tests=tests).failing_tests == (3,)


def test_inputs_that_share_still_do_in_the_replay(tmp_path):
    shared = [1]
    step = step_of("one.append(2)\nmade = len(two[0])", reads=("one", "two"))
    sample = replayed(step, {"one": shared, "two": [shared]}, tmp_path)
    assert load(tmp_path / dict(sample.outputs)["made"]) == 2
    assert shared == [1]


def test_nothing_is_printed_or_left_open(tmp_path, raw, capsys):
    code = "import matplotlib.pyplot as plt\nprint('x')\nplt.figure()\nmade = 1"
    replayed(step_of(code), {"raw": raw}, tmp_path)
    import matplotlib.pyplot as plt

    assert capsys.readouterr().out == ""
    assert plt.get_fignums() == []


def test_a_value_is_taken_whole_only_when_small():
    assert sampling.fits({"a": 1})
    assert not sampling.fits(b"x" * 300_000)
    assert sampling.fits(lambda: 1)
    assert take(step_of("", reads=("raw",)), {"raw": b"x" * 300_000}) == Taken({}, ("raw",))
