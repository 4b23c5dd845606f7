"""Where a name's value comes from at one point of the notebook, and what is being found out about each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from nbprod.model.graph import DefinitionKind

if TYPE_CHECKING:
    from nbprod.analyse.decorated import Decorated
    from nbprod.analyse.trace import Statement
    from nbprod.model.graph import Definition
    from nbprod.model.notebook import Mark


class Source(Enum):
    """What kind of thing made a value."""

    PARAMETER = auto()
    DEFINITION = auto()
    STEP = auto()
    LOOSE = auto()  # an unmarked cell: it stays in the notebook


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The last writer of a name; `prior` is the one before it, where the value before may show through."""

    source: Source
    cell: int
    line: int = 1
    step: str = ""
    definition: Definition | None = None
    prior: Origin | None = None
    how: str = "assigned"

    @property
    def is_steady(self) -> bool:
        """Whether it is a definition or a parameter, which a step can have wherever it stands."""
        return self.source in {Source.DEFINITION, Source.PARAMETER}

    @property
    def is_written_out(self) -> bool:
        """Whether it is a function or class of the notebook, or what was set on one."""
        definition = self.definition
        return definition is not None and (
            definition.kind in {DefinitionKind.FUNCTION, DefinitionKind.CLASS}
            or (self.prior is not None and definition.kind is DefinitionKind.CONSTANT)
        )


DefinitionKey = tuple[int, int, str]


@dataclass(slots=True)
class Draft:
    """A step or test while it is being resolved."""

    name: str
    mark: Mark
    tests: str = ""  # the step that it tests
    function: Decorated | None = None
    cells: list[int] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)  # name → maker
    read_in: dict[str, int] = field(default_factory=dict)  # name → the last cell that reads it
    parameters: set[str] = field(default_factory=set)
    definitions: dict[DefinitionKey, Definition] = field(default_factory=dict)
    links: dict[DefinitionKey, dict[str, Origin]] = field(default_factory=dict)
    writes: dict[str, bool] = field(default_factory=dict)  # name → surely bound?, in order
    outputs: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    mutates: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)  # changed through another name of the same object
    before: list[tuple[int, Statement]] = field(default_factory=list)  # settings and seeds that it repeats
    seeds: list[str] = field(default_factory=list)  # sources of all seeding before it: part of what it depends on
    set_up: int = 0  # of the notebook's settings, how many were looked at
    pyplot_cells: set[int] = field(default_factory=set)
    is_async: bool = False


def key_of(definition: Definition) -> DefinitionKey:
    """Return what tells a definition from its other versions."""
    return (definition.cell, definition.line, definition.name)
