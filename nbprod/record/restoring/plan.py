"""What is known of a notebook before it runs: of each cell, what it is and what it may read, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class CellPlan:
    """One code cell.

    `code` is the digest of what it does, whatever its comments say. `live` are those names that somebody needs after
    it. `preamble` is its imports and definitions alone, with the cell's line numbers: they are run where the rest is
    restored, and bind the names in `defines`. `never` says why it always runs, "" if it may be restored; `everything`
    that it may read any name. `trusted`: what it reads of the network, the clock and unseeded states doesn't count.
    `fresh`: it runs this time, and what it makes is kept.
    """

    index: int
    code: str
    step: str = ""
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    live: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    preamble: str = ""
    defines: frozenset[str] = frozenset()
    never: str = ""
    everything: bool = False
    opens: bool = False  # a file must be seen to be opened
    trusted: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A notebook, cell by cell, and the store that its work is kept in; `base` is the digest of what it stands on."""

    notebook: str
    folder: Path
    limit: int
    base: str
    text: str = ""  # the digest of all its code
    cells: Mapping[int, CellPlan] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    eager: bool = False  # values are looked through before names stand for them, and bound at once
    beyond: str = ""  # the URL of a store behind the folder, which other machines share
    least: float = 0.0  # seconds that a cell must have taken for its work to be kept

    def injected(self, at: int, replaces: int | None = None) -> Plan:
        """Return the plan of the notebook with a cell put in at that place, or in place of one, that sets parameters.

        >>> from pathlib import Path
        >>> plan = Plan("n.ipynb", Path("c"), 1, "", "", {0: CellPlan(0, "a"), 1: CellPlan(1, "b")})
        >>> {at: each.code for at, each in plan.injected(1).cells.items()}
        {0: 'a', 2: 'b', 1: 'parameters'}
        """
        cell = CellPlan(at, "parameters", writes=frozenset(self.parameters), never=PARAMETERS)
        if replaces is not None:
            return replace(self, cells={**self.cells, replaces: replace(cell, index=replaces)})
        moved = {n if n < at else n + 1: each for n, each in self.cells.items()}
        cells = {n: replace(each, index=n) for n, each in moved.items()}
        return replace(self, cells={**cells, at: cell})


PARAMETERS = "sets parameters"
