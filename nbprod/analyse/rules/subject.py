"""What the rules look at, and how they speak of it."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbprod.analyse.findings import Finding
    from nbprod.analyse.resolve import Resolver
    from nbprod.model.graph import Step
    from nbprod.model.notebook import Notebook

F = TypeVar("F", bound="Finding")


@dataclass(frozen=True)
class Subject:
    """The notebook as resolved, its steps, and a cycle through them, if there is one."""

    notebook: Notebook
    resolver: Resolver
    steps: tuple[Step, ...]
    cycle: tuple[str, ...] = ()

    def findings(self, kind: type[F]) -> Iterator[F]:
        """Yield the findings of one kind, in the order in which they were made."""
        return (each for each in self.resolver.needs.findings if isinstance(each, kind))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a cell binds."""
        return tuple(self.resolver.plan.makers)

    @cached_property
    def raising(self) -> frozenset[int]:
        """The cells that may raise, by their tag."""
        return frozenset(cell.index for cell in self.notebook.cells if cell.may_raise)

    def near(self, cell: int) -> str:
        """Return the step whose cell stands closest above another, or else below it."""
        at = bisect_right(self.standing, cell, key=itemgetter(0))
        around = self.standing[max(0, at - 1) : at + 1]
        nearest = min(around, key=lambda each: (abs(each[0] - cell), each[0] > cell), default=None)
        return f"step '{nearest[1]}'" if nearest else "a step"

    def is_missed(self, cell: int) -> bool:
        """Whether what a cell leaves in its process is missing somewhere: a step of another process stands below."""
        home = self._homes.get(cell)
        return any(at > cell and step != home for at, step in self._ends)

    @cached_property
    def _homes(self) -> dict[int, str]:
        return dict(self.standing)

    @cached_property
    def _ends(self) -> list[tuple[int, str]]:
        """The last cells of the two steps that end last."""
        return sorted((step.cells[-1], step.name) for step in self.steps if step.cells)[-2:]

    @cached_property
    def standing(self) -> list[tuple[int, str]]:
        """The steps' cells in the notebook's order, and whose they are."""
        return sorted((at, step.name) for step in self.steps for at in step.cells)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the sentence that suggests the nearest of the known names; "" if none is near.

    >>> did_you_mean("flihgts", ["weather", "flights"])
    "Did you mean 'flights'? "
    """
    near = difflib.get_close_matches(name, [each for each in known if each != name], n=1)
    return f"Did you mean '{near[0]}'? " if near else ""
