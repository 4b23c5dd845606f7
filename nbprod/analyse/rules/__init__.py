"""What is wrong with a notebook, put into words: every rule yields the diagnostics of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.model.diagnostic import ordered

if TYPE_CHECKING:
    from nbprod.analyse.resolve import Resolver
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Step
    from nbprod.model.notebook import Notebook


def diagnostics(
    notebook: Notebook, resolver: Resolver, steps: tuple[Step, ...], cycle: tuple[str, ...]
) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of the notebook, those of reading it among them, by place."""
    del resolver, steps, cycle
    found = [*notebook.notes, *(fault for cell in notebook.cells for fault in cell.faults)]
    return ordered(found)
