"""What is asked for: fixed values and what is varied, combined into one mapping of names to values for each run."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """Fixed values, the rows of a file, one file after the other for `each`, names varied side by side, and a grid.

    Combined is every row with every file, with every place of `zipped`, with every point of the grid. `source` says
    where the rows come from.
    """

    fixed: Mapping[str, Any]
    rows: tuple[Values, ...] | None = None
    source: str = "--file"
    each: tuple[str, tuple[Any, ...]] | None = None
    zipped: Mapping[str, Sequence[Any]] | None = None
    grid: Mapping[str, Sequence[Any]] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        parts = (self.rows, self.each, self.zipped, self.grid)
        return not self.fixed and all(part is None for part in parts)

    @property
    def varied(self) -> tuple[str, ...]:
        """The names that differ from run to run, in the order in which they were asked for."""
        rows = dict.fromkeys(name for row in self.rows or () for name in row)
        varying = [name for name in rows if len({repr(row.get(name)) for row in self.rows or ()}) > 1]
        return (*varying, *_names(self.each), *(self.zipped or ()), *(self.grid or ()))


def combinations(spec: Spec) -> tuple[Values, ...]:
    """Return the values of every run.

    Raises:
        UsageError: A name is given twice, or there is nothing to combine.

    >>> combinations(Spec({"seed": 0}, grid={"strength": [0.1, 1]}))
    ({'seed': 0, 'strength': 0.1}, {'seed': 0, 'strength': 1})
    """
    parts = _parts(spec)
    _refuse_repeated([("-p", [dict(spec.fixed)]), *parts])
    for source, choices in parts:
        if not choices:
            raise UsageError(f"{source} gives no run: it is empty", hint="Give it at least one value.")
    combined = itertools.product(*(choices for _, choices in parts))
    fixed = dict(spec.fixed)
    return tuple(fixed | {name: value for part in point for name, value in part.items()} for point in combined)


def _parts(spec: Spec) -> list[tuple[str, list[Values]]]:
    """What is varied, each with where it comes from: a list of the values that it takes in turn."""
    parts: list[tuple[str, list[Values]]] = []
    if spec.rows is not None:
        parts.append((spec.source, list(spec.rows)))
    if spec.each is not None:
        name, files = spec.each
        parts.append((f"--each as {name}", [{name: file} for file in files]))
    if spec.zipped is not None:
        parts.append(("--zip", _side_by_side(spec.zipped)))
    for name, values in (spec.grid or {}).items():
        parts.append((f"--grid {name}", [{name: value} for value in values]))
    return parts


def _side_by_side(zipped: Mapping[str, Sequence[Any]]) -> list[Values]:
    lengths = {name: len(values) for name, values in zipped.items()}
    if len(set(lengths.values())) > 1:
        counted = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise UsageError(
            f"--zip takes as many values of one name as of another: {counted}",
            hint="Give each as many, or use --grid for all combinations.",
        )
    return [dict(zip(zipped, values, strict=True)) for values in zip(*zipped.values(), strict=True)]


def _refuse_repeated(parts: Iterable[tuple[str, list[Values]]]) -> None:
    """Nothing overrules anything: each name comes from one place."""
    seen: dict[str, str] = {}
    for source, choices in parts:
        for name in {name for values in choices for name in values}:
            if name in seen:
                raise UsageError(f"{name} is given twice: by {seen[name]} and by {source}", hint="Leave one away.")
            seen[name] = source


def _names(each: tuple[str, tuple[Any, ...]] | None) -> tuple[str, ...]:
    return (each[0],) if each else ()
