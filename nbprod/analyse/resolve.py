"""Going through the notebook from top to bottom: who makes each name, and what each step needs of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbprod.analyse import definitions, randomness
from nbprod.analyse.decorated import decorator_names, step_mark, undecorated
from nbprod.analyse.facts import is_definition, is_given
from nbprod.analyse.findings import LostSetting, Missing
from nbprod.analyse.origins import Draft, Origin, Source
from nbprod.analyse.stepping import Stepping
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from nbprod.analyse.decorated import Decorated
    from nbprod.analyse.trace import ScannedCell, Statement
    from nbprod.model.graph import Definition


@dataclass(slots=True)
class Resolver(Stepping):
    """Goes through all statements in order."""

    def run(self) -> None:
        """Resolve the whole notebook."""
        self.calls = self.plan.calls
        for scanned in self.plan.cells:
            mark = scanned.cell.mark
            if mark is not None and scanned.cell.role is Role.STEP:
                self.remaining[mark.step] = self.remaining.get(mark.step, 0) + 1
        for scanned in self.plan.cells:
            self.cell(scanned)

    def cell(self, scanned: ScannedCell) -> None:
        """Resolve one cell."""
        cell = scanned.cell
        if cell.role is Role.STEP and cell.mark is not None:
            self.step_cell(scanned)
        elif cell.role is Role.TEST and cell.mark is not None:
            self.test_cell(scanned)
        elif cell.role is not Role.SKIPPED:
            for statement in scanned.statements:
                self.unmarked(scanned, statement)

    # Tests

    def test_cell(self, scanned: ScannedCell) -> None:
        """A `%%test` cell: it reads what its step makes; what it binds is its own."""
        cell, mark = scanned.cell, scanned.cell.mark
        assert mark is not None
        draft = Draft(f"%%test {mark.step} {cell.index}", mark, tests=mark.step, cells=[cell.index])
        own: set[str] = set()
        for statement in scanned.statements:
            for name, read in statement.trace.reads.items():
                if name not in own:
                    self.needs.need(draft, name, cell.index, read.line, soft=read.soft or read.late)
            own |= {name for name, surely in statement.trace.binds.items() if surely}
        self.tests.append(draft)

    # Unmarked cells and the parameters cell

    def unmarked(self, scanned: ScannedCell, statement: Statement) -> None:
        """One statement of an unmarked cell."""
        self.look_for_missing(scanned, statement)
        function = self.plan.decorated.get(next(iter(statement.trace.functions), ""))
        called = self.calls.get(id(statement))
        if called is not None:
            self.decorated_step(called, scanned, statement)
            return
        self.define(scanned, statement, "")
        self.star(scanned, statement)
        if function is not None and function.statement is statement and function.call is None:
            self.decorated_step(function, scanned, statement)
        elif not is_definition(statement):
            self.explore(scanned, statement)
        else:  # a decorator of the notebook may register what it decorates
            self.changed_outside(scanned, statement)

    def look_for_missing(self, scanned: ScannedCell, statement: Statement) -> None:
        """A name that nothing above makes, in a cell that is no step's."""
        cell = scanned.cell.index
        for name, read in statement.trace.reads.items():
            known = name in self.needs.current or is_given(name) or self.needs.stars
            if known or read.soft or read.via or read.late:
                continue
            below = [each for each in self.plan.makers.get(name, ()) if each > cell]
            if name not in self.plan.skipped:
                self.needs.find(Missing("", name, cell, read.line, below[0] if below else None))

    def define(self, scanned: ScannedCell, statement: Statement, step: str) -> None:
        """Imports, functions, classes and, outside of steps, constants."""
        is_parameters = scanned.cell.role is Role.PARAMETERS
        may_hold = not is_parameters and (not step or definitions.guards_definitions(statement))
        names = self.constants_of(statement) if may_hold else ()
        if names:
            self.constants.add(id(statement))
        self.add_to_definitions(scanned, statement, step)
        if not names and not is_definition(statement):
            return
        made = definitions.definitions(statement, scanned.lines, scanned.cell.index, names)
        for name, definition in made.items():
            if step_mark(statement.node) is not None:
                definition = self.without_mark(definition, scanned, statement)  # noqa: PLW2901
            old = self.needs.current.get(name)
            stays = old is not None and old.definition is not None and definitions.adds_to(definition, old.definition)
            prior = old if stays else None
            self.needs.strayed.pop(name, None)
            origin = Origin(Source.DEFINITION, definition.cell, definition.line, step, definition, prior)
            self.needs.current[name] = origin

    def add_to_definitions(self, scanned: ScannedCell, statement: Statement, step: str) -> None:
        """What is set on a class or function of the notebook goes wherever that goes."""
        added = {name: self.needs.current.get(name) for name in definitions.additions(statement)}
        known = {name: old for name, old in added.items() if old is not None and old.definition is not None}
        written = [name for name, old in known.items() if old.is_written_out]
        steady = all(each is None or each.is_steady for each in map(self.needs.current.get, statement.trace.reads))
        for name in written:
            if not step and (not steady or name in self.needs.strayed or self.is_amid(name)):
                self.needs.find(LostSetting(scanned.cell.index, statement.line, f"what '{name}' holds"))
                continue
            made = definitions.addition(statement, scanned.lines, scanned.cell.index, name)
            origin = Origin(Source.DEFINITION, made.cell, made.line, step, made, known[name])
            self.needs.current[name] = origin

    def is_amid(self, name: str) -> bool:
        """Whether a step that has used the name goes on further down: its definitions are the same all through it."""
        begun = [draft for step, draft in self.needs.drafts.items() if self.remaining.get(step)]
        return any(name in each.reads or any(name == key[2] for key in each.definitions) for each in begun)

    @staticmethod
    def without_mark(definition: Definition, scanned: ScannedCell, statement: Statement) -> Definition:
        """Return a decorated step as a plain function, for steps that call it themselves."""
        reads = definition.reads - decorator_names(statement.node)
        return replace(definition, source=undecorated(statement, scanned.lines), reads=reads)

    def constants_of(self, statement: Statement) -> tuple[str, ...]:
        """Return the names that a statement makes constants."""
        if self.plan.used.reads_what_is_set(statement.node) or self.calls_own(statement):
            return ()
        reads = statement.trace.reads
        current = self.needs.current
        steady = {name for name in reads if name in current and current[name].is_steady}
        known = {name for name in steady if name not in self.plan.used.reworked}
        return definitions.constants(statement, self.plan.used, frozenset(known))

    def calls_own(self, statement: Statement) -> bool:
        """Whether a plain statement calls what the notebook defines, be it named as a function that is known: `log`."""
        if not isinstance(statement.node, ast.Assign | ast.AnnAssign):
            return False
        calls = (each.func for each in ast.walk(statement.node) if isinstance(each, ast.Call))
        origins = (self.needs.current.get(each.id) for each in calls if isinstance(each, ast.Name))
        return any(each is not None and each.is_written_out for each in origins)

    def explore(self, scanned: ScannedCell, statement: Statement) -> None:
        """A statement that stays in the notebook."""
        cell, trace, current = scanned.cell.index, statement.trace, self.needs.current
        if id(statement) in self.constants:
            return
        for lib in trace.seeds:
            self.seeds[lib] = (cell, statement)
            self.explored.pop(lib, None)
            current.pop(randomness.STATES[lib], None)
        for lib, line in trace.draws.items():
            if lib in self.seeds or randomness.STATES[lib] in current:
                self.explored[lib] = (cell, line)
        self.note_settings(cell, statement)
        self.make_tables(cell, statement)
        is_parameters = scanned.cell.role is Role.PARAMETERS
        for name in trace.binds:
            origin = Origin(Source.LOOSE, cell, statement.line, prior=step_prior(current.get(name)))
            current[name] = Origin(Source.PARAMETER, cell, statement.line) if is_parameters else origin
        self.changed_outside(scanned, statement)
        for name in trace.deletes:
            current.pop(name, None)

    def changed_outside(self, scanned: ScannedCell, statement: Statement) -> None:
        """A statement that stays in the notebook changes what steps make."""
        cell, trace, current = scanned.cell.index, statement.trace, self.needs.current
        is_parameters = scanned.cell.role is Role.PARAMETERS
        for name in (*trace.mutates, *trace.touches):
            old = current.get(name)
            self.needs.change_definition(name, statement, cell)
            if old is not None and old.source in {Source.STEP, Source.PARAMETER} and not is_parameters:
                how = "changed"
                current[name] = Origin(Source.LOOSE, cell, statement.line, prior=step_prior(old), how=how)

    # Decorated functions

    def decorated_step(self, function: Decorated, scanned: ScannedCell, statement: Statement) -> None:
        """A function marked with `@step`, at the place of its call."""
        if function.name in self.needs.drafts:
            return
        draft = Draft(function.name, function.mark, function=function)
        self.needs.drafts[function.name] = draft
        draft.cells = sorted({function.cell, scanned.cell.index})
        self.begin(draft, scanned)
        if function.problem:
            self.needs.find(function.unclear(function.problem))
        facts = function.statement.trace.functions.get(function.name)
        if facts is not None and facts.pyplot:
            draft.pyplot_cells.add(function.cell)
        self.randomness(draft, scanned.cell.index, statement)
        self.feed_arguments(draft, function, scanned.cell.index, statement.line)
        self.feed_free_names(draft, function, scanned.cell.index, statement.line)
        for name in function.outputs:
            self.make(draft, name, scanned.cell.index, statement.line, surely=True)
        draft.outputs |= set(function.outputs)
        if statement is function.call:
            self.change(draft, scanned.cell.index, statement)
            self.lost_changes(draft, function)
        self.finish(draft, scanned.cell.index)

    def lost_changes(self, draft: Draft, function: Decorated) -> None:
        """What a decorated function changes in place is lost, unless it returns it."""
        for name in sorted(draft.mutates - set(function.outputs)):
            problem = f"it changes its argument '{name}' in place; a copy or a result of its own is needed"
            self.needs.find(function.unclear(problem))

    def feed_arguments(self, draft: Draft, function: Decorated, cell: int, line: int) -> None:
        """A decorated function's arguments are its inputs and parameters."""
        for name in function.arguments:
            if function.passed is not None and name not in function.passed:
                continue
            origin = self.needs.current.get(name)
            fed = origin is not None and origin.source is not Source.DEFINITION
            if fed or name not in function.defaults:
                self.needs.need(draft, name, cell, line)
            if origin is not None and origin.source is Source.DEFINITION and name not in function.defaults:
                problem = f"its argument '{name}' is neither a step's value nor a parameter"
                self.needs.find(function.unclear(problem))

    def feed_free_names(self, draft: Draft, function: Decorated, cell: int, line: int) -> None:
        """Definitions travel; values must be arguments."""
        for name in sorted(function.free_names | (function.names_in_texts & self.needs.current.keys())):
            origin = self.needs.current.get(name)
            if origin is not None and origin.source in {Source.STEP, Source.PARAMETER}:
                self.needs.find(function.unclear(f"it reads '{name}', which is not among its arguments"))
            self.needs.need(draft, name, cell, line)


def step_prior(old: Origin | None) -> Origin | None:
    """Return the step's value that an unmarked cell replaces or changes."""
    if old is None or old.source is Source.STEP:
        return old
    return old.prior if old.source is Source.LOOSE else None
