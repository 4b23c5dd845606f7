"""Runs each step again on its small inputs: what goes in and comes out is what generated tests replay."""

from __future__ import annotations

import ast
import contextlib
import inspect
import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError
from nbprod.model.graph import RANDOM_STATES, DefinitionKind
from nbprod.model.record import Sample
from nbprod.record import audit, randomness
from nbprod.record.borders import in_a_module
from nbprod.record.calls import calling
from nbprod.record.proof import role_of
from nbprod.record.sampling import Taken
from nbprod.values import draws, duplicate, fingerprint, first_difference, sample, save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from nbprod.model.graph import Graph, NotebookTest, Step
    from nbprod.model.record import StepSeen

LARGEST = 2_000_000  # bytes of a sample's files
ROUNDING = 1e-14  # of sums in another order; the moments of two replays lie further apart
SLOWEST = 30.0  # seconds of a replay that is worth to be a test


class NoReplayError(Exception):
    """Raised where a step can't be run on its sample; its text says why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where replays happen: the notebook's namespace, its plain sources by cell, and the record's folder."""

    graph: Graph
    namespace: dict[str, Any]
    python: Callable[[int], str]
    folder: Path  # `samples/…` go below
    home: Path  # the notebook's folder
    parameters: Mapping[str, Any]


