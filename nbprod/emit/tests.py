"""Tests of each step: the recorded sample replayed, schemas, purity, and the notebook's own checks."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.checks import NotebookChecks
from nbprod.emit.docstrings import listed, quoted
from nbprod.emit.modules import is_async

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.emit.plan import Plan, StepPlan
    from nbprod.model.record import Sample


FIXTURES = {"sample", "stored", "assert_same", "assert_rows_among", "made", "first", "second", "asyncio"}


def sample_files(plan: Plan, samples: Mapping[str, bytes]) -> Iterable[tuple[str, bytes]]:
    """The samples as the tests find them: `tests/<package>/samples/<step>/{inputs,outputs}/<file>`.

    What a step draws anew each time is compared with nothing, so that no sample of it is kept.
    """
    for step in plan.steps:
        found = _sample(step)
        if found is None or no_replay(step):
            continue
        for of, pairs in (("inputs", found.inputs), ("outputs", () if _draws_anew(step) else found.outputs)):
            for path in dict.fromkeys(path for _, path in pairs):
                if path in samples:
                    name = PurePosixPath(path).name
                    yield f"tests/{plan.package}/samples/{step.name}/{of}/{name}", samples[path]


def no_replay(step: StepPlan) -> str:
    """Why the step's sample can't be replayed; "" if it can."""
    if step.seen is None:
        return "it was not recorded"
    if step.seen.sample is None:
        return "no sample was taken"
    if step.seen.sample.fault:
        return step.seen.sample.fault
    lacking = set(step.step.input_names) - {name for name, _ in step.seen.sample.inputs}
    return f"no sample of {listed(sorted(lacking))} was taken" if lacking else ""


def _sample(step: StepPlan) -> Sample | None:
    return step.seen.sample if step.seen else None


def test_module(step: StepPlan, plan: Plan) -> str:
    """Return the text of `tests/<package>/test_<step>.py`, not yet formatted."""
    tests, imports = _tests(step, plan)
    head = quoted(_about(step, plan))
    return "\n\n\n".join([head, "\n".join(imports), *tests]) + "\n"


def _about(step: StepPlan, plan: Plan) -> str:
    why = no_replay(step)
    parts = [] if why else [_how(step)]
    held = ["its schema"] if _schemas(step, plan) and not why else []
    held += ["the notebook's own checks"] if step.name in plan.checks else []
    parts += [f"held to {' and '.join(held)}"] if held else []
    text = f"{source.title(step.name)}: {', '.join(parts) or 'importable'}."
    reason = " ".join(why.split())
    return f"{text}\n\nThere is no replay: {reason.rstrip('.')}." if why else text


def _how(step: StepPlan) -> str:
    if _draws_anew(step):
        return "run, and not compared, as it draws what nothing seeds"
    return "replayed on the recorded sample" if step.step.inputs else "run, and compared with recorded rows"


def _draws_anew(step: StepPlan) -> bool:
    """Whether each run of the step makes other values, of the same inputs too."""
    return step.seen is not None and bool(step.seen.unseeded)


def _repeats(step: StepPlan) -> bool:
    """Whether a second replay gave the same outputs, and not by luck."""
    sample = _sample(step)
    return sample is not None and sample.repeats and not _draws_anew(step)


def _tests(step: StepPlan, plan: Plan) -> tuple[list[str], list[str]]:
    checks = NotebookChecks(step, plan, call(step), replayed=not no_replay(step))
    schemas = _schemas(step, plan)
    tests = [] if no_replay(step) else [_replay(step)] if step.step.inputs else [_still_there(step, schemas)]
    if step.step.inputs and not no_replay(step):
        tests += [_held(step, schemas)] if schemas else []
        tests += [_left_alone(step)]
        tests += [_deterministic(step)] if step.returns and _repeats(step) else []
    tests += checks.tests()
    name = function_name(step)
    tests = tests or [f"def test_{step.name}_can_be_imported():\n    assert callable({name})"]
    body = "\n\n".join(tests)
    names = source.mentioned(body)
    imports = ["import asyncio"] if "asyncio" in names else []
    imports.append(f"from {plan.package}.steps.{step.name} import {_as(step.name, name)}")
    used = [_as(title, _schema_name(title)) for title in schemas.values() if _schema_name(title) in names]
    imports += [f"from {plan.package}.schemas.{step.name} import {', '.join(used)}"] if used else []
    return tests, [*imports, *(each for each in checks.imports if _bound(each) & names)]


def _bound(line: str) -> frozenset[str]:
    """The names that an import statement binds."""
    return frozenset(source.bindings(source.parse(line)))


def _schemas(step: StepPlan, plan: Plan) -> dict[str, str]:
    return {name: plan.schemas[step.name, name] for name in step.returns if (step.name, name) in plan.schemas}


def function_name(step: StepPlan) -> str:
    """What the tests call the step's function: its own name, unless a value or a fixture has it, or pytest takes it."""
    values = {*step.returns, *step.step.input_names, *step.step.parameters}
    taken = step.name in values | FIXTURES or step.name.startswith("test")
    return f"run_{step.name}" if taken else step.name


