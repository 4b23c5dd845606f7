"""A fault of the user's notebook: what, where, why and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad: an error stops export, a warning does not, a hint is advice."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault. `cell` counts all cells of the notebook from 0 (None: the notebook as a whole); `line` from 1."""

    code: str
    severity: Severity
    cell: int | None
    line: int | None
    message: str
    hint: str = ""

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
