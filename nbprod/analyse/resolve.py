"""Going through the notebook from top to bottom: who makes each name, and what each step needs of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.analyse import definitions, randomness
from nbprod.analyse.decorated import decorator_names, step_mark, undecorated
from nbprod.analyse.facts import is_definition, is_given
from nbprod.analyse.findings import ChangedAfterRead, ExplorationDraws, LostSetting, Missing, Unseeded
from nbprod.analyse.needs import Needs
from nbprod.analyse.origins import Draft, Origin, Source
from nbprod.model.graph import Definition, DefinitionKind
from nbprod.model.notebook import Mark, Role

if TYPE_CHECKING:
    from nbprod.analyse.decorated import Decorated
    from nbprod.analyse.definitions import Usage
    from nbprod.analyse.trace import ScannedCell, Statement
    from nbprod.model.record import StepSeen


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known before resolving: the cells, the decorated steps, and how names are used."""

    cells: Sequence[ScannedCell]
    decorated: Mapping[str, Decorated]
    used: Usage
    makers: Mapping[str, tuple[int, ...]]
    skipped: Mapping[str, int]
    by_index: Mapping[int, ScannedCell]

    def lines_of(self, cell: int) -> list[str]:
        """Return the lines of a cell."""
        return self.by_index[cell].lines

    @property
    def calls(self) -> dict[int, Decorated]:
        """The decorated steps by the identity of the statement that calls them."""
        return {id(each.call): each for each in self.decorated.values() if each.call is not None}


