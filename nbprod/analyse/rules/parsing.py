"""The rule about cells that can't be parsed, where reading has not named them already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.model.faults import NOT_PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.rules.subject import Subject
    from nbprod.model.diagnostic import Diagnostic


class Unparsed:
    """A cell is no Python."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each cell of which reading has said nothing."""
        for scanned in subject.resolver.plan.cells:
            if scanned.fault and not scanned.cell.faults:
                yield NOT_PYTHON.at(scanned.cell.index, scanned.fault_line, problem=scanned.fault)
