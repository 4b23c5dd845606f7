"""One cell: its role from its marks, its plain Python, and what is wrong with either."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.model.diagnostic import Severity
from nbprod.model.faults import (
    INSTALL_LEFT_OUT,
    LATE_MARK,
    MALFORMED_MARK,
    NOT_PYTHON,
    OTHER_LANGUAGE_STEP,
    UNCARRIED_MAGIC,
)
from nbprod.model.notebook import Cell, Role
from nbprod.read import marks
from nbprod.read.including import as_main, with_included
from nbprod.read.magics import Known, Translation, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.notebook import Mark
    from nbprod.read.including import Included
    from nbprod.read.magics import Finding

CARRIED = {Role.STEP, Role.TEST, Role.PARAMETERS}  # cells whose code export writes down
OPTION = "#|"  # how Quarto and others begin an option, in the first lines of a cell
SHOWN = re.compile(r"(?<![\w.])display\s*\(")


def _nothing_beside(_: str) -> None:
    """No file can be had."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What cells need to be read: IPython's transformer, what is known of the notebook, and the files beside it."""

    transform: Callable[[str], str]
    known: Known
    language: str = ""  # of the kernel, if it is not Python: then nothing is translated
    has_own_display: bool = False
    beside: Callable[[str], Included | None] = _nothing_beside


@dataclass(frozen=True, slots=True)
class _Marked:
    """A cell whose mark was read: `below` is its source with the mark's line blank."""

    marking: marks.Marking
    below: str
    late: tuple[str, int] | None = None


def code_cell(index: int, identity: str, source: str, tags: Sequence[str], reading: Reading) -> Cell:
    """Return the code cell with its role, its plain Python and its faults."""
    marked = _marked(source)
    marking = marks.joined(marks.of_tags(tuple(tags)), marked.marking)
    below, included = with_included(_without_options(marked.below), reading.beside)
    if reading.language:
        body = Translation("\n" * source.count("\n"), is_python=False)
    else:
        body = translated(below, reading.transform, reading.known)
    python = as_main(body.python)
    faults = () if marking.role is Role.SKIPPED or reading.language else _faults(index, marked, marking, body)
    shows = ("from IPython.display import display",) if _shows(python, reading) else ()
    return Cell(
        index=index,
        id=identity,
        role=marking.role,
        source=source,
        tags=tuple(tags),
        mark=marking.mark,
        python=python,
        needs=tuple(dict.fromkeys((*shows, *included, *body.needs))),
        faults=faults,
    )


def _shows(python: str, reading: Reading) -> bool:
    return "display" in python and not reading.has_own_display and SHOWN.search(python) is not None


def _marked(source: str) -> _Marked:
    """Find the mark's line: the first that is not blank, or, by mistake, one further down."""
    if "%step" not in source and "%test" not in source and not source.lstrip("\n").startswith("%"):
        return _Marked(marks.Marking(), source)
    rows = source.split("\n")
    first = next((number for number, row in enumerate(rows) if row.strip()), 0)
    marking = marks.of_line(rows[first].strip(), first + 1)
    if marking:
        return _Marked(marking, _blanked(rows, first))
    mistake = marks.mistaken_line(rows[first].strip(), first + 1)
    if mistake:
        return _Marked(marks.Marking(problems=(mistake,)), _blanked(rows, first))
    return _late(source, rows, first)


def _blanked(rows: list[str], number: int) -> str:
    return "\n".join([*rows[:number], "", *rows[number + 1 :]])


def _without_options(source: str) -> str:
    r"""The source with blank lines for the options at its top, which say how a document shows the cell.

    >>> _without_options("%%time\n#| echo: false\na = 1\n#| b")
    '%%time\n\na = 1\n#| b'
    """
    if OPTION not in source:
        return source
    rows = source.split("\n")
    first = next((at for at, row in enumerate(rows) if row.strip() and not row.startswith("%%")), len(rows))
    options = list(itertools.takewhile(lambda row: row.startswith(OPTION), rows[first:]))
    below = rows[first + len(options) :]
    if below and below[0].startswith("%%"):  # no magic below comments runs
        return source
    return "\n".join([*rows[:first], *("" for _ in options), *below])


def _late(source: str, rows: list[str], first: int) -> _Marked:
    """Take a mark below the first line for the cell's, but not one inside a text."""
    if '"""' in source or "'''" in source:
        return _Marked(marks.Marking(), source)
    for number, row in enumerate(rows[first + 1 :], first + 1):
        marking = marks.of_line(row, number + 1)
        if marking:
            return _Marked(marking, _blanked(rows, number), late=(row.strip(), number + 1))
    return _Marked(marks.Marking(), source)


def _faults(index: int, marked: _Marked, marking: marks.Marking, body: Translation) -> tuple[Diagnostic, ...]:
    is_carried = marking.role in CARRIED
    faults = [_of_mark(index, problem) for problem in marking.problems]
    if marked.late:
        mark, line = marked.late
        faults.append(LATE_MARK.at(index, line, mark=mark, found=line))
    if body.fault:
        severity = Severity.ERROR if is_carried else Severity.WARNING
        faults.append(NOT_PYTHON.at(index, body.fault.line, severity=severity, problem=body.fault.problem))
    for finding in body.findings:
        found = _of_carried(index, finding, marking) if is_carried else _of_plain(index, finding)
        faults += found
    return tuple(faults)


def _of_mark(index: int, found: marks.Problem) -> Diagnostic:
    severity = Severity.ERROR if found.is_certain else Severity.WARNING
    return MALFORMED_MARK.at(index, found.line, severity=severity, problem=found.problem, cure=found.cure)


def _of_carried(index: int, finding: Finding, marking: marks.Marking) -> list[Diagnostic]:
    if finding.kind == "install":
        return [INSTALL_LEFT_OUT.at(index, finding.line, command=finding.magic)]
    if finding.kind == "language":
        where = _where(marking.role, marking.mark)
        return [OTHER_LANGUAGE_STEP.at(index, finding.line, step=where, magic=finding.magic)]
    cure = "Write in plain Python what it does, or move it to an unmarked cell."
    return [UNCARRIED_MAGIC.at(index, finding.line, magic=finding.magic, cure=cure)]


def _of_plain(index: int, finding: Finding) -> list[Diagnostic]:
    """An unmarked cell stays in the notebook: only what steps may come to miss is worth a word."""
    if finding.kind != "stateful":
        return []
    cure = "What it makes or changes does not reach the steps: import or assign in Python what they need."
    return [UNCARRIED_MAGIC.at(index, finding.line, severity=Severity.WARNING, magic=finding.magic, cure=cure)]


def _where(role: Role, mark: Mark | None) -> str:
    if mark is None:
        return "the parameters"
    return f"a test of step '{mark.step}'" if role is Role.TEST else f"step '{mark.step}'"
