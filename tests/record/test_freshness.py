"""How the steps of a live notebook stand, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbprod.model.graph import Block, Definition, DefinitionKind, Graph, Input, Step
from nbprod.model.live import Freshness, LiveRun
from nbprod.model.notebook import Mark
from nbprod.model.record import StepSeen
from nbprod.record.freshness import states
from nbprod.record.shares import ran

HELPER = Definition("is_late", DefinitionKind.FUNCTION, 0, 1, "def is_late(x): return x > 30")
LOAD = Step("load", (1,), (Block(1, "flights = read()"),), (), ("flights",), (), (), Mark("load"))
CLEAN = Step(
    "clean",
    (2, 3),
    (Block(2, "flown = flights"), Block(3, "flown = flown[is_late(flown)]")),
    (Input("flights", "load"),),
    ("flown",),
    ("late_after",),
    (HELPER,),
    Mark("clean"),
)
GRAPH = Graph("n.ipynb", steps=(LOAD, CLEAN))
LOADED = LiveRun("load", {0: "flights = read()"}, outputs={"flights": "f1"})
CLEANED = LiveRun(
    "clean",
    {0: "flown = flights", 1: "flown = flown[is_late(flown)]"},
    {"is_late": HELPER.source},
    {"late_after": "30"},
    {"flights": "f1"},
    {"flown": "g1"},
)
NOW = {"late_after": "30"}


@pytest.mark.parametrize(
    ("runs", "parameters", "state", "why"),
    [
        pytest.param([LOADED, CLEANED], NOW, "fresh", "", id="fresh"),
        pytest.param([LOADED], NOW, "not run", "", id="not run"),
        pytest.param([LOADED, replace(CLEANED, raised="KeyError")], NOW, "failed", "it raised KeyError", id="failed"),
        pytest.param(
            [LOADED, replace(CLEANED, cells={**CLEANED.cells, 0: "flown = 1"})], NOW, "stale", "code of clean changed",
            id="code",
        ),
        pytest.param(
            [LOADED, replace(CLEANED, cells={0: "flown = flights"})], NOW, "stale", "cell 3 has not run since",
            id="part",
        ),
        pytest.param(
            [LOADED, replace(CLEANED, definitions={"is_late": "def is_late(x): return x > 15"})], NOW, "stale",
            "helper is_late changed", id="helper",
        ),
        pytest.param([LOADED, CLEANED], {"late_after": "15"}, "stale", "parameter late_after changed", id="parameter"),
        pytest.param(
            [replace(LOADED, outputs={"flights": "f2"}), CLEANED], NOW, "stale", "its input flights changed since",
            id="input",
        ),
        pytest.param(
            [replace(LOADED, cells={0: "flights = other()"}), CLEANED], NOW, "stale", "its input flights is stale",
            id="upstream",
        ),
        pytest.param([CLEANED], NOW, "stale", "load, which makes flights, has not run", id="upstream not run"),
        pytest.param([replace(LOADED, raised="OSError"), CLEANED], NOW, "stale", "load failed", id="upstream failed"),
    ],
)  # fmt: skip
def test_the_first_reason_is_named(runs, parameters, state, why):
    found = {each.name: each for each in states(GRAPH, {each.step: each for each in runs}, parameters)}
    assert (found["clean"].state, found["clean"].why) == (state, why)


def test_steps_come_in_the_order_of_the_notebook():
    graph = replace(GRAPH, steps=(LOAD, CLEAN, replace(LOAD, name="early", cells=(0,), blocks=(Block(0, "a"),))))
    assert [each.name for each in states(graph, {}, {})] == ["early", "load", "clean"]
    assert {each.state for each in states(graph, {}, {})} == {Freshness.NOT_RUN}


def test_a_setting_that_a_step_repeats_need_not_run_as_one_of_its_cells():
    step = replace(LOAD, blocks=(Block(0, "pd.set_option('a', 1)"), *LOAD.blocks))
    graph = Graph("n.ipynb", steps=(step,))
    run = ran(None, step, 1, StepSeen("load", ""), parameters={}, raised="")
    assert states(graph, {"load": run}, {})[0].state == Freshness.FRESH
    changed = replace(step, blocks=(Block(0, "pd.set_option('a', 2)"), *LOAD.blocks))
    assert states(replace(graph, steps=(changed,)), {"load": run}, {})[0].why == "code of load changed"