class Replays:
    """Replays the steps in order; what one makes, the next can get."""

    def __init__(self, stage: Stage, taken: Mapping[str, Taken]) -> None:
        self._stage = stage
        self._taken = taken
        self._made: dict[tuple[str, str], Any] = {}

    async def replay(self, step: Step, seen: StepSeen) -> Sample:
        """The step's sample, its files written; with `fault` where there can't be one."""
        folder = self._stage.folder / "samples" / step.name
        try:
            return await self._replayed(step, seen)
        except NoReplayError as fault:
            shutil.rmtree(folder, ignore_errors=True)
            return Sample((), (), (), repeats=False, fault=str(fault))

    async def _replayed(self, step: Step, seen: StepSeen) -> Sample:
        _refuse(step, seen)
        inputs = self._inputs(step)
        if self._taken[step.name].whole:
            _refuse_slow(seen.seconds)
        first = await self._run(step, inputs)
        stored = self._store(step, "inputs", inputs)
        made = self._store(step, "outputs", first)
        self._made |= {(step.name, name): value for name, value in first.items()}
        kept = duplicate_or_none(first)
        failing = await self._failing(step, {**inputs, **first})
        again = await self._run(step, inputs)
        repeats = kept is not None and same(kept, again)
        expected = tuple(each for each in made if _is_lasting(each[0], kept, again))
        return Sample(stored, expected, self._parameters(step), repeats=repeats, failing_tests=failing)

    async def _failing(self, step: Step, values: dict[str, Any]) -> tuple[int, ...]:
        """The step's `%%test` cells that don't hold on the sample, such as one that counts rows."""
        tests = [each for each in self._stage.graph.tests if each.step == step.name]
        return tuple([each.cell for each in tests if not await self._holds(each, values)])

    async def _holds(self, test: NotebookTest, values: dict[str, Any]) -> bool:
        namespace = self._stage.namespace
        before = dict(namespace)
        try:
            with silence(), _in_folder(self._stage.home), _random_states({}):
                namespace.update(_copied({**values, **self._stage.parameters}))
                await execute(test.python, namespace)
        except (Exception, SystemExit):  # noqa: BLE001  (the user's code can raise anything)
            return False
        finally:
            namespace.clear()
            namespace.update(before)
        return True

    def _inputs(self, step: Step) -> dict[str, Any]:
        taken = self._taken.get(step.name) or Taken(fault="it was not run")
        if taken.fault:
            raise NoReplayError(taken.fault)
        makers = {each.name: each.maker for each in step.inputs}
        missing = [name for name in taken.from_replay if (makers[name], name) not in self._made]
        if missing:
            raise NoReplayError(f"'{missing[0]}' is large, and step '{makers[missing[0]]}' that makes it has no replay")
        return {**taken.values, **{name: self._made[makers[name], name] for name in taken.from_replay}}

    async def _run(self, step: Step, inputs: dict[str, Any]) -> dict[str, Any]:
        """The outputs that the step's code gives on copies of the inputs; the notebook's namespace stays as it is."""
        namespace = self._stage.namespace
        before = dict(namespace)
        accesses = audit.Accesses()
        try:
            namespace.update(_copied({**inputs, **self._stage.parameters}))
            with silence(), _in_folder(self._stage.home), _random_states(inputs):
                started = time.perf_counter()
                audit.listen(accesses)
                await execute(self._code(step), namespace)
                audit.listen(None)
                _refuse_traces(accesses, time.perf_counter() - started)
                return self._outputs(step, namespace)
        except (Exception, SystemExit) as error:
            if isinstance(error, NoReplayError):
                raise
            raise NoReplayError(f"on the sample it raises {type(error).__name__}: {_brief(error)}") from error
        finally:
            audit.listen(None)
            namespace.clear()
            namespace.update(before)

    def _outputs(self, step: Step, namespace: Mapping[str, Any]) -> dict[str, Any]:
        missing = [name for name in step.outputs if name not in namespace and name not in RANDOM_STATES]
        if missing:
            raise NoReplayError(f"on the sample it makes no '{missing[0]}'")
        return {
            name: in_a_module(namespace[name], self._stage.graph)
            if name in namespace
            else draws.state(RANDOM_STATES[name])
            for name in step.outputs
        }

    def _code(self, step: Step) -> str:
        if step.function:
            return "\n".join(calling(self._stage.python(cell), step.function) for cell in step.cells)
        needs = dict.fromkeys(need for block in step.blocks for need in block.needs)
        return "\n".join([*self._versions(step), *needs, *(block.python for block in step.blocks)])

    def _versions(self, step: Step) -> list[str]:
        """The definitions that the notebook makes anew later: the step needs its own version of them."""
        every = {(each.name, each.source) for other in self._stage.graph.steps for each in other.definitions}
        names = [name for name, _ in every]
        return [
            each.source
            for each in step.definitions
            if names.count(each.name) > 1 and each.kind is not DefinitionKind.CLASS
        ]

    def _store(self, step: Step, side: str, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        folder = self._stage.folder / "samples" / step.name / side
        roles = {name: role_of(step, name) if side == "outputs" else "out" for name in values}
        paths = {name: _saved(value, folder, name, roles[name]) for name, value in values.items()}
        if sum(path.stat().st_size for path in paths.values()) > LARGEST:
            raise NoReplayError(f"its {side} are large even on the sample")
        return tuple((name, path.relative_to(self._stage.folder).as_posix()) for name, path in paths.items())

    def _parameters(self, step: Step) -> tuple[tuple[str, str], ...]:
        held = self._stage.parameters
        return tuple((name, repr(held[name])) for name in step.parameters if name in held)

    def rows(self, step: Step, values: Mapping[str, Any]) -> Sample:
        """The sample of a step without inputs: some rows of what it made, taken as it made them."""
        try:
            return Sample((), self._store(step, "outputs", sample(values)), self._parameters(step))
        except NoReplayError as fault:
            return Sample((), (), (), repeats=False, fault=str(fault))


def _refuse(step: Step, seen: StepSeen) -> None:
    if seen.files_written:
        raise NoReplayError(f"it writes files: {seen.files_written[0]}")
    if seen.sockets:
        raise NoReplayError(f"it uses the network: {seen.sockets[0]}")
    if any("subprocess" in need for block in step.blocks for need in block.needs):
        raise NoReplayError("it runs other programs")


def _refuse_traces(accesses: audit.Accesses, seconds: float) -> None:
    if accesses.sockets():
        raise NoReplayError(f"it uses the network: {accesses.sockets()[0]}")
    _refuse_slow(seconds)


def _refuse_slow(seconds: float) -> None:
    if seconds > SLOWEST:
        raise NoReplayError(f"it takes {seconds:.0f} s even on the sample")


def _copied(values: dict[str, Any]) -> dict[str, Any]:
    try:
        return duplicate(values)
    except Exception as error:
        raise NoReplayError(f"its inputs can't be copied: {type(error).__name__}: {error}") from error


def _saved(value: Any, folder: Path, stem: str, role: str) -> Path:
    try:
        return save(value, folder, stem, role=role).path
    except NbprodError as error:
        raise NoReplayError(error.message) from error


def _brief(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return words if len(words) <= 200 else f"{words[:199]}…"


def duplicate_or_none(values: dict[str, Any]) -> dict[str, Any] | None:
    """A copy of the values, or None where one can't be copied."""
    try:
        return duplicate(values)
    except Exception:  # noqa: BLE001  (a value's own code can raise anything)
        return None


def _is_lasting(name: str, one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    """Whether two replays gave the same value but for rounding, as far as is known."""
    return one is None or first_difference(one[name], other[name], rtol=ROUNDING, atol=ROUNDING) is None


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two replays gave the same; what has no fingerprint is not known to repeat."""
    digests = [{name: fingerprint(value).digest for name, value in values.items()} for values in (one, other)]
    return digests[0] == digests[1] and all(digests[0].values())


async def execute(code: str, namespace: dict[str, Any]) -> None:
    """Run the code as a notebook would, top-level await and all; nothing is displayed."""
    compiled = compile(code, "<sample>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    awaitable = eval(compiled, namespace)  # noqa: S307  (the user's own cells)
    if inspect.isawaitable(awaitable):
        await awaitable


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nothing that is printed or displayed gets out, and figures are closed."""
    from IPython.utils.capture import capture_output

    with capture_output():
        try:
            yield
        finally:
            pyplot = sys.modules.get("matplotlib.pyplot")
            if pyplot is not None:
                pyplot.close("all")


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    here = os.getcwd()  # noqa: PTH109  (given back as it was)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)


@contextlib.contextmanager
def _random_states(inputs: Mapping[str, Any]) -> Iterator[None]:
    """The global states are those that the step takes, or else new ones each time; afterwards, what they were."""
    before = {each: draws.state(each) for each in RANDOM_STATES.values()}
    try:
        for name, generator in RANDOM_STATES.items():
            if before[generator] is not None:
                draws.put(generator, inputs[name] if name in inputs else randomness.fresh(generator))
        yield
    finally:
        for generator, state in before.items():
            if state is not None:
                draws.put(generator, state)
