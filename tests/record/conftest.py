"""Small notebooks with the graph that analysis gives them, written out by hand: record is tested without analysis."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from nbprod.model.graph import Block, CellFacts, CellKind, Edge, Graph, Input, Parameter, Step
from nbprod.model.notebook import Mark
from nbprod.record import run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Book:
    """A notebook on disk and its graph."""

    path: Path
    graph: Graph
    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".nbprod" / "record" / "book"

    def run(self, **options):
        return run(self.path, self.graph, root=self.root, folder=self.folder, **options)


@dataclass
class Spec:
    """What one step reads (name: maker) and makes."""

    cells: tuple[int, ...]
    reads: dict[str, str] = field(default_factory=dict)
    makes: tuple[str, ...] = ()
    function: str = ""
    parameters: tuple[str, ...] = ()
    mark: Mark | None = None


def plain(source: str) -> str:
    return re.sub(r"^%%\w+.*$|^%time ", "", source, flags=re.MULTILINE)


def graph_of(sources, steps, *, parameters=(), skipped=()) -> Graph:
    made = tuple(
        Step(
            name=name,
            cells=spec.cells,
            blocks=() if spec.function else tuple(Block(cell, plain(sources[cell])) for cell in spec.cells),
            inputs=tuple(Input(*pair) for pair in spec.reads.items()),
            outputs=tuple(spec.makes),
            parameters=spec.parameters,
            definitions=(),
            mark=spec.mark or Mark(name),
            function=spec.function,
            code_id=f"id-{name}",
        )
        for name, spec in ((name, Spec(**each)) for name, each in steps.items())
    )
    edges = tuple(Edge(each.maker, reader.name, each.name) for reader in made for each in reader.inputs)
    kinds = {0: CellKind.PARAMETERS} if parameters else {}
    kinds |= dict.fromkeys(skipped, CellKind.SKIPPED)
    cells = tuple(
        CellFacts(index, f"id-{index}", kinds.get(index, CellKind.EXPLORATION), None, frozenset(), frozenset())
        for index in range(len(sources))
    )
    known = tuple(Parameter(name, "int", default) for name, default in parameters)
    return Graph("notebooks/book.ipynb", cells=cells, parameters=known, steps=made, edges=edges)


def notebook_text(sources, tags=None) -> str:
    cells = [
        {
            "cell_type": "code",
            "id": f"id-{index}",
            "metadata": {"tags": (tags or {}).get(index, [])},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for index, source in enumerate(sources)
    ]
    # A kernelspec that no machine has: the kernel is this Python whatever the notebook says.
    spec = {"kernelspec": {"name": "of-somebody-else", "language": "python", "display_name": "x"}}
    return json.dumps({"cells": cells, "metadata": spec, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def book(tmp_path):
    """Make a notebook in a project of its own: `book(sources, steps, parameters=…)`."""

    def make(sources, steps, *, tags=None, **more) -> Book:
        path = tmp_path / "notebooks" / "book.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook_text(sources, tags))
        return Book(path, graph_of(sources, steps, **more), tmp_path)

    return make
