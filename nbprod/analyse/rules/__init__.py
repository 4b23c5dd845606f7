"""What is wrong with a notebook, put into words: every rule is a small class that yields diagnostics of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from nbprod.analyse.rules.names import (
    ChangesAfterRead,
    ChangesOutside,
    Cycles,
    MissingNames,
    NotebookNames,
    UnmadeNames,
)
from nbprod.analyse.rules.parsing import Unparsed
from nbprod.analyse.rules.running import Draws, Secrets, Settings
from nbprod.analyse.rules.steps import (
    ComputedParameters,
    Declared,
    MarkedTwice,
    NoSteps,
    StepNames,
    UnclearCalls,
    UnknownTests,
)
from nbprod.model.diagnostic import ordered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.rules.subject import Subject
    from nbprod.model.diagnostic import Diagnostic


class Rule(Protocol):
    """Finds one kind of fault."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield its diagnostics, in any order."""


RULES: tuple[Rule, ...] = (
    Unparsed(),
    NoSteps(),
    StepNames(),
    UnmadeNames(),
    ChangesOutside(),
    Cycles(),
    MissingNames(),
    NotebookNames(),
    ChangesAfterRead(),
    Declared(),
    ComputedParameters(),
    UnknownTests(),
    UnclearCalls(),
    MarkedTwice(),
    Draws(),
    Secrets(),
    Settings(),
)


def diagnostics(subject: Subject) -> tuple[Diagnostic, ...]:
    """Return all diagnostics of the notebook, those of reading it among them, by place."""
    notebook = subject.notebook
    read = [*notebook.notes, *(fault for cell in notebook.cells for fault in cell.faults)]
    return ordered([*read, *(each for rule in RULES for each in rule.find(subject))])
