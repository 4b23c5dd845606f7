"""How the steps of a live notebook stand: fresh, stale, failed or not run, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.model.graph import DefinitionKind
from nbprod.model.live import Freshness, LiveRun, StepState
from nbprod.record.shares import own_blocks, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbprod.model.graph import Graph, Step

SPOKEN = {
    DefinitionKind.FUNCTION: "helper",
    DefinitionKind.CLASS: "class",
    DefinitionKind.CONSTANT: "constant",
    DefinitionKind.IMPORT: "import",
}


def states(graph: Graph, runs: Mapping[str, LiveRun], parameters: Mapping[str, str]) -> tuple[StepState, ...]:
    """Return how each step stands; `parameters` are the reprs of their values now.

    A step is stale when its code, what its code uses, a parameter or an input changed since it ran, or when a step
    that makes one of its inputs is not fresh itself.
    """
    done: dict[str, StepState] = {}
    for step in graph.steps:
        done[step.name] = _state(step, runs.get(step.name), runs, parameters, done)
    return tuple(done[each] for each in sorted(done, key=lambda name: graph.step(name).cells))


def _state(
    step: Step,
    run: LiveRun | None,
    runs: Mapping[str, LiveRun],
    parameters: Mapping[str, str],
    done: Mapping[str, StepState],
) -> StepState:
    if run is None or not run.cells:
        return StepState(step.name, Freshness.NOT_RUN, cells=step.cells)
    seconds = run.seen.seconds if run.seen else None
    makes = tuple(run.outputs)
    if run.raised:
        return StepState(step.name, Freshness.FAILED, f"it raised {run.raised}", step.cells, makes, seconds)
    why = next(_reasons(step, run, runs, parameters, done), "")
    state = Freshness.STALE if why else Freshness.FRESH
    return StepState(step.name, state, why, step.cells, makes, seconds)


def _reasons(
    step: Step,
    run: LiveRun,
    runs: Mapping[str, LiveRun],
    parameters: Mapping[str, str],
    done: Mapping[str, StepState],
) -> Iterator[str]:
    yield from _code_reasons(step, run)
    yield from _definition_reasons(step, run)
    for name in step.parameters:
        if name in run.parameters and parameters.get(name, run.parameters[name]) != run.parameters[name]:
            yield f"parameter {name} changed"
    for each in step.inputs:
        yield from _input_reasons(each.name, run, runs.get(each.maker), done.get(each.maker))


def _code_reasons(step: Step, run: LiveRun) -> Iterator[str]:
    now = texts(step)
    if len(run.cells) > len(now) or any(run.cells.get(at, text) != text for at, text in enumerate(now)):
        yield f"code of {step.name} changed"
    for at in range(len(now)):
        if at not in run.cells:
            yield f"cell {own_blocks(step)[at].cell} has not run since"


def _definition_reasons(step: Step, run: LiveRun) -> Iterator[str]:
    now = {each.name: each for each in step.definitions}
    for name, each in now.items():
        if name in run.definitions and run.definitions[name] != each.source:
            yield f"{SPOKEN[each.kind]} {name} changed"


def _input_reasons(name: str, run: LiveRun, maker: LiveRun | None, state: StepState | None) -> Iterator[str]:
    made, read = maker.outputs.get(name) if maker else "", run.inputs.get(name)
    if made and read and made != read:
        yield f"its input {name} changed since"
    if state is not None and state.state in {Freshness.STALE, Freshness.FAILED}:
        yield f"its input {name} is {state.state}" if state.state is Freshness.STALE else f"{state.name} failed"
    elif state is not None and state.state is Freshness.NOT_RUN:
        yield f"{state.name}, which makes {name}, has not run"
