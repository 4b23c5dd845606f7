"""The whole pipeline: every stage of the package in the graph's order, each in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError, ProjectBroken, StepFailed
from nbprod.run import wiring
from nbprod.run.inputs import Places
from nbprod.run.nearest import did_you_mean
from nbprod.run.stepping import OutputStored, StepRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from nbprod.run.wiring import Stage

_PATIENCE = 5.0  # seconds that an interrupted step has to clean up
_OURS = re.compile(r"\Anbprod: ")


def pipeline(
    package: str, *, root: Path, data: Path, progress: Callable[[int, int, str], object] | None = None
) -> tuple[StepRun, ...]:
    """Run every stage of the package into `data`, laid out `<data>/<step>/<name>.<ext>`, and return their runs.

    `progress` hears how many are done, of how many, and which one is under way. The first failure stops it; an
    interruption stops the running step, too.

    Raises:
        ProjectBroken: dvc.yaml has no stage of the package, or a step could not be run at all.
        StepFailed: A step raised or broke a schema; what it said is the message.
    """
    root, data = root.resolve(), data.resolve()
    wired = wiring.read(root)
    stages = wired.of(package)
    if not stages:
        hint = did_you_mean(package, {each.package for each in wired.stages if each.package})
        raise ProjectBroken(
            f"no stage of dvc.yaml runs a step of {package!r}", hint=hint or "Export first: nbprod export NOTEBOOK"
        )
    places, runs = Places(root, wired, data), []
    for done, stage in enumerate(stages):
        if progress:
            progress(done, len(stages), stage.step)
        runs.append(_run(stage, places, data))
    if progress:
        progress(len(stages), len(stages), "")
    return tuple(runs)


def _run(stage: Stage, places: Places, data: Path) -> StepRun:
    began = time.perf_counter()
    command = [sys.executable, "-m", "nbprod", "step", stage.target, "--data", str(data)]
    status, said = _process(command, places.root, {**os.environ, "DVC_STAGE": stage.name})
    if status:
        raise _failure(stage, status, said)
    made = tuple(
        OutputStored(name, str(place))
        for each in stage.outs
        if (place := places.made(each.path, stage)).exists()
        for name in each.names
    )
    return StepRun(stage.step, stage.name, made, time.perf_counter() - began)


def _process(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run the command in a session of its own, so that it can be stopped with all that it started."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            _, said = process.communicate()
        except BaseException:
            _stop(process)
            raise
    return process.returncode, said


def _stop(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        os.killpg(process.pid, signal.SIGKILL)


def _failure(stage: Stage, status: int, said: str) -> NbprodError:
    if status < 0:
        name = signal.Signals(-status).name
        hint = "Perhaps the machine ran out of memory" if -status == signal.SIGKILL else ""
        return StepFailed(f"step {stage.step!r} was ended by {name}", step=stage.step, hint=hint)
    message = _ours(said) or f"step {stage.step!r} ended with exit code {status} and said nothing"
    return ProjectBroken(message) if status == ProjectBroken.exit_code else StepFailed(message, step=stage.step)


def _ours(said: str) -> str:
    """Return nbprod's own message, which comes last, without the warnings that libraries print above it."""
    text = said.strip()
    at = text.rfind("\nnbprod: ")
    return _OURS.sub("", text[at + 1 :]) if at >= 0 or _OURS.match(text) else text[-2000:]
