"""From a diagnostic of the marked notebook to segments that do not have it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING

from nbprod.model.diagnostic import unplaced
from nbprod.model.faults import FAULTS
from nbprod.suggest.flow import is_among
from nbprod.suggest.segments import Segments, joined
from nbprod.suggest.suggestion import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.suggest.flow import Flow

HELD = "what '"  # how the state of a class or function is spoken of: its cell is work, while settings may stay outside


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, what its words speak of, and the flow of the notebook that has it."""

    flow: Flow
    fault: Diagnostic
    told: dict[str, str]

    @property
    def name(self) -> str:
        """The value, or the step, that it is about."""
        return self.told.get("name", "")

    @property
    def step(self) -> str:
        """The step that it is about."""
        return self.told.get("step", "")


def repaired(segments: Segments, flow: Flow, fault: Diagnostic) -> Segments:
    """Return the segments without the fault; the same segments if marks can't cure it."""
    repair = _REPAIRS.get(fault.code)
    return repair(segments, Case(flow, fault, fields(fault))) if repair else segments


def fields(fault: Diagnostic) -> dict[str, str]:
    """Return what a diagnostic's message and hint speak of, by the names in their templates.

    >>> from nbprod.model.faults import FAULTS
    >>> found = FAULTS["NB203"].at(9, 2, step="score", name="test", how="assigned", maker=7, near="step 'split'")
    >>> fields(found)["name"], fields(found)["maker"]
    ('test', '7')
    """
    known = FAULTS[fault.code]
    texts = (known.message, fault.message), (known.hint, fault.hint)
    found: dict[str, str] = {}
    for template, text in texts:
        match = _pattern(template.strip()).fullmatch(unplaced(text))
        found |= match.groupdict() if match else {}
    return found


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    for literal, name, *_ in Formatter().parse(template):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)


def step_of(segments: Segments, name: str) -> Segment | None:
    """Return the segment of that name."""
    return next((each for each in segments if each.name == name), None)


def absorbed(segments: Segments, flow: Flow, cell: int, why: str) -> Segments:
    """Return the segments with a cell taken into the one that it stands in, or next to."""
    if cell in flow.closed or _in_steps(segments, cell):
        return segments
    before = [at for at, each in enumerate(segments) if each.cells[0] < cell]
    after = [at for at, each in enumerate(segments) if each.cells[-1] > cell]
    if not before and not after:
        return (Segment((cell,), why=(why,)),)
    stands_inside = before and after and before[-1] >= after[0]
    follows = stands_inside or not after or (before and flow.between(segments[before[-1]].cells, (cell,)))
    at = before[-1] if follows else after[0]
    home = segments[at]
    grown = replace(home, cells=tuple(sorted((*home.cells, cell))), why=(*home.why, why))
    return (*segments[:at], grown, *segments[at + 1 :])


def _absorb_maker(segments: Segments, case: Case) -> Segments:
    if not case.told.get("maker", "").isdigit():
        return segments
    why = f"cell {case.told['maker']} makes '{case.name}', which is needed"
    return absorbed(segments, case.flow, int(case.told["maker"]), why)


def _absorb_place(segments: Segments, case: Case) -> Segments:
    if case.fault.cell is None:
        return segments
    does = f"changes '{case.name}'" if case.name else "draws random numbers"
    return absorbed(segments, case.flow, case.fault.cell, f"cell {case.fault.cell} {does}")


def _absorb_writer(segments: Segments, case: Case) -> Segments:
    if not case.told.get("writer", "").isdigit():
        return segments
    writer = int(case.told["writer"])
    return absorbed(segments, case.flow, writer, f"cell {writer} writes {case.told['file']}, which is read")


def _join_writers(segments: Segments, case: Case) -> Segments:
    """Two steps that write one file, and what reads it in between, are one step."""
    homes = [step_of(segments, case.step), step_of(segments, case.told.get("maker", ""))]
    cells = [cell for each in homes if each is not None for cell in each.cells]
    return joined(segments, (min(cells), max(cells)), f"they write {case.told['file']}") if all(homes) else segments


def _join_cycle(segments: Segments, case: Case) -> Segments:
    names = set(re.findall(r"'([^']+)'", case.told.get("path", case.fault.message)))
    cells = [cell for each in segments if each.name in names for cell in each.cells]
    return joined(segments, (min(cells), max(cells)), "they need each other") if cells else segments


def _join_change(segments: Segments, case: Case) -> Segments:
    if case.fault.cell is None or not case.told.get("place", "").isdigit():
        return segments
    return joined(segments, (int(case.told["place"]), case.fault.cell), f"'{case.name}' changes after it was read")


def _join_unstorable(segments: Segments, case: Case) -> Segments:
    why = f"'{case.name}' can't be stored, so it must not cross"
    return kept_inside(segments, case.flow, case.step, case.name, why)


def kept_inside(segments: Segments, flow: Flow, step: str, name: str, why: str) -> Segments:
    """Return the segments so that a value leaves its step no more: no result, and its readers are in the same step."""
    home = step_of(segments, step)
    if home is None:
        return segments
    if name in home.outs:
        segments = tuple(_without(each, name) if each is home else each for each in segments)
    readers = [link.reader for link in flow.links if link.name == name and is_among(link.maker, home.cells)]
    outside = [each for each in readers if not is_among(each, home.cells) and _in_steps(segments, each)]
    if outside:
        return joined(segments, (home.cells[0], max(outside)), why)
    return segments if name in home.outs else _join_with_next(segments, home, why)


def _join_with_next(segments: Segments, home: Segment, why: str) -> Segments:
    """Join with the step below: somebody there needs the value in a way that the cells don't show."""
    below = [each for each in segments if each.cells[0] > home.cells[-1]]
    return joined(segments, (home.cells[0], below[0].cells[0]), why) if below else segments


def without_results(segments: Segments, results: Sequence[tuple[str, str]]) -> Segments:
    """Return the segments without some of their results, by step and name."""
    for step, name in results:
        segments = tuple(_without(each, name) if each.name == step else each for each in segments)
    return segments


def _in_steps(segments: Segments, cell: int) -> bool:
    return any(is_among(cell, each.cells) for each in segments)


def _without(segment: Segment, name: str) -> Segment:
    return replace(segment, outs=tuple(each for each in segment.outs if each != name))


def _drop_result(segments: Segments, case: Case) -> Segments:
    return without_results(segments, [(case.step, case.name)])


def _join_below(segments: Segments, case: Case) -> Segments:
    """What a step sets that no other can set again lasts as long as its process: all below belongs to it."""
    cell = case.fault.cell
    why = f"cell {cell} sets what no other process can set again"
    if cell is None or (not _in_steps(segments, cell) and not case.told.get("what", "").startswith(HELD)):
        return segments
    held = absorbed(segments, case.flow, cell, why)
    return joined(held, (cell, held[-1].cells[-1]), why) if _in_steps(held, cell) else segments


def _rename(segments: Segments, case: Case) -> Segments:
    name = case.name
    return tuple(replace(each, name=f"{name}_step") if each.name == name else each for each in segments)


_REPAIRS: dict[str, Callable[[Segments, Case], Segments]] = {
    "NB202": _rename,
    "NB203": _absorb_maker,
    "NB204": _absorb_place,
    "NB205": _join_cycle,
    "NB208": _join_change,
    "NB209": _drop_result,
    "NB213": _rename,
    "NB301": _join_unstorable,
    "NB304": _join_below,
    "NB307": _drop_result,
    "NB308": _absorb_place,
    "NB310": _absorb_writer,
    "NB311": _join_writers,
}