def _schema_name(title: str) -> str:
    """What the tests call a schema: pytest takes a class called Test… for one of tests."""
    return f"Schema{title}" if title.startswith("Test") else title


def _as(name: str, known_as: str) -> str:
    return name if name == known_as else f"{name} as {known_as}"


def call(step: StepPlan, given: str = "") -> str:
    """The call of the step's function on its sample, with the parameters that the sample was replayed with."""
    arguments = [given] if given else [f'sample("{name}")' for name in step.step.input_names]
    recorded = dict(step.seen.sample.parameters) if step.seen and step.seen.sample else {}
    arguments += [
        f"{name}={_in_double_quotes(recorded[name])}"
        for name in step.step.parameters
        if name in recorded and source.literal(recorded[name])
    ]
    made = f"{function_name(step)}({', '.join(arguments)})"
    return f"asyncio.run({made})" if is_async(step) else made


def _in_double_quotes(text: str) -> str:
    """A value's repr as one writes it."""
    return text if '"' in text or "\\" in text else text.replace("'", '"')


def output(step: StepPlan, name: str, made: str = "made") -> str:
    """The expression for one output of what the function gave back."""
    return f"{made}.{name}" if step.result else made


def _replay(step: StepPlan) -> str:
    assert step.seen is not None and step.seen.sample is not None  # noqa: PT018 - one state, said twice
    recorded = {name for name, _ in step.seen.sample.outputs}  # without what a second replay gave otherwise
    kept = [name for name in step.returns if name in recorded and not _draws_anew(step)]
    if not kept:
        return f"def test_{step.name}_runs(sample):\n    {call(step)}"
    lines = [f"def test_{step.name}_gives_what_the_notebook_gave(sample, assert_same):", f"    made = {call(step)}"]
    lines += [
        f'    assert_same({output(step, name)}, sample("{name}", of="outputs"){_role(name, step)})' for name in kept
    ]
    return "\n".join(lines)


def _role(name: str, step: StepPlan) -> str:
    """Metrics and plots are stored for DVC and for people, so they are compared as they are stored."""
    mark = step.step.mark
    return ', role="metric"' if name in mark.metrics else ', role="plot"' if name in mark.plots else ""


def _still_there(step: StepPlan, schemas: Mapping[str, str]) -> str:
    """A step without inputs runs as a whole: what was recorded of it must be among what it makes."""
    assert step.seen is not None and step.seen.sample is not None  # noqa: PT018 - one state, said twice
    recorded = [name for name, _ in step.seen.sample.outputs if name in step.returns and not _draws_anew(step)]
    if not recorded and not schemas:
        return f"def test_{step.name}_runs():\n    {call(step)}"
    arguments = "(sample, assert_rows_among)" if recorded else "()"
    told = "keeps_to_its_schema" if _draws_anew(step) else "still_makes_what_was_recorded"
    lines = [f"def test_{step.name}_{told}{arguments}:", f"    made = {call(step)}"]
    lines += [f'    assert_rows_among({output(step, name)}, sample("{name}", of="outputs"))' for name in recorded]
    lines += [f"    {_schema_name(title)}.validate({output(step, name)}, lazy=True)" for name, title in schemas.items()]
    return "\n".join(lines)


def _held(step: StepPlan, schemas: Mapping[str, str]) -> str:
    lines = [f"def test_{step.name}_keeps_to_its_schema(sample):", f"    made = {call(step)}"]
    lines += [f"    {_schema_name(title)}.validate({output(step, name)}, lazy=True)" for name, title in schemas.items()]
    return "\n".join(lines)


def _left_alone(step: StepPlan) -> str:
    names = step.step.input_names
    lines = [f"def test_{step.name}_leaves_its_inputs_alone(sample, assert_same):"]
    lines += [f'    {name} = sample("{name}")' for name in names]
    lines += [f"    {call(step, ', '.join(names))}"]
    lines += [f'    assert_same({name}, sample("{name}"))' for name in names]
    return "\n".join(lines)


def _deterministic(step: StepPlan) -> str:
    lines = [f"def test_{step.name}_is_deterministic(sample, assert_same):"]
    if step.result:
        lines += [f"    first = {call(step)}", f"    second = {call(step)}"]
        lines += [f"    assert_same(first.{name}, second.{name})" for name in step.returns]
    else:
        lines += [f"    assert_same({call(step)}, {call(step)})"]
    return "\n".join(lines)