@dataclass(slots=True)
class Resolver:
    """Goes through the statements in order; `seen` is what a fresh record saw of steps."""

    plan: Plan
    seen: Mapping[str, StepSeen]
    needs: Needs
    constants: set[int] = field(default_factory=set)
    tests: list[Draft] = field(default_factory=list)
    seeds: dict[str, tuple[int, Statement]] = field(default_factory=dict)
    settings: list[tuple[int, Statement]] = field(default_factory=list)
    explored: dict[str, tuple[int, int]] = field(default_factory=dict)
    remaining: dict[str, int] = field(default_factory=dict)
    calls: dict[int, Decorated] = field(default_factory=dict)

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

    # Steps

    def step_cell(self, scanned: ScannedCell) -> None:
        """One cell of a step made of cells."""
        cell, mark = scanned.cell, scanned.cell.mark
        assert mark is not None
        draft = self.needs.drafts.get(mark.step)
        if draft is None:
            draft = self.needs.drafts[mark.step] = Draft(mark.step, mark)
            self.begin(draft, scanned)
        draft.mark = joined(draft.mark, mark) if draft.cells else mark
        draft.cells.append(cell.index)
        for statement in scanned.statements:
            self.step_statement(draft, scanned, statement)
        self.remaining[mark.step] -= 1
        if not self.remaining[mark.step]:
            self.finish(draft, cell.index)

    def begin(self, draft: Draft, scanned: ScannedCell) -> None:
        """Before a step's first statement: the settings that it repeats, and the draws that only the record knows."""
        draft.seeds = [self.source(at, statement) for at, statement in self.seeds.values()]
        for at, statement in self.settings:
            draft.before.append((at, statement))
            self.read(draft, at, statement)
        seen = self.seen.get(draft.name)
        for lib in seen.draws if seen else ():
            if lib in randomness.STATES:
                self.draw(draft, lib, scanned.cell.index, 1)

    def source(self, at: int, statement: Statement) -> str:
        """Return the text of a statement of that cell."""
        return definitions.source_of(statement, self.plan.lines_of(at), comments=False)

    def step_statement(self, draft: Draft, scanned: ScannedCell, statement: Statement) -> None:
        """One statement of a step."""
        cell = scanned.cell.index
        draft.is_async |= statement.trace.awaits
        if statement.trace.pyplot:
            draft.pyplot_cells.add(cell)
        self.randomness(draft, cell, statement)
        self.read(draft, cell, statement)
        if is_definition(statement):
            self.define(scanned, statement, draft.name)
            draft.writes.update(dict.fromkeys(statement.trace.binds, True))
        else:
            for name, surely in statement.trace.binds.items():
                self.make(draft, name, cell, statement.line, surely=surely)
        self.change(draft, cell, statement)
        for name in statement.trace.deletes:
            self.needs.current.pop(name, None)
        self.star(scanned, statement)

    def read(self, draft: Draft, cell: int, statement: Statement) -> None:
        """Resolve what a statement reads."""
        for name, read in statement.trace.reads.items():
            soft = read.soft or (read.late and self.is_bound_below(name, cell))
            self.needs.need(draft, name, cell, read.line, soft=soft)
        for name in sorted(statement.trace.late):
            known = self.needs.current.get(name)
            if known is not None:
                self.needs.need(draft, name, cell, statement.line, soft=True)

    def is_bound_below(self, name: str, cell: int) -> bool:
        """Whether the notebook binds a name in or below a cell."""
        return self.plan.makers.get(name, (-1,))[-1] >= cell

    def make(self, draft: Draft, name: str, cell: int, line: int, *, surely: bool) -> None:
        """A step binds a name."""
        old = self.needs.current.get(name)
        prior = None if surely else prior_of(old, draft.name)
        self.write(draft, name, Origin(Source.STEP, cell, line, draft.name, prior=prior))
        draft.writes[name] = surely or draft.writes.get(name, False)

    def write(self, draft: Draft, name: str, origin: Origin) -> None:
        """A step is the last writer of a name; who has read an earlier version of it should have waited."""
        for reader, place in self.needs.readers.get((draft.name, name), ()):
            self.needs.find(ChangedAfterRead(draft.name, name, origin.cell, origin.line, reader, place))
        self.needs.current[name] = origin

    def change(self, draft: Draft, cell: int, statement: Statement) -> None:
        """A step changes objects in place, under each name that reaches them."""
        seen = self.seen.get(draft.name)
        for name in (*statement.trace.mutates, *sorted(statement.trace.touches)):
            old = self.needs.current.get(name)
            if old is None or old.source is Source.DEFINITION or name in statement.trace.deletes:
                continue
            own = old.step == draft.name and old.source is Source.STEP
            if not own and seen is not None and name not in seen.changed:
                continue
            if not own:
                draft.mutates.add(name)
            origin = Origin(Source.STEP, cell, statement.line, draft.name, prior=prior_of(old, draft.name))
            self.write(draft, name, origin)
            draft.writes.setdefault(name, False)

    def finish(self, draft: Draft, cell: int) -> None:
        """After a step's last statement: what only the record knows to have changed."""
        seen = self.seen.get(draft.name)
        for name in seen.changed if seen else ():
            old = self.needs.current.get(name)
            if old is not None and name not in draft.writes and old.source in {Source.STEP, Source.PARAMETER}:
                draft.mutates.add(name)
                origin = Origin(Source.STEP, cell, 1, draft.name, prior=prior_of(old, draft.name))
                self.write(draft, name, origin)
                draft.writes.setdefault(name, False)

    # Random states

    def randomness(self, draft: Draft, cell: int, statement: Statement) -> None:
        """A step's draws from the global random states, and its seeding of them."""
        for lib, line in statement.trace.draws.items():
            self.draw(draft, lib, cell, line)
        for lib, line in statement.trace.seeds.items():
            self.seeds.pop(lib, None)
            self.explored.pop(lib, None)
            self.make(draft, randomness.STATES[lib], cell, line, surely=True)

    def draw(self, draft: Draft, lib: str, cell: int, line: int) -> None:
        """A step draws: it takes the state and hands it on."""
        state = randomness.STATES[lib]
        old = self.needs.current.get(state)
        if lib in self.seeds:
            at, statement = self.seeds.pop(lib)
            if (at, statement) not in draft.before:
                draft.before.append((at, statement))
                self.read(draft, at, statement)
        elif old is None:
            self.needs.find(Unseeded(draft.name, lib, cell, line))
            return
        elif old.step != draft.name:
            self.needs.need(draft, state, cell, line)
        if lib in self.explored:
            at, of = self.explored.pop(lib)
            self.needs.find(ExplorationDraws(at, of, lib, f"step '{old.step}'" if old else "the seeding", draft.name))
        self.make(draft, state, cell, line, surely=True)

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
        names = () if step or is_parameters else self.constants_of(statement)
        if names:
            self.constants.add(id(statement))
        if not names and not is_definition(statement):
            return
        made = definitions.definitions(statement, scanned.lines, scanned.cell.index, names)
        for name, definition in made.items():
            if step_mark(statement.node) is not None:
                definition = self.without_mark(definition, scanned, statement)  # noqa: PLW2901
            origin = Origin(Source.DEFINITION, definition.cell, definition.line, step, definition)
            self.needs.current[name] = origin

    @staticmethod
    def without_mark(definition: Definition, scanned: ScannedCell, statement: Statement) -> Definition:
        """Return a decorated step as a plain function, for steps that call it themselves."""
        return Definition(
            name=definition.name,
            kind=definition.kind,
            cell=definition.cell,
            line=definition.line,
            source=undecorated(statement, scanned.lines),
            reads=definition.reads - decorator_names(statement.node),
            writes=definition.writes,
        )

    def constants_of(self, statement: Statement) -> tuple[str, ...]:
        """Return the names that a statement makes constants."""
        reads = statement.trace.reads
        current = self.needs.current
        known = {name for name in reads if name in current and is_steady(current[name])}
        return definitions.constants(statement, self.plan.used, frozenset(known))

    def star(self, scanned: ScannedCell, statement: Statement) -> None:
        """`from module import *`."""
        for module in statement.trace.stars:
            source = f"from {module} import *"
            line = statement.line
            self.needs.stars.append(Definition("*", DefinitionKind.IMPORT, scanned.cell.index, line, source))

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
        if trace.settings:
            self.set_up(cell, statement)
        is_parameters = scanned.cell.role is Role.PARAMETERS
        for name in trace.binds:
            origin = Origin(Source.LOOSE, cell, statement.line, prior=step_prior(current.get(name)))
            current[name] = Origin(Source.PARAMETER, cell, statement.line) if is_parameters else origin
        for name in (*trace.mutates, *trace.touches):
            old = current.get(name)
            if old is not None and old.source in {Source.STEP, Source.PARAMETER} and not is_parameters:
                how = "changed"
                current[name] = Origin(Source.LOOSE, cell, statement.line, prior=step_prior(old), how=how)
        for name in trace.deletes:
            current.pop(name, None)

    def set_up(self, cell: int, statement: Statement) -> None:
        """Global state that an unmarked cell sets is set again by each step below."""
        what = next(iter(statement.trace.settings))
        origins = [self.needs.current.get(name) for name in statement.trace.reads]
        if all(each is None or is_steady(each) for each in origins) and not statement.trace.binds:
            self.settings.append((cell, statement))
        else:
            self.needs.find(LostSetting(cell, statement.line, what))

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
        for name in sorted(function.free_names):
            origin = self.needs.current.get(name)
            if origin is not None and origin.source in {Source.STEP, Source.PARAMETER}:
                self.needs.find(function.unclear(f"it reads '{name}', which is not among its arguments"))
            self.needs.need(draft, name, cell, line)


def is_steady(origin: Origin) -> bool:
    """Whether a name is a definition or a parameter."""
    return origin.source in {Source.DEFINITION, Source.PARAMETER}


def prior_of(old: Origin | None, step: str) -> Origin | None:
    """Return where the value comes from that shows through what the step writes."""
    return old.prior if old is not None and old.source is Source.STEP and old.step == step else old


def step_prior(old: Origin | None) -> Origin | None:
    """Return the step's value that an unmarked cell replaces or changes."""
    if old is None or old.source is Source.STEP:
        return old
    return old.prior if old.source is Source.LOOSE else None


def joined(first: Mark, second: Mark) -> Mark:
    """Return one mark for the cells of one step: what any of them declares."""
    parts = [(getattr(first, option), getattr(second, option)) for option in ("outs", "metrics", "plots")]
    return Mark(first.step, *(tuple(dict.fromkeys((*mine, *yours))) for mine, yours in parts))
