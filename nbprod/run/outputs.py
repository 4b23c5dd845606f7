"""What a step returned, mapped to the files that dvc.yaml names, and put there all at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nbprod.adapters import process
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
        ProjectBroken: dvc.yaml names an output that the function does not return, by a near miss or for lack of choice.
    """
    stored, single = _stored(stage, function)
    fields = tuple(name for name in function.returned if name) or ((single,) if single else ())
    rest = tuple(each for each in stage.outs if each not in stored)
    for each in rest:
        if stage.stores(each.path) and did_you_mean(each.names[0], fields):
            raise _not_returned(each, stage, function, fields)
    return Plan(stored, single, rest)


def _stored(stage: Stage, function: Function) -> tuple[tuple[Stored, ...], str]:
    """Return the files that the returned values go to, and the name of the value where just one comes back.

    Where a value has its file in the step's folder, another file of that name is one that the step writes itself.
    """
    if "" not in function.returned:
        named_so = [each for each in stage.outs if set(each.names) <= function.returned.keys()]
        placed = {name for each in named_so if stage.stores(each.path) for name in each.names}
        return tuple(each for each in named_so if stage.stores(each.path) or not placed & set(each.names)), ""
    if "return" in function.annotations:
        single = _single(stage, function)
        return (single,), single.names[0]
    inside = tuple(each for each in stage.outs if stage.stores(each.path))  # nothing says what comes back
    return inside, inside[0].names[0] if [len(each.names) for each in inside] == [1] else ""


def _single(stage: Stage, function: Function) -> Stored:
    """Return the file of the one value: the only one, the only one in the step's folder, or the one of its name."""
    alone = [each for each in stage.outs if len(each.names) == 1]
    inside = [each for each in alone if stage.stores(each.path)]
    named_so = [each for each in inside if each.names[0] == function.returned_name]
    choice = next((each[0] for each in (alone, inside, named_so) if len(each) == 1), None)
    if choice is None:
        listed = ", ".join(each.path for each in stage.outs) or "none"
        raise ProjectBroken(
            f"{function.target} returns one value, but stage {stage.name!r} of dvc.yaml has these outputs: {listed}",
            hint="Return a NamedTuple with a field for each, named like the file's stem",
        )
    return choice


def _not_returned(each: Stored, stage: Stage, function: Function, returned: Sequence[str]) -> ProjectBroken:
    lacking = " and ".join(repr(name) for name in each.names if name not in returned)
    known = f"It returns {', '.join(returned)}" if returned else "It returns nothing"
    return ProjectBroken(
        f"dvc.yaml: stage {stage.name!r} makes {each.path}, but {function.target} neither returns {lacking} nor "
        "writes that file",
        hint=did_you_mean(each.names[0], returned) or f"{known}: name the file after that, or take it out of the stage",
    )


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


def written_at(plan: Plan, root: Path) -> dict[str, int]:
    """Return when the files that the step writes itself were last written, 0 for those that are not there."""
    return {each.path: _changed(root / each.path) for each in plan.own}


def check_own(plan: Plan, before: Mapping[str, int], root: Path, stage: Stage, function: Function) -> None:
    """Raise ProjectBroken when a file that the step should have written itself is not there.

    In the step's own folder, where its values are stored, a file that merely stood there before does not count.
    """
    for each in plan.own:
        now = _changed(root / each.path)
        if not now or (stage.stores(each.path) and now == before[each.path]):
            raise _not_returned(each, stage, function, [name for one in plan.stored for name in one.names])


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


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
        if owner.isdigit() and not process.lives(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
