"""Other notebooks of the project: they may use neither the same package nor the same stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbprod.model import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Graph
    from nbprod.project.place import Place

COMMAND = re.compile(r"\bnbprod step (\w+)\.(\w+)")
NOTEBOOK = re.compile(r'^NOTEBOOK = "([^"\n]+)"', re.MULTILINE)


def name_clashes(place: Place, graph: Graph) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for the package's name and each step's name that another notebook's export uses already.

    A notebook that is there no more, moved or renamed say, uses nothing: this one takes its package over.
    """
    return (*_package(place), *_steps(place, graph))


def _package(place: Place) -> Iterator[Diagnostic]:
    other = _notebook_of(place.package, place.root)
    if other and other != place.relative:
        yield faults.NAME_TAKEN.at(None, what="package", name=place.package, other=other, rename="this notebook")


def _steps(place: Place, graph: Graph) -> Iterator[Diagnostic]:
    owners = {step: package for package, step in COMMAND.findall(_text(place.root / "dvc.yaml"))}
    for step in graph.steps:
        owner = owners.get(step.name, place.package)
        other = _notebook_of(owner, place.root) if owner != place.package else ""
        if other:
            cell = step.cells[0] if step.cells else None
            yield faults.NAME_TAKEN.at(cell, what="step", name=step.name, other=other, rename="one of the two steps")


def _notebook_of(package: str, root: Path) -> str:
    """The notebook that the package was exported from, "" when it is there no more."""
    found = NOTEBOOK.search(_text(root / package / "__init__.py"))
    return found[1] if found and (root / found[1]).is_file() else ""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
