"""What each cell as a whole reads and writes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.analyse.knowledge import BUILTINS, HISTORY, SHELL_NAMES
from nbprod.model.graph import CellFacts, CellKind
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.analyse.trace import Read, ScannedCell, Statement

_KINDS = {
    Role.PARAMETERS: CellKind.PARAMETERS,
    Role.STEP: CellKind.STEP,
    Role.TEST: CellKind.TEST,
    Role.SKIPPED: CellKind.SKIPPED,
}
TYPE_ALIAS = (ast.TypeAlias,) if hasattr(ast, "TypeAlias") else ()  # `type Name = …`, from Python 3.12
DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, *TYPE_ALIAS)
GIVEN = BUILTINS | SHELL_NAMES | HISTORY


def is_given(name: str) -> bool:
    """Whether Python or IPython provides the name.

    >>> is_given("len"), is_given("_12"), is_given("_rows")
    (True, True, False)
    """
    return name in GIVEN or is_history(name)


def is_history(name: str) -> bool:
    """Whether it is a name by which IPython keeps what the cells before read and showed.

    >>> is_history("_"), is_history("_i3"), is_history("Out"), is_history("_rows")
    (True, True, True, False)
    """
    return name in HISTORY or (name.startswith("_") and name.lstrip("_i").isdigit())


def cell_facts(cells: Sequence[ScannedCell], constants: frozenset[int], steps: dict[int, str]) -> tuple[CellFacts, ...]:
    """Return the facts of every code cell, in order.

    `constants` are the identities of the statements that make constants, `steps` the names of decorated steps by cell.
    """
    made: set[str] = set()
    facts: list[CellFacts] = []
    for scanned in cells:
        folded = fold(scanned.statements, made)
        cell = scanned.cell
        step = cell.mark.step if cell.mark and cell.role is Role.STEP else steps.get(cell.index)
        facts.append(
            CellFacts(
                index=cell.index,
                id=cell.id,
                kind=_kind(scanned, constants, is_step=step is not None),
                step=step,
                reads=frozenset(folded.reads),
                writes=frozenset(folded.writes),
                may_raise=cell.may_raise,
            )
        )
        if cell.role not in {Role.SKIPPED, Role.TEST}:
            made |= folded.bound.keys() | folded.changed
            made -= folded.deleted
    return tuple(facts)


def _kind(scanned: ScannedCell, constants: frozenset[int], *, is_step: bool) -> CellKind:
    cell = scanned.cell
    if scanned.is_broken and not scanned.statements:
        return CellKind.SKIPPED if cell.role is Role.SKIPPED else CellKind.UNPARSABLE
    if is_step and cell.role is Role.PLAIN:
        return CellKind.STEP
    if cell.role in _KINDS:
        return _KINDS[cell.role]
    defines = [is_definition(each) or id(each) in constants for each in scanned.statements]
    return CellKind.DEFINITIONS if defines and all(defines) else CellKind.EXPLORATION


def is_definition(statement: Statement) -> bool:
    """Whether a statement is an import, a function, a class or a type alias, or names a lambda."""
    node = statement.node
    is_lambda = isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and bool(statement.trace.binds)
    return isinstance(node, DEFINING) or is_lambda


@dataclass(slots=True)
class Folded:
    """Statements one after the other, seen from outside."""

    reads: set[str] = field(default_factory=set)
    bound: dict[str, bool] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    soft: set[str] = field(default_factory=set)

    @property
    def writes(self) -> set[str]:
        """The names that later cells can see as bound, changed or gone."""
        return (self.bound.keys() | self.changed | self.deleted) - {"*"}


def fold(statements: Sequence[Statement], made: set[str]) -> Folded:
    """Return what the statements read and write together; `made` are the names that earlier cells make."""
    folded = Folded()
    every = {name for statement in statements for name in statement.trace.binds}
    for statement in statements:
        _add(folded, statement, made, every)
    for name in folded.late | (folded.soft & made):
        unknown = name not in folded.bound and "*" not in folded.bound and not is_given(name)
        if not folded.bound.get(name) and (name in made or unknown):
            folded.reads.add(name)
    return folded


def _add(folded: Folded, statement: Statement, made: set[str], every: set[str]) -> None:
    trace = statement.trace
    starred = bool(trace.stars)
    for name, read in trace.reads.items():
        if not folded.bound.get(name) and _needs(name, read, folded, made, every):
            folded.reads.add(name)
    for name, surely in trace.binds.items():
        folded.bound[name] = surely or folded.bound.get(name, False)
        folded.deleted.discard(name)
        if not folded.bound[name] and name in made and name not in trace.loop_targets:
            folded.reads.add(name)
    for name in trace.deletes:
        folded.bound.pop(name, None)
        if name in made:
            folded.deleted.add(name)
    folded.changed |= {*trace.mutates, *trace.touches} - trace.deletes
    folded.late |= trace.late
    folded.soft |= trace.soft
    if starred:
        folded.bound.setdefault("*", True)


def _needs(name: str, read: Read, folded: Folded, made: set[str], every: set[str]) -> bool:
    if name in made:
        return True
    if read.soft or name in folded.bound or is_given(name) or "*" in folded.bound:
        return False
    return not (read.late and name in every)
