"""A fault of the user's notebook: what, where, why and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAMED_CELL = re.compile(r"\bcell (\d+)\b(?! \(line)")
PLACED_CELL = re.compile(r"\b(cell \d+) \(line \d+\)")


class Severity(StrEnum):
    """How bad: an error stops export, a warning does not, a hint is advice."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault. `cell` counts all cells of the notebook from 0 (None: the notebook as a whole); `line` from 1.

    `file_line`: where the notebook is a text, the line of its file.
    """

    code: str
    severity: Severity
    cell: int | None
    line: int | None
    message: str
    hint: str = ""
    file_line: int | None = None

    @property
    def place(self) -> tuple[int, int, str, str]:
        """The sort key: by cell, line, then code."""
        return (-1 if self.cell is None else self.cell, self.line or 0, self.code, self.message)


def ordered(
    diagnostics: set[Diagnostic] | list[Diagnostic] | tuple[Diagnostic, ...],
) -> tuple[Diagnostic, ...]:
    """Return the diagnostics without repeats, by place in the notebook.

    >>> late = Diagnostic("NB203", Severity.ERROR, 9, 2, "step 'score' reads 'test', which no step makes")
    >>> early = Diagnostic("NB101", Severity.ERROR, 3, 1, "cell 3 is not Python")
    >>> [each.code for each in ordered([late, early, late])]
    ['NB101', 'NB203']
    """
    return tuple(sorted(set(diagnostics), key=lambda each: each.place))


def placed(diagnostics: Iterable[Diagnostic], file_lines: Sequence[int]) -> list[Diagnostic]:
    """Return the diagnostics with the lines of the notebook's file; without such lines, as they are.

    >>> late = Diagnostic("NB203", Severity.ERROR, 1, 2, "'test' is assigned in cell 0: mark it")
    >>> found = placed([late], (3, 8))[0]
    >>> found.file_line, found.message
    (9, "'test' is assigned in cell 0 (line 3): mark it")
    """
    return [_placed(each, file_lines) for each in diagnostics] if file_lines else list(diagnostics)


def unplaced(text: str) -> str:
    """Return a message or hint of `placed` as it was before.

    >>> unplaced("'test' is assigned in cell 0 (line 3): mark it")
    "'test' is assigned in cell 0: mark it"
    """
    return PLACED_CELL.sub(r"\1", text)


def _placed(each: Diagnostic, file_lines: Sequence[int]) -> Diagnostic:
    known = {cell: line for cell, line in enumerate(file_lines) if line}
    begin = known.get(each.cell) if each.cell is not None else None

    def told(text: str) -> str:
        return NAMED_CELL.sub(lambda at: f"{at[0]} (line {known[int(at[1])]})" if int(at[1]) in known else at[0], text)

    line = begin + (each.line or 1) - 1 if begin else None
    return replace(each, file_line=line, message=told(each.message), hint=told(each.hint))
