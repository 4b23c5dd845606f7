"""What a step returned, mapped to the files that dvc.yaml names, and put there all at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nbprod.errors import ProjectBroken
from nbprod.run.functions import fields_of
from nbprod.run.nearest import did_you_mean
from nbprod.values import save
from nbprod.values.disk import write_failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbprod.run.functions import Function
    from nbprod.run.wiring import Stage, Stored


@dataclass(frozen=True, slots=True)
class Plan:
    """Which files a step's values go to; `single` is the name of the one value of a step that returns just that.

    `own` are files of the stage that the step writes itself, as the notebook did.
    """

    stored: tuple[Stored, ...]
    single: str = ""
    own: tuple[Stored, ...] = ()


def planned(stage: Stage, function: Function) -> Plan:
    """Return where the stage's outputs come from, before the step runs.

    Raises:
        ProjectBroken: dvc.yaml names an output that the function does not return.
    """
    if not function.returned:
        return Plan((), own=_own(stage, stage.outs, (), function))
    if "" in function.returned:
        single = _single(stage, function)
        rest = tuple(each for each in stage.outs if each is not single)
        return Plan((single,), single.names[0], _own(stage, rest, single.names, function))
    fields = tuple(function.returned)
    stored = tuple(each for each in stage.outs if set(each.names) <= set(fields))
    rest = tuple(each for each in stage.outs if each not in stored)
    return Plan(stored, own=_own(stage, rest, fields, function))


def _single(stage: Stage, function: Function) -> Stored:
    """Return the file of the one value: the only output, or the only one in the step's own folder."""
    alone = [each for each in stage.outs if len(each.names) == 1]
    for choice in (alone, [each for each in alone if _in_own_folder(each, stage)]):
        if len(choice) == 1:
            return choice[0]
    listed = ", ".join(each.path for each in stage.outs) or "none"
    raise ProjectBroken(
        f"{function.target} returns one value, but stage {stage.name!r} of dvc.yaml has these outputs: {listed}",
        hint="Return a NamedTuple with a field for each, named like the file's stem",
    )


def _own(stage: Stage, rest: Sequence[Stored], returned: Sequence[str], function: Function) -> tuple[Stored, ...]:
    """Return the files left over, which the step must write itself; those of its own folder cannot be such."""
    for each in rest:
        if _in_own_folder(each, stage):
            lacking = " and ".join(repr(name) for name in each.names if name not in returned)
            near = did_you_mean(each.names[0], returned)
            known = f"It returns {', '.join(returned)}" if returned else "It returns nothing"
            raise ProjectBroken(
                f"dvc.yaml: stage {stage.name!r} makes {each.path}, but {function.target} does not return {lacking}",
                hint=near or f"{known}: name the file after that, or take it out of the stage",
            )
    return tuple(rest)


def _in_own_folder(stored: Stored, stage: Stage) -> bool:
    return PurePosixPath(stored.path).parent.name == stage.step and bool(PurePosixPath(stored.path).suffix)


def named(returned: Any, plan: Plan, target: str) -> dict[str, Any]:
    """Return what came back, by the names of the outputs.

    Raises:
        ProjectBroken: A value that the plan needs did not come back.
    """
    if plan.single:
        return {plan.single: returned}
    values = {name: getattr(returned, name) for name in fields_of(returned)}
    lacking = [name for each in plan.stored for name in each.names if name not in values]
    if lacking:
        raise ProjectBroken(f"{target} did not return {lacking[0]!r}", hint="Return the NamedTuple that it declares")
    return values


def check_own(plan: Plan, root: Path, target: str) -> None:
    """Raise ProjectBroken when a file that the step should have written itself is not there."""
    for each in plan.own:
        if not (root / each.path).exists():
            raise ProjectBroken(
                f"{target} neither returned {each.names[0]!r} nor wrote {each.path}, which dvc.yaml lists",
                hint="Take it out of the stage, or write it in the step",
            )


def store(values: Mapping[str, Any], places: Mapping[Stored, Path]) -> None:
    """Write every value beside its place first, and move them there only when all are written.

    Raises:
        WriteFailed: The disk or its permissions refused; what stood there before still stands.
        ValueUnstorable: No format holds a value.
        ProjectBroken: A value is no longer stored in the format that dvc.yaml names.
    """
    with _staging(places.values()) as staging:
        drafts = {places[stored]: _draft(stored, values, staging[places[stored].parent]) for stored in places}
        for place, draft in drafts.items():
            try:
                draft.replace(place)
            except OSError as error:
                raise write_failed(place, error) from error


def _draft(stored: Stored, values: Mapping[str, Any], folder: Path) -> Path:
    name = PurePosixPath(stored.path).name
    stem, _, extension = name.partition(".")
    value = {each: values[each] for each in stored.names} if len(stored.names) > 1 else values[stem]
    saved = save(value, folder, stem, role=stored.role, prefer=extension)
    if saved.path.name != name:
        raise ProjectBroken(
            f"{stem!r} can no longer be stored as {name}, only as {saved.path.name}",
            hint="Export the notebook again, or change the file's name in dvc.yaml",
        )
    return saved.path


@contextmanager
def _staging(places: Iterator[Path] | Any) -> Iterator[dict[Path, Path]]:
    """Make a hidden folder in each output's folder, so that moving a file is one rename on one disk."""
    folders: dict[Path, Path] = {}
    try:
        for folder in sorted({place.parent for place in places}):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _sweep(folder)
                folders[folder] = Path(tempfile.mkdtemp(prefix=f".nbprod-{os.getpid()}-", dir=folder))
            except OSError as error:
                raise write_failed(folder, error) from error
        yield folders
    finally:
        for each in folders.values():
            shutil.rmtree(each, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed run left behind."""
    for left in folder.glob(".nbprod-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
