"""One step: from its stored inputs to its stored outputs, as a stage of dvc.yaml calls it."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError, ProjectBroken, UsageError
from nbprod.run import functions, inputs, outputs, parameters, wiring
from nbprod.run.failures import failed
from nbprod.run.inputs import Places
from nbprod.run.summaries import summary
from nbprod.run.validate import Border, forget, validated
from nbprod.values import FIGURES, counted, draws, save_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.run.functions import Function
    from nbprod.run.wiring import Stage


SCREEN = "nbprod.run.screen"  # a backend of matplotlib, which imports it where a step draws


@dataclass(frozen=True, slots=True)
class OutputStored:
    """One output of a run: its name, its file (relative to the project's root where it lies below it), its size."""

    name: str
    path: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class StepRun:
    """What a step's run made, and how long it took."""

    step: str
    stage: str
    outputs: tuple[OutputStored, ...]
    seconds: float


def step(target: str, *, root: Path, data: Path | None = None) -> StepRun:
    """Run `package.step` as dvc.yaml wires it and store what it makes; a failure leaves the previous outputs.

    With `data`, outputs go to `<data>/<step>/` in place of the project, and inputs are read there first; so is the
    random state at which a step began elsewhere whose draws nothing seeds.

    Raises:
        ProjectBroken: dvc.yaml, params.yaml, the package or a dependency cannot be used; the message says which.
        SchemaViolated: An input or an output breaks its schema.
        StepFailed: The step raised; its own traceback is in the message.
        WriteFailed: The disk or its permissions refused.
    """
    began = time.perf_counter()
    root = root.resolve()
    if not all(part.isidentifier() for part in target.split(".")) or target.count(".") != 1:
        raise UsageError(f"{target!r} names no step", hint="Write PACKAGE.STEP, as in flights.clean")
    wired = wiring.read(root)
    stage = wired.stage(target, preferred=os.environ.get("DVC_STAGE", "").rpartition(":")[2])
    places = Places(root, wired, data.resolve() if data else None)
    with _surroundings(root, stage):
        function = functions.find(target, root)
        made = _run(stage, function, places)
    return StepRun(stage.step, stage.name, made, time.perf_counter() - began)


def _run(stage: Stage, function: Function, places: Places) -> tuple[OutputStored, ...]:
    plan = outputs.planned(stage, function)
    fed = inputs.wanted(stage, function, places.wiring)
    given = parameters.arguments(stage, function, places.root, fed=fed)
    border = Border(stage.step, "input", places.root)
    taken = validated(inputs.values(fed, places), function.annotations, border)
    before = outputs.written_at(plan, places.root)
    with draws.as_kept(stage.step, places.data / draws.KEPT) if places.data else contextlib.nullcontext():
        returned = _called(function, taken | given, places.root)
    values = outputs.named(returned, plan, function.target)
    kinds = {plan.single: function.returned.get("")} if plan.single else function.returned
    values = validated(values, kinds, Border(stage.step, "output", places.root))
    outputs.check_own(plan, before, places.root, stage, function)
    where = {stored: places.made(stored.path, stage) for stored in plan.stored}
    outputs.store(values, where)
    forget(border)
    return tuple(
        OutputStored(name, _shown(place, places.root), summary(values[name]))
        for stored, place in where.items()
        for name in stored.names
    ) + _figures(stage, places)


def _figures(stage: Stage, places: Places) -> tuple[OutputStored, ...]:
    """Store what the step displayed, if its stage keeps that."""
    if not stage.figures:
        return ()
    screen = sys.modules.get(SCREEN)
    pictures: tuple[bytes, ...] = screen.take() if screen else ()
    place = places.made(stage.figures, stage)
    save_pictures(pictures, place)
    return (OutputStored(FIGURES, _shown(place, places.root), counted(pictures)),)


def _called(function: Function, arguments: dict[str, Any], root: Path) -> Any:
    """Call the function in the notebook's folder; what it raises becomes StepFailed."""
    folder = (root / function.notebook).parent if function.notebook else root
    if not folder.is_dir():
        raise ProjectBroken(
            f"{folder} is missing, the folder of {function.notebook}, in which {function.target} runs",
            hint=f"Put it back, or mend NOTEBOOK in {function.target.partition('.')[0]}/__init__.py",
        )
    with contextlib.chdir(folder):
        try:
            returned = function.call(**arguments)
            return asyncio.run(_awaited(returned)) if inspect.isawaitable(returned) else returned
        except NbprodError:
            raise
        except (Exception, SystemExit) as error:
            raise failed(error, function.target, root) from error


async def _awaited(returned: Any) -> Any:
    return await returned


@contextlib.contextmanager
def _surroundings(root: Path, stage: Stage) -> Iterator[None]:
    """The root first on the path, and figures drawn without a screen; all as before afterwards."""
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = f"module://{SCREEN}" if stage.figures else "Agg"
    drawn_before = _drawing_by(os.environ["MPLBACKEND"])
    try:
        with functions.first_on_path(root):
            yield
    finally:
        if backend is None:
            os.environ.pop("MPLBACKEND", None)
        else:
            os.environ["MPLBACKEND"] = backend
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close("all")
        if drawn_before is not None:
            _drawing_by(drawn_before)


def _drawing_by(backend: Any) -> Any:
    """Switch a matplotlib that is there already, which looks at no variable any more, and return what it had."""
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None:
        return None
    before = dict.__getitem__(matplotlib.rcParams, "backend")  # looked up, it would choose one
    if isinstance(backend, str):
        matplotlib.use(backend)
    else:
        dict.__setitem__(matplotlib.rcParams, "backend", backend)
    return before


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
