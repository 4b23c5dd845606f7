"""Rules about steps: their names, marks, parameters, tests and calls."""

from __future__ import annotations

import builtins
import keyword
from typing import TYPE_CHECKING

from nbprod.analyse.decorated import find, step_mark
from nbprod.analyse.findings import Unclear
from nbprod.analyse.parameters import computed
from nbprod.analyse.rules.subject import did_you_mean
from nbprod.model.faults import (
    BAD_STEP_NAME,
    COMPUTED_PARAMETER,
    MARKED_TWICE,
    NO_STEPS,
    TEST_OF_UNKNOWN_STEP,
    UNCLEAR_CALL,
    UNMADE_DECLARED,
)
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.rules.subject import Subject
    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.graph import Step

_OPTIONS = {"outs": "--outs", "metrics": "--metrics", "plots": "--plots"}


class NoSteps:
    """No cell is marked."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for the notebook, unless a cell that can't be read is marked."""
        marked = any(cell.role is Role.STEP for cell in subject.notebook.cells)
        if not subject.steps and not marked:
            yield NO_STEPS.at(None)


class StepNames:
    """A step's name must be a name that a function and a module can have."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each bad name."""
        for step in subject.steps:
            problem = self.problem(step)
            if problem:
                suggestion = self.suggestion(step.name)
                yield BAD_STEP_NAME.at(step.cells[0], 1, name=step.name, problem=problem, suggestion=suggestion)

    @staticmethod
    def problem(step: Step) -> str:
        """Return what is wrong with the name; "" if nothing is."""
        if not step.name.isidentifier():
            return "it is no Python identifier"
        if keyword.iskeyword(step.name):
            return "it is a keyword of Python"
        if step.name in dir(builtins):
            return "it is a builtin of Python"
        if any(each.kind == "import" and each.name == step.name for each in step.definitions):
            return "the step uses an import of that name"
        return ""

    @staticmethod
    def suggestion(name: str) -> str:
        """Return a name that can be used.

        >>> StepNames.suggestion("2-clean"), StepNames.suggestion("import")
        ("'step_2_clean'", "'import_step'")
        """
        word = "".join(each if each.isalnum() else "_" for each in name).strip("_") or "step"
        if word.isidentifier() and word != name:
            return f"'{word}'"
        return f"'{word}_step'" if word.isidentifier() else f"'step_{word}'"


class Declared:
    """What `--outs`, `--metrics` and `--plots` declare must be made."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each name that the step doesn't make."""
        for step in subject.steps:
            made = subject.resolver.needs.drafts[step.name].writes
            for option, text in _OPTIONS.items():
                for name in getattr(step.mark, option):
                    if name not in made:
                        nearest = did_you_mean(name, made)
                        yield UNMADE_DECLARED.at(
                            step.cells[0], 1, step=step.name, name=name, option=text, nearest=nearest
                        )


class ComputedParameters:
    """A parameter is a plain value."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each computed parameter."""
        for name, problem, cell, line in computed(subject.resolver.plan.cells):
            yield COMPUTED_PARAMETER.at(cell, line, name=name, problem=problem)


class UnknownTests:
    """`%%test` names a step."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each test of a step that doesn't exist."""
        names = [step.name for step in subject.steps]
        for draft in subject.resolver.tests:
            if draft.tests not in names:
                nearest, known = did_you_mean(draft.tests, names), ", ".join(names) or "none"
                yield TEST_OF_UNKNOWN_STEP.at(draft.cells[0], 1, name=draft.tests, nearest=nearest, steps=known)


class UnclearCalls:
    """A decorated step is called once, with its arguments' names, and its results are named."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each problem."""
        for each in subject.findings(Unclear):
            yield UNCLEAR_CALL.at(each.cell, each.line, step=each.step, problem=each.problem, call=each.call)


class MarkedTwice:
    """One name is one step."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each second mark."""
        marks = [cell.mark.step for cell in subject.notebook.cells if cell.mark and cell.role is Role.STEP]
        yield from self.inside_cells(subject)
        for name, functions in find(subject.resolver.plan.cells).items():
            again = functions if name in marks else functions[1:]
            first = "as cells" if name in marks else "as a function"
            for each in again:
                second = "as a function" if name in marks else "as a function again"
                line = each.statement.line
                yield MARKED_TWICE.at(each.cell, line, step=name, name=name, first=first, second=second)

    @staticmethod
    def inside_cells(subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each function that is marked within the cell of a step."""
        for scanned in subject.resolver.plan.cells:
            mark = scanned.cell.mark
            if mark is None or scanned.cell.role is not Role.STEP:
                continue
            for statement in scanned.statements:
                own = step_mark(statement.node)
                if own is not None:
                    first, second = "as a function", f"in a cell of step '{mark.step}'"
                    at = (scanned.cell.index, statement.line)
                    yield MARKED_TWICE.at(*at, step=own.step, name=own.step, first=first, second=second)
