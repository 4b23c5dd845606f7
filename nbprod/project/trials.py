"""What recorded runs of a notebook say against outputs of its suggested steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nbprod.model.record import Record, StepSeen

FIGURE = "matplotlib.figure.Figure"


class Unfit(NamedTuple):
    """An output that had better not leave its step, and why."""

    step: str
    name: str
    why: str


def live(seen: Record) -> tuple[Unfit, ...]:
    """Return the outputs that live by what stays behind: functions and classes by the globals, axes by their figure."""
    outputs = [(step.step, value) for step in seen.steps for value in step.outputs]
    code = [
        Unfit(step, value.name, f"'{value.name}' holds functions or classes of the notebook")
        for step, value in outputs
        if value.code
    ]
    parts = [
        Unfit(step, value.name, f"'{value.name}' is a part of a figure")
        for step, value in outputs
        if any(each.startswith("matplotlib.") and each != FIGURE for each in (value.type, *value.items))
    ]
    return (*code, *parts)


def has_all(earlier: Record, now: Record) -> bool:
    """Return whether an earlier run had the same steps with all that they make now: then it need not run twice."""
    pairs = [(step, earlier.step(step.step)) for step in now.steps]
    return all(
        other is not None and other.code_id == step.code_id and _names(step) <= _names(other) for step, other in pairs
    )


def _names(step: StepSeen) -> set[str]:
    return {each.name for each in step.outputs}


def moving(first: Record, second: Record) -> tuple[Unfit, ...]:
    """Return the outputs that two runs made differently."""
    pairs = ((one, second.step(one.step)) for one in first.steps)
    return tuple(
        Unfit(one.step, value.name, f"'{value.name}' is another value in every run")
        for one, other in pairs
        if other is not None
        for value in one.outputs
        for again in other.outputs  # fewer, where the first run has shown that a value stays as it is
        if value.name == again.name and value.fingerprint != again.fingerprint
    )


def restless(first: Record, second: Record) -> tuple[str, ...]:
    """Return the steps whose figures two runs drew differently."""
    pairs = ((one, second.step(one.step)) for one in first.steps)
    return tuple(one.step for one, other in pairs if other is not None and one.figures != other.figures)
