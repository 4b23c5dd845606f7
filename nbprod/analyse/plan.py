"""What is known of a notebook before its names are resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.analyse.decorated import Decorated
    from nbprod.analyse.definitions import Usage
    from nbprod.analyse.trace import ScannedCell


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known before resolving: the cells, the decorated steps, and how names are used."""

    cells: Sequence[ScannedCell]
    decorated: Mapping[str, Decorated]
    used: Usage
    makers: Mapping[str, tuple[int, ...]]
    skipped: Mapping[str, int]
    by_index: Mapping[int, ScannedCell]
    by_step: Mapping[str, Sequence[ScannedCell]] = field(default_factory=dict)

    def lines_of(self, cell: int) -> list[str]:
        """Return the lines of a cell."""
        return self.by_index[cell].lines

    @property
    def calls(self) -> dict[int, Decorated]:
        """The decorated steps by the identity of the statement that calls them."""
        return {id(each.call): each for each in self.decorated.values() if each.call is not None}
