"""What flows between the cells of a notebook without marks: who makes each name, and who needs it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from nbprod.model.graph import CellKind
from nbprod.model.notebook import Role
from nbprod.suggest.looks import Look, look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nbprod.model.graph import CellFacts, Graph
    from nbprod.model.notebook import Notebook


class Link(NamedTuple):
    """A value that one cell makes or changes and a later one needs."""

    maker: int
    reader: int
    name: str


@dataclass(frozen=True, slots=True)
class Flow:
    """The code cells in order with their looks; `makes` are the values, definitions left out, that each writes."""

    cells: Mapping[int, CellFacts]
    looks: Mapping[int, Look]
    makes: Mapping[int, frozenset[str]]
    links: tuple[Link, ...]  # in the order of their readers
    closed: frozenset[int]  # cells that can't be a step's
    handed: Mapping[int, tuple[Link, ...]]  # the links of each maker
    taken: Mapping[int, tuple[Link, ...]]  # the links of each reader
    unstorable: Mapping[int, frozenset[str]]  # after each cell, the names whose values live in one process only
    writers: frozenset[str] = frozenset()  # the notebook's functions that write files

    def inside(self, cells: Iterable[int]) -> set[str]:
        """The values that some of these cells make."""
        return {name for cell in cells for name in self.makes[cell]}

    def between(self, makers: Sequence[int], readers: Sequence[int]) -> set[str]:
        """The values that the first make and the others need; both are in notebook order."""
        if len(readers) <= len(makers):
            taken = (link for cell in readers for link in self.taken.get(cell, ()))
            return {link.name for link in taken if is_among(link.maker, makers)}
        handed = (link for cell in makers for link in self.handed.get(cell, ()))
        return {link.name for link in handed if is_among(link.reader, readers)}

    def downstream(self, cell: int) -> set[int]:
        """The cells that depend on a cell, and itself."""
        reached = {cell}
        for link in self.links:
            if link.maker in reached:
                reached.add(link.reader)
        return reached


def is_among(cell: int, cells: Sequence[int]) -> bool:
    """Whether a cell is one of those, which are in order.

    >>> is_among(4, (2, 4, 7)), is_among(5, (2, 4, 7))
    (True, False)
    """
    at = bisect_left(cells, cell)
    return at < len(cells) and cells[at] == cell


def flow(notebook: Notebook, graph: Graph, uncarried: frozenset[int], *, constants: bool = False) -> Flow:
    """Return the flow between the cells; `uncarried` are those that hold what a step can't do.

    `constants`: cells that compute constants of nothing but literals may be work too.
    """
    sources = {cell.index: cell for cell in notebook.code_cells}
    cells = {facts.index: facts for facts in graph.cells}
    looks = {index: look(cell) for index, cell in sources.items()}
    quiet = frozenset() if constants else frozenset({CellKind.DEFINITIONS})
    makes, links = _traced(cells, looks, quiet)
    closed = {index for index, cell in sources.items() if cell.may_raise or cell.role is not Role.PLAIN}
    closed |= {index for index, facts in cells.items() if facts.kind is CellKind.UNPARSABLE}
    handed, taken = _by(links, "maker"), _by(links, "reader")
    writers = frozenset(name for seen in looks.values() for name in seen.writers)
    return Flow(cells, looks, makes, links, frozenset(closed) | uncarried, handed, taken, _unstorable(looks), writers)


def _by(links: Iterable[Link], end: str) -> dict[int, tuple[Link, ...]]:
    found: dict[int, list[Link]] = {}
    for link in links:
        found.setdefault(getattr(link, end), []).append(link)
    return {cell: tuple(each) for cell, each in found.items()}


def _unstorable(looks: Mapping[int, Look]) -> dict[int, frozenset[str]]:
    """A name stands for such a value until it is bound anew, whoever changes it in between."""
    names: frozenset[str] = frozenset()
    found = {}
    for index, seen in looks.items():
        names = (names - seen.stored) | seen.unstorable
        found[index] = names
    return found


def _traced(
    cells: Mapping[int, CellFacts], looks: Mapping[int, Look], quiet: frozenset[CellKind]
) -> tuple[dict[int, frozenset[str]], tuple[Link, ...]]:
    last: dict[str, int] = {}
    defined: set[str] = set()
    makes: dict[int, frozenset[str]] = {}
    links: list[Link] = []
    for index, facts in cells.items():
        if facts.kind is CellKind.SKIPPED:
            makes[index] = frozenset()
            continue
        links += [Link(last[name], index, name) for name in sorted(facts.reads) if name in last]
        own = frozenset() if facts.kind in quiet else facts.writes - looks[index].defined - (facts.reads & defined)
        makes[index] = own
        for name in facts.writes - own:
            last.pop(name, None)
        last.update(dict.fromkeys(own, index))
        defined |= looks[index].defined
        defined -= own
    return makes, tuple(links)
