"""The notebook's values and the pipeline's, compared output by output."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError
from nbprod.run.causes import Evidence, likely_cause
from nbprod.run.edits import disturbed, edits
from nbprod.run.functions import first_on_path
from nbprod.run.summaries import summary
from nbprod.run.wiring import names_of
from nbprod.values import FIGURES, counted, first_difference, load, pictures_differ, pictures_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.model.graph import Graph, Step
    from nbprod.model.record import Record
    from nbprod.values import Difference

_READ_AT_ONCE = 1 << 20
_ROUNDING = 1e-9
_SORTED_AT_MOST = 100_000  # values of a list that are looked at in any order


@dataclass(frozen=True, slots=True)
class OutputCompared:
    """One output on both sides; `difference` is the first one, "" when they are equal, `cause` what likely made it.

    `place` leads from the value to the part that differs (`['late'][17]` is row 17 of column late), `notebook` and
    `pipeline` are that part on either side, shortened.
    """

    step: str
    name: str
    summary: str
    difference: str = ""
    cause: str = ""
    place: str = ""
    notebook: str = ""
    pipeline: str = ""

    @property
    def equal(self) -> bool:
        """Whether both sides hold the same."""
        return not self.difference


def compare(
    notebook_values: Path,
    pipeline_values: Path,
    graph: Graph,
    record: Record | None = None,
    *,
    root: Path | None = None,
    tolerances: tuple[float, float] = (0.0, 0.0),
    began: float | None = None,
) -> tuple[OutputCompared, ...]:
    """Return every output of every step, compared in two folders laid out `<step>/<name>.<ext>`.

    Files of the same bytes are equal without being loaded. A difference that an earlier step handed on is told from
    one that the step itself made. `tolerances` are relative and absolute. `began` is when the first of the two sides
    began to run, in seconds since the epoch: files of the project that were changed since then can be causes.
    """
    compared: list[OutputCompared] = []
    differing: frozenset[tuple[str, str]] = frozenset()
    own_modules = record.search_path if record else ()  # whose classes values may be of, or of the package's
    with first_on_path(root, own_modules) if root else nullcontext():
        for step in graph.steps:
            found = _step(step, _Pair(notebook_values / step.name, pipeline_values / step.name), tolerances)
            known = _known(step, record, root, began) if not all(each.equal for each in found) else Evidence(step)
            known = replace(known, differing=differing, seen=record.step(step.name) if record else None)
            compared += [_explained(each, known) for each in found]
            differing |= {(step.name, each.name) for each in found if not each.equal}
    return tuple(compared)


def _known(step: Step, record: Record | None, root: Path | None, began: float | None) -> Evidence:
    """What is known of a step that differs, whichever of its outputs it is."""
    seen = record.step(step.name) if record else None
    edited = edits(step.name, root, record) if root else ()
    timed = disturbed(seen, record, root, began) if seen and record and root and began is not None else None
    return Evidence(step, edited=edited, disturbed=timed, meddled=record.changed_outside if record else ())


def _step(step: Step, pair: _Pair, tolerances: tuple[float, float]) -> list[_Found]:
    found = [pair.compared(name, tolerances, metric=name in step.mark.metrics) for name in step.outputs]
    return [*found, *pair.figures()]


def _explained(found: _Found, evidence: Evidence) -> OutputCompared:
    seen = evidence.seen.value(found.name) if evidence.seen else None
    its_own = replace(evidence, output=found.name, rounding=found.rounding, reordered=found.reordered)
    shown = (seen.summary if seen else "") or found.summary
    if found.equal:
        return OutputCompared(evidence.step.name, found.name, shown)
    sides = (found.first.path, found.first.left, found.first.right) if found.first else ("", "", "")
    return OutputCompared(evidence.step.name, found.name, shown, found.difference, likely_cause(its_own), *sides)


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    summary: str = ""
    difference: str = ""
    rounding: bool = False
    reordered: bool = False
    first: Difference | None = None

    @property
    def equal(self) -> bool:
        return not self.difference


class _Pair:
    """The two folders of one step, which load each file once: outputs that share a file share its value."""

    def __init__(self, notebook: Path, pipeline: Path) -> None:
        self.left, self.right = _Folder(notebook), _Folder(pipeline)

    def compared(self, name: str, tolerances: tuple[float, float], *, metric: bool) -> _Found:
        """Return what the comparison of one output found."""
        left, right = self.left.file(name), self.right.file(name)
        if left is None or right is None:
            side = "notebook" if left is None else "pipeline"
            return _Found(name, difference=f"the {side} stored no {name!r}")
        if left.name == right.name and _same_bytes(left, right):
            return _Found(name)
        try:
            return self._loaded(name, tolerances, metric=metric)
        except NbprodError as error:
            return _Found(name, difference=f"cannot be compared: {error}")

    def figures(self) -> list[_Found]:
        """Return what the comparison of the displayed figures found; nothing where neither side keeps any."""
        left, right = (each.path / FIGURES for each in (self.left, self.right))
        if not (left.is_dir() or right.is_dir()):
            return []
        return [_Found(FIGURES, counted(pictures_in(right)), pictures_differ(left, right))]

    def _loaded(self, name: str, tolerances: tuple[float, float], *, metric: bool) -> _Found:
        left, right = self.left.value(name), self.right.value(name)
        rtol, atol = tolerances
        found = first_difference(left, right, rtol=rtol, atol=atol, exact_types=not metric)
        if found is None:
            return _Found(name, summary(right))
        near = first_difference(left, right, rtol=_ROUNDING, atol=_ROUNDING, exact_types=not metric) is None
        return _Found(name, summary(right), str(found), near, _is_reordered(left, right), found)


def _is_reordered(left: Any, right: Any) -> bool:
    """Whether two lists, dicts or arrays hold the same in another order."""
    if not all(hasattr(each, "__iter__") and hasattr(each, "__len__") for each in (left, right)):
        return False
    if type(left) is not type(right) or len(left) != len(right) or len(left) > _SORTED_AT_MOST:
        return False
    parts = [each.items() if isinstance(each, dict) else each for each in (left, right)]
    return sorted(map(repr, parts[0])) == sorted(map(repr, parts[1]))


class _Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = {name: each for each in _files(path) for name in names_of(each.name)}
        self.loaded: dict[Path, Any] = {}

    def file(self, name: str) -> Path | None:
        return self.files.get(name)

    def value(self, name: str) -> Any:
        file = self.files[name]
        if file not in self.loaded:
            self.loaded[file] = load(file)
        return self.loaded[file][name] if len(names_of(file.name)) > 1 else self.loaded[file]


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in sorted(folder.glob("*")) if each.is_file() and not each.name.startswith("."))


def _same_bytes(left: Path, right: Path) -> bool:
    return left.stat().st_size == right.stat().st_size and _digest(left) == _digest(right)


def _digest(path: Path) -> bytes:
    digest = hashlib.blake2b()
    with path.open("rb") as stream:
        while block := stream.read(_READ_AT_ONCE):
            digest.update(block)
    return digest.digest()
