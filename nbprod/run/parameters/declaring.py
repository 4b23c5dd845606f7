"""What a notebook declares: its parameters with their types."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.model.notebook import INJECTED, Role
from nbprod.run.parameters.annotations import type_of_annotation, type_of_default
from nbprod.run.parameters.mismatch import Unknown
from nbprod.run.parameters.scope import Scope, scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nbprod.model.graph import Parameter
    from nbprod.model.notebook import Notebook

END = 1_000_000_000  # a line behind every cell's last


@dataclass(frozen=True, slots=True)
class Declared:
    """One parameter: `type` is Any where none is known, and `trouble` says why if its annotation means none.

    `default` is its code, "" where it has none and must be given, `annotation` too; `uses` are the parameters that its
    default is computed from.
    """

    name: str
    type: Any
    default: str
    annotation: str = ""
    comment: str = ""
    cell: int = 0
    line: int = 1
    uses: frozenset[str] = frozenset()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Declarations:
    """All parameters of a notebook, and where the cell goes that sets them.

    `after` is the last cell that is tagged `parameters`, None if there is none; `replaces` the cell that an earlier run
    has injected, which a new one takes the place of.
    """

    notebook: str
    each: tuple[Declared, ...]
    scope: Scope
    after: int | None = None
    replaces: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in the notebook's order."""
        return tuple(each.name for each in self.each)

    @property
    def place(self) -> tuple[int, int]:
        """Where the injected cell stands, for the scope."""
        return (-1 if self.after is None else self.after, END)

    def __getitem__(self, name: str) -> Declared:
        """The parameter of that name; KeyError if there is none."""
        for each in self.each:
            if each.name == name:
                return each
        raise KeyError(name)


def declarations(notebook: Notebook, parameters: Sequence[Parameter], folder: Path | None = None) -> Declarations:
    """Return what the notebook declares; `folder` is where modules beside it are found.

    Modules are imported to learn the types, those that annotations and defaults name.
    """
    scope = scope_of(notebook, folder)
    tagged = [cell.index for cell in notebook.cells if cell.role is Role.PARAMETERS and INJECTED not in cell.tags]
    injected = [cell.index for cell in notebook.code_cells if INJECTED in cell.tags]
    names = {each.name for each in parameters}
    return Declarations(
        notebook.path,
        tuple(_declared(each, scope, names) for each in parameters),
        scope,
        after=tagged[-1] if tagged else None,
        replaces=injected[0] if injected else None,
    )


def _declared(parameter: Parameter, scope: Scope, names: set[str]) -> Declared:
    at = (parameter.cell, parameter.line)
    kind, trouble = Any, ""
    try:
        kind = (
            type_of_annotation(parameter.annotation, scope, at)
            if parameter.annotation
            else type_of_default(parameter.default, scope, at)
        )
    except Unknown as unknown:
        trouble = str(unknown)
    return Declared(
        parameter.name,
        kind,
        parameter.default,
        parameter.annotation,
        parameter.comment,
        parameter.cell,
        parameter.line,
        _used(parameter.default) & (names - {parameter.name}),
        trouble,
    )


def _used(code: str) -> frozenset[str]:
    try:
        return frozenset(each.id for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Name))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
