"""Which names steps read later on, before they are bound anew: the rest of what shares an object need not cross."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.plan import Plan
    from nbprod.analyse.trace import ScannedCell, Statement

Use = tuple[str, bool]  # a name, and whether it is read; else it is surely bound anew


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the steps read each name or bind it anew, in the order of the notebook."""

    places: dict[int, int]  # by the identity of the statement
    uses: dict[str, list[tuple[int, bool]]]

    def is_read(self, name: str, statement: Statement) -> bool:
        """Whether a step reads the name in or below a statement, as it stands there."""
        uses = self.uses.get(name, [])
        at = bisect_left(uses, self.places[id(statement)], key=itemgetter(0))
        return at < len(uses) and uses[at][1]


def wanted(plan: Plan) -> Wanted:
    """Return where the notebook's steps and tests use names."""
    found = Wanted({}, {})
    last = {step: cells[-1].cell.index for step, cells in plan.by_step.items()}
    place = 0
    for scanned in plan.cells:
        for statement in scanned.statements if scanned.cell.role is not Role.SKIPPED else ():
            found.places[id(statement)] = place = place + 1
            for name, is_read in _uses(plan, scanned, statement):
                found.uses.setdefault(name, []).append((place, is_read))
        mark = scanned.cell.mark
        if mark is not None and last.get(mark.step) == scanned.cell.index:
            place += 1
            for each in plan.by_step[mark.step]:
                for name in _declared(each):
                    found.uses.setdefault(name, []).append((place, True))
    return found


def _uses(plan: Plan, scanned: ScannedCell, statement: Statement) -> Iterator[Use]:
    """What a statement reads, then what it binds; an unmarked one matters where it is, or calls, a step."""
    trace = statement.trace
    if scanned.cell.role in {Role.STEP, Role.TEST}:
        read = {*trace.reads, *trace.late, *trace.soft}
        yield from ((name, True) for name in read)
        yield from ((name, False) for name, surely in trace.binds.items() if surely and name not in read)
        return
    for name in (*trace.functions, *trace.reads) if plan.decorated else ():
        function = plan.decorated.get(name)
        if function is not None:
            yield from ((each, True) for each in (*function.arguments, *function.free_names, *function.names_in_texts))


def _declared(scanned: ScannedCell) -> tuple[str, ...]:
    """The results that a step keeps when it ends."""
    mark = scanned.cell.mark
    return (*mark.outs, *mark.metrics, *mark.plots) if mark is not None else ()
