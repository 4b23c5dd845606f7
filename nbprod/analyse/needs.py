"""Tying what a step reads to its last writer: an input, a parameter, or a definition that travels with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nbprod.analyse.definitions import additions
from nbprod.analyse.facts import is_given, is_history
from nbprod.analyse.findings import (
    ChangedAfterRead,
    ChangedOutside,
    Finding,
    LostSetting,
    Missing,
    NotebookOnly,
    Unmade,
)
from nbprod.analyse.origins import Draft, Origin, Source, key_of
from nbprod.model.graph import Definition, DefinitionKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbprod.analyse.trace import Statement


class Need(NamedTuple):
    """A name that a step reads, where, and where its value comes from.

    `late`: it is read by a function that is only defined there, so that what it uses may be made further down.
    `perhaps`: it is read by a method, which may never be called, or on a branch that may never be taken.
    """

    draft: Draft
    name: str
    origin: Origin | None
    cell: int
    line: int
    soft: bool = False
    late: bool = False
    perhaps: bool = False


@dataclass(slots=True)
class Needs:
    """Where every name comes from at the point reached, and the steps as far as they are known."""

    makers: Mapping[str, tuple[int, ...]]  # name → all cells that bind it
    skipped: Mapping[str, int]  # name → a skipped cell that binds it
    star_names: Mapping[str, tuple[str, ...]]
    drafts: dict[str, Draft] = field(default_factory=dict)
    current: dict[str, Origin] = field(default_factory=dict)
    stars: list[Definition] = field(default_factory=list)
    readers: dict[tuple[str, str], list[tuple[str, int]]] = field(default_factory=dict)
    strayed: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # cell, line and step that changed it last
    findings: dict[Finding, None] = field(default_factory=dict)

    def find(self, finding: Finding) -> None:
        """Keep what was found wrong, once."""
        self.findings.setdefault(finding)

    def change_definition(self, name: str, statement: Statement, cell: int, step: str = "") -> None:
        """A class or function of the notebook is changed, in a way that can't be repeated wherever that goes."""
        old = self.current.get(name)
        if old is not None and old.is_written_out and name not in additions(statement):
            self.strayed[name] = (cell, statement.line, step)

    def need(
        self,
        draft: Draft,
        name: str,
        cell: int,
        line: int,
        *,
        soft: bool = False,
        late: bool = False,
        perhaps: bool = False,
    ) -> None:
        """Resolve a name that a step reads at this point, and all that follows from it."""
        draft.reads.add(name)
        pending = [Need(draft, name, self.current.get(name), cell, line, soft, late, perhaps)]
        while pending:
            pending += self.settle(pending.pop())

    def settle(self, need: Need) -> Iterator[Need]:
        """Resolve one need, and yield those that follow from it."""
        origin = need.origin
        if origin is None:
            self.unmade(need)
        elif origin.source is Source.PARAMETER:
            need.draft.parameters.add(need.name)
        elif origin.source is Source.DEFINITION:
            yield from self.travel(need, origin)
        elif origin.source is Source.STEP:
            yield from self.feed(need, origin)
        else:
            yield from self.loose(need, origin)

    def feed(self, need: Need, origin: Origin) -> Iterator[Need]:
        """A value that a step makes."""
        draft, name, maker = need.draft, need.name, self.drafts[origin.step]
        if draft.tests:
            draft.inputs[name] = maker.name
            maker = self.drafts.get(draft.tests, maker)
            if name not in maker.writes:
                return
        elif maker is draft:
            if origin.prior is not None and name not in draft.inputs:
                yield need._replace(origin=origin.prior, soft=True)
            return
        else:
            self.connect(need, origin, maker)
        if name not in maker.outputs:
            maker.outputs.add(name)
            if origin.prior is not None and origin.step == maker.name:
                yield Need(maker, name, origin.prior, origin.cell, origin.line, soft=True)

    def connect(self, need: Need, origin: Origin, maker: Draft) -> None:
        """Make a step's value the input of another."""
        draft, name = need.draft, need.name
        before = draft.inputs.get(name)
        if before not in {None, maker.name}:
            place = draft.read_in[name]
            self.find(ChangedAfterRead(maker.name, name, origin.cell, origin.line, draft.name, place))
        draft.inputs[name] = maker.name
        draft.read_in[name] = need.cell
        self.readers.setdefault((maker.name, name), []).append((draft.name, need.cell))

    def loose(self, need: Need, origin: Origin) -> Iterator[Need]:
        """A value that an unmarked cell makes or has changed."""
        draft, name, prior = need.draft, need.name, origin.prior
        if prior is not None and prior.source is Source.STEP:
            if not (draft.tests or (prior.step == draft.name and need.soft)):
                finding = ChangedOutside(name, origin.cell, origin.line, prior.step, draft.name)
                self.find(finding)
            yield need._replace(origin=prior)
        elif draft.tests:
            self.find(Unmade(draft.tests, name, need.cell, need.line, origin.cell, origin.how, is_test=True))
        else:
            self.find(Unmade(draft.name, name, need.cell, need.line, origin.cell, origin.how))

    def travel(self, need: Need, origin: Origin) -> Iterator[Need]:
        """A definition, with all that it needs itself, at the place of the step that uses it."""
        draft, definition = need.draft, origin.definition
        assert definition is not None
        self.miss_change(need)
        if origin.step == draft.name and definition.kind is not DefinitionKind.IMPORT:
            return
        key = key_of(definition)
        if key in draft.links:
            return
        links = draft.links.setdefault(key, {})
        own_import = origin.step == draft.name
        if not own_import:
            draft.definitions[key] = definition
        if origin.prior is not None:
            yield need._replace(origin=origin.prior)
        perhaps = need.perhaps or definition.kind is DefinitionKind.CLASS
        for name in sorted(definition.reads):
            known = self.current.get(name)
            if known is not None:
                links[name] = known
            if known is not None and self.is_own_import(known, draft):
                assert known.definition is not None
                draft.definitions[key_of(known.definition)] = known.definition
            later = need._replace(late=need.late or name in definition.later)
            soft = known is None and (name in definition.soft or self.is_made_in_time(name, later))
            unsure = perhaps or name in definition.perhaps
            yield Need(draft, name, known, need.cell, need.line, soft, later.late, unsure)

    def miss_change(self, need: Need) -> None:
        """What was changed of a class or function stays in the process that changed it."""
        cell, line, step = self.strayed.get(need.name, (0, 0, need.draft.name))
        if step != need.draft.name:
            self.find(LostSetting(cell, line, f"what '{need.name}' holds"))

    def is_made_in_time(self, name: str, need: Need) -> bool:
        """Whether a function finds a name when it runs: its step or what calls it binds it, or it runs further down."""
        draft = need.draft
        if name in draft.writes or any(name in each.writes for each in draft.definitions.values()):
            return True
        return need.late and any(cell > need.cell for cell in self.makers.get(name, ()))

    @staticmethod
    def is_own_import(origin: Origin, draft: Draft) -> bool:
        """Whether a name is an import in one of the step's own cells, which a definition from outside needs too."""
        definition = origin.definition
        return definition is not None and origin.step == draft.name and definition.kind is DefinitionKind.IMPORT

    def unmade(self, need: Need) -> None:
        """Nothing above makes the name."""
        draft, name = need.draft, need.name
        if not need.soft and (is_history(name) or name == "get_ipython"):
            self.find(NotebookOnly(draft.tests or draft.name, name, need.cell, need.line))
        if self.take_from_star(need) or is_given(name) or need.soft:
            return
        later = [cell for cell in self.makers.get(name, ()) if cell > need.cell]
        if name in self.skipped and not later:
            self.find(Unmade(draft.name, name, need.cell, need.line, self.skipped[name], "assigned"))
            return
        reader = draft.tests or draft.name
        self.find(Missing(reader, name, need.cell, need.line, later[0] if later else None, perhaps=need.perhaps))

    def take_from_star(self, need: Need) -> bool:
        """Attribute a name to the star imports that may bring it: to the last that does, where a record knows."""
        found = False
        for star in reversed(self.stars):
            module = star.source.split()[1]
            names = self.star_names.get(module)
            if names is not None and need.name in names:
                source = f"from {module} import {need.name}"
                one = Definition(need.name, DefinitionKind.IMPORT, star.cell, star.line, source)
                need.draft.definitions[key_of(one)] = one
                return True
            if names is None and not is_given(need.name):
                need.draft.definitions[key_of(star)] = star
                found = True
        return found
