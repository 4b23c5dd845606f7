"""Rules about names: what no step makes, what changes where it should not, what does not exist."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from nbprod.analyse.findings import ChangedAfterRead, ChangedOutside, Missing, NotebookOnly, Unmade
from nbprod.analyse.rules.subject import did_you_mean
from nbprod.analyse.strings import WORD
from nbprod.model.diagnostic import Severity
from nbprod.model.faults import (
    CHANGED_AFTER_READ,
    CHANGED_OUTSIDE,
    CYCLE,
    HIDDEN_STATE,
    NOTEBOOK_NAME,
    UNDEFINED_NAME,
    UNMADE_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.rules.subject import Subject
    from nbprod.model.diagnostic import Diagnostic

MANY_NAMES = 100  # a typing error is not looked for in more: it takes a look at all that the notebook binds


class UnmadeNames:
    """A step or test reads what an unmarked cell makes."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each such name of a step."""
        for each in subject.findings(Unmade):
            yield UNMADE_NAME.at(
                each.cell,
                each.line,
                may_raise=each.maker in subject.raising,
                step=each.step,
                name=each.name,
                how=each.how,
                maker=each.maker,
                near=subject.near(each.maker),
            )


class ChangesOutside:
    """An unmarked cell changes a step's value that a later step reads."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each change."""
        for each in subject.findings(ChangedOutside):
            reader = "needs below" if each.reader == each.maker else f"step '{each.reader}' reads"
            yield CHANGED_OUTSIDE.at(
                each.changer,
                each.line,
                may_raise=each.changer in subject.raising,
                name=each.name,
                maker=each.maker,
                reader=reader,
                changer=each.changer,
            )


class Cycles:
    """Two steps need each other."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for the first cycle."""
        if subject.cycle:
            step = next(each for each in subject.steps if each.name == subject.cycle[0])
            path = " → ".join(f"'{name}'" for name in subject.cycle)
            yield CYCLE.at(step.cells[0], 1, path=path)


class MissingNames:
    """A name that nothing above makes: hidden state if something below does, else undefined."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each name and reader."""
        unparsed = {
            word for each in subject.resolver.plan.cells if each.is_broken for word in WORD.findall(each.cell.source)
        }
        missing = [each for each in subject.findings(Missing) if each.name not in unparsed]
        unknown = dict.fromkeys(each.name for each in missing if each.maker is None)
        nearest = {name: did_you_mean(name, subject.names) for name in islice(unknown, MANY_NAMES)}
        for each in missing:
            yield self.said(each, nearest.get(each.name, ""))

    @staticmethod
    def said(missing: Missing, nearest: str) -> Diagnostic:
        """Return the diagnostic of one missing name."""
        cell, line, name = missing.cell, missing.line, missing.name
        # What a cell outside of the steps lacks stops the notebook's run, but is not missing from the pipeline. What
        # a method or a branch lacks shows when it runs: a run decides.
        severity = None if missing.step and not missing.perhaps else Severity.WARNING
        reader = f"step '{missing.step}'" if missing.step else f"cell {cell}"
        if missing.maker is None:
            return UNDEFINED_NAME.at(cell, line, severity=severity, reader=reader, name=name, nearest=nearest)
        return HIDDEN_STATE.at(cell, line, severity=severity, reader=reader, name=name, maker=missing.maker, place=cell)


class NotebookNames:
    """A step reads what only IPython has."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each name and step."""
        for each in subject.findings(NotebookOnly):
            what = "the notebook's own shell" if each.name == "get_ipython" else "what IPython keeps of earlier cells"
            yield NOTEBOOK_NAME.at(each.cell, each.line, step=each.step, name=each.name, what=what)


class ChangesAfterRead:
    """A step of several cells changes a name after another step has read it."""

    def find(self, subject: Subject) -> Iterator[Diagnostic]:
        """Yield one diagnostic for each name and reading, at the first change below it."""
        for each in subject.findings(ChangedAfterRead):
            yield CHANGED_AFTER_READ.at(
                each.changer,
                each.line,
                maker=each.maker,
                name=each.name,
                changer=each.changer,
                reader=each.reader,
                place=each.place,
            )
