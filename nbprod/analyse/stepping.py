"""The statements of steps, in order: what they need, make, change and draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from nbprod.analyse import definitions, randomness, settings
from nbprod.analyse.facts import is_definition
from nbprod.analyse.findings import ChangedAfterRead, ChangedOutside, ExplorationDraws, LostSetting, Unseeded
from nbprod.analyse.identity import hand_on_together
from nbprod.analyse.knowledge import UNFELT
from nbprod.analyse.origins import Draft, Origin, Source
from nbprod.analyse.tables import names
from nbprod.analyse.wanted import wanted
from nbprod.model.graph import Definition, DefinitionKind
from nbprod.model.notebook import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.analyse.decorated import Decorated
    from nbprod.analyse.needs import Needs
    from nbprod.analyse.plan import Plan
    from nbprod.analyse.trace import ScannedCell, Statement
    from nbprod.analyse.wanted import Wanted
    from nbprod.model.record import StepSeen


@dataclass(slots=True)
class Stepping:
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
    tables: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # cell, line and step that made it last
    later: Wanted | None = None  # once it is asked for

    def step_cell(self, scanned: ScannedCell) -> None:
        """One cell of a step made of cells."""
        cell, mark = scanned.cell, scanned.cell.mark
        assert mark is not None
        draft = self.needs.drafts.get(mark.step)
        if draft is None:
            draft = self.needs.drafts[mark.step] = Draft(mark.step, mark)
            self.begin(draft, scanned)
        else:
            self.repeat_settings(draft)
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
        self.repeat_settings(draft)
        seen = self.seen.get(draft.name)
        unseeded = seen.unseeded if seen else ()
        for lib in seen.draws if seen else ():
            # What the step seeds itself before it draws, its statements tell.
            if lib in randomness.STATES and (lib in unseeded or self.is_seeded(lib)):
                self.draw(draft, lib, *self.where_drawn(scanned, draft.name, lib))

    def where_drawn(self, first: ScannedCell, step: str, lib: str) -> tuple[int, int]:
        """Return the cell and line that are seen to draw; the step's beginning where nothing but the record knows."""
        statements = ((each.cell.index, one) for each in self.plan.by_step.get(step, ()) for one in each.statements)
        places = ((cell, one.trace.draws[lib]) for cell, one in statements if lib in one.trace.draws)
        return next(places, (first.cell.index, 1))

    def is_seeded(self, lib: str) -> bool:
        """Whether something above has seeded a random state."""
        return lib in self.seeds or randomness.STATES[lib] in self.needs.current

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
        if statement.trace.touches:
            self.keep_together(draft, statement)
        self.read(draft, cell, statement)
        self.define(scanned, statement, draft.name)
        if is_definition(statement) or id(statement) in self.constants:
            draft.writes.update(dict.fromkeys(statement.trace.binds, True))
        else:
            for name, surely in statement.trace.binds.items():
                self.make(draft, name, cell, statement.line, surely=surely)
        self.change(draft, cell, statement)
        for name in statement.trace.deletes:
            self.needs.current.pop(name, None)
        self.star(scanned, statement)
        self.make_tables(cell, statement, draft.name)
        self.note_settings(cell, statement, draft.name)

    def make_tables(self, cell: int, statement: Statement, step: str = "") -> None:
        """Tables in DuckDB's own database last as long as the process of the step that makes them."""
        self.tables.update(dict.fromkeys(statement.trace.tables, (cell, statement.line, step)))

    def keep_together(self, draft: Draft, statement: Statement) -> None:
        """Before a statement changes an object under several names: let them come from one step."""
        if self.later is None:
            self.later = wanted(self.plan)
        is_wanted = partial(self.later.is_read, statement=statement)
        hand_on_together(self.needs, draft, self.changed_together(draft, statement), is_wanted, self.seen)

    def changed_together(self, draft: Draft, statement: Statement) -> list[str]:
        """Return the names under which a statement changes one object, as far as a record has nothing against it."""
        seen = self.seen.get(draft.name)
        names = [*statement.trace.mutates, *sorted(statement.trace.touches)]
        return [name for name in names if seen is None or not seen.saw_unchanged(name)]

    def note_settings(self, cell: int, statement: Statement, step: str = "") -> None:
        """Global state that a cell sets, itself or by a call such as `set_up()`: steps below set it again."""
        own = [*statement.trace.settings]
        by_call = sorted(statement.trace.set_ups - UNFELT) if settings.is_bare_call(statement) else []
        if not own and not by_call:
            return
        if self.is_repeatable(statement):
            self.settings.append((cell, statement))
        elif not settings.audience(statement) or (own and not step):
            self.needs.find(LostSetting(cell, statement.line, (own or by_call)[0]))

    def is_repeatable(self, statement: Statement) -> bool:
        """Whether a statement does the same in each step: it needs definitions and parameters only."""
        origins = [self.needs.current.get(name) for name in statement.trace.reads]
        steady = all(each is None or each.is_steady for each in origins)
        return steady and not statement.trace.binds and settings.is_plain(statement)

    def repeat_settings(self, draft: Draft) -> None:
        """Before a step's cell: the settings made above it, as far as they matter to the step."""
        fresh = self.settings[draft.set_up :]
        draft.set_up = len(self.settings)
        if not fresh:
            return
        nodes = [each.node for scanned in self.plan.by_step.get(draft.name, ()) for each in scanned.statements]
        nodes += [draft.function.statement.node] if draft.function else []
        mentioned = settings.words(nodes)
        for at, statement in fresh:
            own = at in draft.cells
            if not own and settings.matters(settings.audience(statement), mentioned, self.needs.current):
                draft.before.append((at, statement))
                self.read(draft, at, statement)

    def read(self, draft: Draft, cell: int, statement: Statement) -> None:
        """Resolve what a statement reads."""
        for name, read in statement.trace.reads.items():
            soft = read.soft or (read.late and self.is_bound_below(name, cell))
            self.needs.need(draft, name, cell, read.line, soft=soft, late=read.late, perhaps=read.perhaps)
        for name in sorted(statement.trace.late | statement.trace.soft):
            known = self.needs.current.get(name)
            if known is not None:
                self.needs.need(draft, name, cell, statement.line, soft=True, late=True)
        self.miss_tables(draft, statement)

    def miss_tables(self, draft: Draft, statement: Statement) -> None:
        """Tables that the statement reads, and that only the process of another step has."""
        for path in sorted(statement.trace.queried) if self.tables else ():
            if path.rpartition(".")[2] in self.needs.current:
                continue
            for table, (cell, line, maker) in self.tables.items():
                if maker != draft.name and table not in statement.trace.tables and names(path, table):
                    self.needs.find(LostSetting(cell, line, f"'{table}' in DuckDB's own database"))

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
        """A step is the last writer of a name; each earlier reader should have waited, which is told once."""
        for reader, place in self.needs.readers.pop((draft.name, name), ()):
            self.needs.find(ChangedAfterRead(draft.name, name, origin.cell, origin.line, reader, place))
        self.needs.current[name] = origin

    def change(self, draft: Draft, cell: int, statement: Statement) -> None:
        """A step changes objects in place, under each name that reaches them."""
        seen = self.seen.get(draft.name)
        for name in (*statement.trace.mutates, *sorted(statement.trace.touches)):
            old = self.needs.current.get(name)
            self.needs.change_definition(name, statement, cell, draft.name)
            if old is None or old.source is Source.DEFINITION or name in statement.trace.deletes:
                continue
            own = old.step == draft.name and old.source is Source.STEP
            if not own and seen is not None and seen.saw_unchanged(name):
                continue
            if not own:
                draft.mutates.add(name)
            if name in statement.trace.touches:
                draft.shared.add(name)
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
                draft.shared.add(name)
                origin = Origin(Source.STEP, cell, 1, draft.name, prior=prior_of(old, draft.name))
                self.write(draft, name, origin)
                draft.writes.setdefault(name, False)
        self.kept_results(draft, cell)

    def kept_results(self, draft: Draft, cell: int) -> None:
        """A result is kept when its step ends: an unmarked cell in between must not change it."""
        results = (name for names in (draft.mark.outs, draft.mark.metrics, draft.mark.plots) for name in names)
        for name in dict.fromkeys(results):
            last = self.needs.current.get(name)
            if name in draft.writes and last and last.source is Source.LOOSE and draft.cells[0] < last.cell < cell:
                self.needs.find(ChangedOutside(name, last.cell, last.line, draft.name, draft.name))

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

    def define(self, scanned: ScannedCell, statement: Statement, step: str) -> None:
        """Note the definitions that a statement makes."""
        raise NotImplementedError

    def star(self, scanned: ScannedCell, statement: Statement) -> None:
        """`from module import *`."""
        for module in statement.trace.stars:
            source = f"from {module} import *"
            line = statement.line
            self.needs.stars.append(Definition("*", DefinitionKind.IMPORT, scanned.cell.index, line, source))


def prior_of(old: Origin | None, step: str) -> Origin | None:
    """Return where the value comes from that shows through what the step writes."""
    return old.prior if old is not None and old.source is Source.STEP and old.step == step else old


def joined(first: Mark, second: Mark) -> Mark:
    """Return one mark for the cells of one step: what any of them declares."""
    parts = [(getattr(first, option), getattr(second, option)) for option in ("outs", "metrics", "plots")]
    outs, metrics, plots = (tuple(dict.fromkeys((*mine, *yours))) for mine, yours in parts)
    return Mark(first.step, outs, metrics, plots, first.figures and second.figures)
