"""The notebook's side: where each statement of a module can have come from."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.back import items
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbprod.emit.back.items import Item
    from nbprod.model.graph import Graph, Step
    from nbprod.model.notebook import Cell, Notebook


@dataclass(frozen=True, slots=True)
class Origin:
    """An item of a cell."""

    cell: int
    item: Item


@dataclass(frozen=True, slots=True)
class Source:
    """One code cell: its lines as they stand there, and its items as plain Python has them."""

    cell: Cell
    lines: tuple[str, ...]
    tree: ast.Module
    items: tuple[Item, ...]

    @property
    def top(self) -> int:
        """The line above which new code may go in first: below marks, magics and options."""
        first = next((each.first for each in self.items), len(self.lines) + 1)
        at = 1
        while at < first and at <= len(self.lines) and self.lines[at - 1].lstrip().startswith(("%", "#|", "!")):
            at += 1
        return at


@dataclass(frozen=True, slots=True)
class Sources:
    """The notebook's code cells, its graph, and the package that export makes of it."""

    graph: Graph
    package: str = ""
    cells: dict[int, Source] = field(default_factory=dict)

    def of_step(self, name: str) -> list[Origin]:
        """The items that the body of a step's function is made of, in order."""
        step = self._step(name)
        if step is None:
            return []
        if step.function:
            return [origin for cell in step.cells for origin in self._of_function(cell, step.function)]
        return [Origin(cell, item) for cell in step.cells if cell in self.cells for item in self.cells[cell].items]

    def is_decorated(self, name: str) -> bool:
        """Whether the step is a function of the notebook."""
        step = self._step(name)
        return step is not None and bool(step.function)

    def begin(self, name: str) -> tuple[int, int] | None:
        """The cell and line above which a step's first statement may go in, where its body has none yet."""
        step = self._step(name)
        known = [cell for cell in step.cells if cell in self.cells] if step else []
        return (known[0], self.cells[known[0]].top) if known and step and not step.function else None

    def everywhere(self) -> list[Origin]:
        """The items of all cells, in order."""
        return [Origin(index, item) for index, each in self.cells.items() for item in each.items]

    def plain(self) -> Iterator[Source]:
        """The cells that belong to no step, in order."""
        return (each for each in self.cells.values() if each.cell.role is Role.PLAIN)

    def parameter(self, name: str) -> tuple[int, ast.expr] | None:
        """The cell in which a parameter stands, and its default there."""
        for each in self.graph.parameters:
            if each.name == name and each.cell in self.cells:
                return next(((each.cell, value) for value in _assigned(self.cells[each.cell].tree, name)), None)
        return None

    def parameters_end(self) -> tuple[int, int] | None:
        """The cell and line at which a new parameter goes in: below the last one; None where there is none."""
        found = [place for each in self.graph.parameters if (place := self.parameter(each.name))]
        cell, value = max(found, key=lambda place: (place[0], place[1].lineno), default=(0, None))
        return (cell, (value.end_lineno or value.lineno) + 1) if value else None

    def _step(self, name: str) -> Step | None:
        return next((each for each in self.graph.steps if each.name == name), None)

    def _of_function(self, cell: int, name: str) -> list[Origin]:
        known = self.cells.get(cell)
        for each in known.tree.body if known else ():
            if known and isinstance(each, items.FUNCTIONS) and each.name == name:
                lines = known.cell.python.split("\n")
                return [Origin(cell, item) for item in items.items(items.body_of(each, lines), lines, known.lines)]
        return []


def _assigned(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    for each in tree.body:
        match each:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.expr() as value) if found == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value


def sources(notebook: Notebook, graph: Graph, package: str) -> Sources:
    """Return the notebook's code cells as what modules are made of; those that are no Python are left out."""
    found = {each.index: known for each in notebook.code_cells if (known := _source(each)) is not None}
    return Sources(graph, package, found)


def _source(cell: Cell) -> Source | None:
    if cell.role in (Role.SKIPPED, Role.TEST) or (cell.source.strip() and not cell.python.strip() and cell.faults):
        return None
    # What a cell runs from a file, or writes to one, has no lines of its own.
    lines, python = cell.source.split("\n"), cell.python.split("\n")
    if len(lines) != len(python) or any(map(_is_taken, lines, python)):
        return None
    tree = source.parse(cell.python)
    return Source(cell, tuple(lines), tree, tuple(items.items(items.whole(tree, python), python, lines)))


def _is_taken(line: str, python: str) -> bool:
    """Whether another line's Python has what this one holds, as a cell that writes a file has the file's lines."""
    text = line.strip()
    return bool(text) and not python.strip() and not text.startswith(("%", "!", "?", "#")) and not text.endswith("?")


def texts(found: Sequence[Origin]) -> list[str]:
    """What the items say."""
    return [each.item.key for each in found]
