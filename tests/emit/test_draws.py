"""What generalises of values that the next run draws anew."""

from __future__ import annotations

import sys
import types

import numpy as np
import pandas as pd
import pytest

from nbprod.emit import schemas
from nbprod.emit.draws import of_any_draw, unseeded
from nbprod.emit.export import files
from nbprod.model.graph import Input, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record, Sample, StepSeen
from nbprod.values import describe


def step(name, *makers):
    return Step(name, (0,), (), tuple(Input("x", each) for each in makers), ("x",), (), (), Mark(name))


@pytest.mark.parametrize(
    ("drawing", "found"),
    [((), set()), (("a",), {"a", "b", "c"}), (("b",), {"b", "c"}), (("d",), {"d"})],
)
def test_what_is_made_of_draws_is_drawn_anew(drawing, found):
    steps = [step("a"), step("b", "a"), step("c", "b", "d"), step("d")]
    seen = {each.name: StepSeen(each.name, "", unseeded=("numpy",) if each.name in drawing else ()) for each in steps}
    assert unseeded([steps[3], *steps[:3]], seen) == found | ({"c"} if "d" in drawing else set())


def test_a_model_of_what_is_drawn_takes_any_draw(monkeypatch):
    drawn = pd.DataFrame({"x": [0.5, 0.25], "k": ["a", "b"], "n": [1, 2]}, index=[7, 3])
    frame = of_any_draw(describe("drawn", drawn).frame)
    text = schemas.module("Drawn.", [("Drawn", "Drawn.", frame)])
    module = types.ModuleType("drawn_models")
    monkeypatch.setitem(sys.modules, "drawn_models", module)
    exec(text, module.__dict__)
    other = pd.DataFrame({"x": [-1.0, np.nan], "k": ["c", "c"], "n": [-1, -1]}, index=[0, 0])
    module.Drawn.validate(other)
    with pytest.raises(Exception, match="n"):
        module.Drawn.validate(other.assign(n="text"))


@pytest.mark.parametrize("draws", [(), ("numpy",)])
def test_what_a_step_draws_anew_is_compared_with_nothing(draws, mini):
    mini.step("load", "rows = [1]", makes=("rows",))
    mini.step("draw", "drawn = rows * 2", reads=("rows",), makes=("drawn",))
    sample = Sample((("rows", "samples/draw/inputs/rows.json"),), (("drawn", "samples/draw/outputs/drawn.json"),), ())
    alone = Sample((), (("rows", "samples/load/outputs/rows.json"),), ())
    seen = (StepSeen("load", "", unseeded=draws, sample=alone), StepSeen("draw", "", unseeded=draws, sample=sample))
    samples = {path: b"[1]" for each in (sample, alone) for _, path in (*each.inputs, *each.outputs)}
    emitted = files(mini.graph, Record("", "", "", steps=seen), package="mini", samples=samples, standing={}, base={})
    text = {each.path: each.text for each in emitted.files if each.path.endswith(".py")}
    compared = {name for name in ("gives_what", "is_deterministic", "still_makes") if name in "".join(text.values())}
    assert compared == (set() if draws else {"gives_what", "is_deterministic", "still_makes"})
    kept = [each.path for each in emitted.files if "/outputs/" in each.path]
    assert len(kept) == (0 if draws else 2)
    assert "test_draw_runs" in text["tests/mini/test_draw.py"] or not draws
    assert "leaves_its_inputs_alone" in text["tests/mini/test_draw.py"]


def test_what_a_second_replay_gave_otherwise_is_not_compared(mini):
    mini.step("load", "rows = [1]", makes=("rows",))
    mini.step("stamp", "now = rows", reads=("rows",), makes=("now", "same"))
    inputs, kept = (("rows", "samples/stamp/inputs/rows.json"),), (("same", "samples/stamp/outputs/same.json"),)
    for outputs, head in ((kept, "test_stamp_gives_what_the_notebook_gave(sample, assert_same)"), ((), "stamp_runs(")):
        seen = StepSeen("stamp", "", sample=Sample(inputs, outputs, (), repeats=False))
        emitted = files(mini.graph, Record("", "", "", steps=(seen,)), package="mini", samples={}, standing={}, base={})
        text = next(each.text for each in emitted.files if each.path == "tests/mini/test_stamp.py")
        assert head in text
        assert 'sample("now"' not in text
        assert "is_deterministic" not in text
