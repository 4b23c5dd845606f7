"""What analysis makes of a notebook: facts of each cell, the steps, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.notebook import Mark

# The global random states, as the values they are: a step that draws takes one and returns it.
RANDOM_STATES = {"numpy_random_state": "numpy", "python_random_state": "random"}
# What a notebook needs that asks the lines of `x = !cmd` for what only IPython's own kind of list can do.
SHELL_LINES = "from IPython.utils.text import SList"


class CellKind(StrEnum):
    """What the graph says a code cell is."""

    PARAMETERS = "parameters"
    STEP = "step"
    TEST = "test"
    DEFINITIONS = "definitions"  # imports, functions, classes, constants, nothing else
    EXPLORATION = "exploration"  # stays in the notebook
    SKIPPED = "skipped"
    UNPARSABLE = "unparsable"


@dataclass(frozen=True, slots=True)
class CellFacts:
    """One code cell: the names that it needs from before, and those it binds or mutates that later cells can see."""

    index: int
    id: str
    kind: CellKind
    step: str | None
    reads: frozenset[str]
    writes: frozenset[str]
    may_raise: bool = False  # by its tag


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name assigned in the parameters cell: `default` and `annotation` as source text, `type` a readable name."""

    name: str
    type: str
    default: str
    annotation: str = ""
    comment: str = ""
    cell: int = 0
    line: int = 1


class DefinitionKind(StrEnum):
    """What travels with the steps that use it."""

    IMPORT = "import"
    FUNCTION = "function"
    CLASS = "class"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Definition:
    """An import, function, class or constant: its own source with the comments above it, and the names it needs.

    An import binds one name: `import a, b` makes two definitions. `reads` are its free names (late-bound), builtins
    left out; `writes` the globals that it rebinds or mutates when called. `local` says that it reads a parameter or
    what a step makes, or writes a global: then it must stand inside the step's function, which closes over the names.
    `soft` are those of `reads` that stand in texts, and count only if something makes them; `later` those that only
    the code reads which a call of it hands out, as generators and functions that return functions do; `perhaps` those
    that it reads on branches only, which may never be taken.
    """

    name: str
    kind: DefinitionKind
    cell: int
    line: int
    source: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    local: bool = False
    soft: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Input:
    """A name that a step reads, and the step that makes it."""

    name: str
    maker: str


@dataclass(frozen=True, slots=True)
class Block:
    """One cell's share of a step: the cell's plain Python, and the imports that its translation needs."""

    cell: int
    python: str
    needs: tuple[str, ...] = ()
    uses_pyplot: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A named unit of the pipeline.

    `cells` hold its code (and, for a decorated function, the cells that call it). `function` is the name of the
    decorated function, with `source` its undecorated text, or "" for a step made of cells. `definitions` are those
    that its code uses, directly or through others, in notebook order, each in the version that the step sees.
    `mutates` are the inputs whose value it changes. `code_id` changes when its code or that of what it uses changes.
    """

    name: str
    cells: tuple[int, ...]
    blocks: tuple[Block, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    parameters: tuple[str, ...]
    definitions: tuple[Definition, ...]
    mark: Mark
    mutates: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()  # inputs that its code never names: they share objects with what it changes
    function: str = ""
    source: str = ""
    is_async: bool = False
    code_id: str = ""
    doc: str = ""  # the docstring, or the heading or comment that says what the step does

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names that it reads, in the order of `inputs`."""
        return tuple(each.name for each in self.inputs)


@dataclass(frozen=True, slots=True)
class Edge:
    """A name that one step makes and another reads."""

    source: str
    target: str
    name: str


@dataclass(frozen=True, slots=True)
class NotebookTest:
    """A `%%test STEP` cell: its assertions, the names that it reads and the definitions that it uses."""

    step: str
    cell: int
    python: str
    reads: frozenset[str]
    definitions: tuple[Definition, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps in the order in which they can run (ties by notebook order), and all that was found wrong."""

    notebook: str
    cells: tuple[CellFacts, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    steps: tuple[Step, ...] = ()
    edges: tuple[Edge, ...] = ()
    tests: tuple[NotebookTest, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    file_lines: tuple[int, ...] = ()  # of all the notebook's cells, as the notebook has them

    @property
    def keeps_shell_lines(self) -> bool:
        """Whether the lines of `x = !cmd` are IPython's own kind of list in the steps, too."""
        return any(SHELL_LINES in block.needs for step in self.steps for block in step.blocks)

    @property
    def raising(self) -> frozenset[int]:
        """The cells that may raise, by their tag."""
        return frozenset(cell.index for cell in self.cells if cell.may_raise)

    def step(self, name: str) -> Step:
        """The step of that name; KeyError if there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)
