"""What a notebook's names stand for, cell after cell: objects, functions and imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.analyse.knowledge import BUILTINS, CONVENTIONS
from nbprod.analyse.places import Place, owned

if TYPE_CHECKING:
    from nbprod.analyse.places import Value
    from nbprod.analyse.trace import FunctionFacts


@dataclass(frozen=True, slots=True)
class Effects:
    """What using a function does, with all that it calls: names of the notebook and of its own arguments."""

    reads: frozenset[str]
    binds: frozenset[str]
    mutates: frozenset[str]
    mutates_arguments: frozenset[str]
    draws: frozenset[str]
    seeds: frozenset[str]
    settings: frozenset[str]
    pyplot: bool


@dataclass(slots=True)
class World:
    """The names of the notebook's module as they stand at one point of a run from top to bottom."""

    places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    functions: dict[str, tuple[FunctionFacts, ...]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    future_annotations: bool = False
    _effects: dict[str, Effects] = field(default_factory=dict)

    def bind(self, name: str, value: Value, *, surely: bool) -> None:
        """Bind a name to a value; on some branch only, it may stand for what it was as well."""
        new = owned(value)
        old = self.places.get(name, ())
        if surely:
            for place in old:
                place.names.discard(name)
            self.forget(name)
        else:
            new = (*old, *(place for place in new if place not in old))
        self.places[name] = new
        for place in new:
            place.names.add(name)

    def bind_import(self, name: str, dotted: str) -> None:
        """Bind a name to a module or to what an import takes from one."""
        self.unbind(name)
        self.imports[name] = dotted

    def bind_function(self, name: str, facts: tuple[FunctionFacts, ...], *, surely: bool) -> None:
        """Bind a name to a function, lambda or class of the notebook."""
        before = () if surely else self.functions.get(name, ())
        self.bind(name, None, surely=surely)
        self.functions[name] = (*before, *facts)
        self._effects.clear()

    def hold_functions(self, name: str, facts: tuple[FunctionFacts, ...]) -> None:
        """Note that the value of that name is, or holds, functions."""
        self.functions[name] = facts
        self._effects.clear()

    def unbind(self, name: str) -> None:
        """Take a name away."""
        for place in self.places.pop(name, ()):
            place.names.discard(name)
        self.forget(name)

    def forget(self, name: str) -> None:
        """Forget that a name stands for a function or an import."""
        self.imports.pop(name, None)
        if self.functions.pop(name, None):
            self._effects.clear()

    def value(self, name: str) -> tuple[Place, ...] | None:
        """Return the places that a name stands for; None for an import or a builtin."""
        if name in self.imports or (name in BUILTINS and name not in self.places):
            return None
        if name not in self.places:
            self.bind(name, None, surely=True)
        return self.places[name]

    def dotted(self, name: str) -> str:
        """Return what an imported name stands for, by convention where nothing has bound it; else ""."""
        if name in self.imports:
            return self.imports[name]
        return "" if name in self.places else CONVENTIONS.get(name, "")

    def effects(self, name: str) -> Effects:
        """Return what using the function of that name does."""
        if name not in self._effects:
            self._effects[name] = self._closure(name)
        return self._effects[name]

    def _closure(self, name: str) -> Effects:
        reached = self._reachable(name)
        every = [facts for each in reached for facts in self.functions.get(each, ())]
        return Effects(
            reads=frozenset(read for facts in every for read in facts.reads),
            binds=frozenset(bind for facts in every for bind in facts.binds),
            mutates=frozenset(self._changed_globals(every)),
            mutates_arguments=self._changed_arguments(name, frozenset()),
            draws=frozenset(draw for facts in every for draw in facts.draws),
            seeds=frozenset(seed for facts in every for seed in facts.seeds),
            settings=frozenset(each for facts in every for each in facts.settings),
            pyplot=any(facts.pyplot for facts in every),
        )

    def _reachable(self, name: str) -> tuple[str, ...]:
        seen = {name: None}
        pending = [name]
        while pending:
            for facts in self.functions.get(pending.pop(), ()):
                new = [read for read in facts.reads if read in self.functions and read not in seen]
                seen.update(dict.fromkeys(new))
                pending += new
        return tuple(seen)

    def _changed_globals(self, every: list[FunctionFacts]) -> set[str]:
        changed = {name for facts in every for name in facts.mutates}
        for facts in every:
            for call in facts.calls:
                labels = self._passed_on(call.callee, call.passed, frozenset())
                changed |= {name for kind, name in labels if kind == "global"}
        return changed

    def _passed_on(
        self,
        callee: str,
        passed: tuple[tuple[int | str, frozenset[tuple[str, str]]], ...],
        above: frozenset[str],
    ) -> set[tuple[str, str]]:
        """Return the labels of those objects, among the passed, that the callee changes."""
        changed = self._changed_arguments(callee, above)
        found: set[tuple[str, str]] = set()
        for facts in self.functions.get(callee, ()):
            for at, labels in passed:
                if argument_at(facts, at) in changed:
                    found |= labels
        return found

    def _changed_arguments(self, name: str, above: frozenset[str]) -> frozenset[str]:
        if name in above:
            return frozenset()
        changed: set[str] = set()
        for facts in self.functions.get(name, ()):
            changed |= facts.mutates_arguments
            for call in facts.calls:
                labels = self._passed_on(call.callee, call.passed, above | {name})
                changed |= {argument for kind, argument in labels if kind == "argument"}
        return frozenset(changed)


def argument_at(facts: FunctionFacts, at: int | str) -> str:
    """Return the name of the argument that a position or keyword feeds; "" if there is none."""
    arguments = facts.arguments
    if facts.is_class and "__init__" in facts.methods:
        arguments = facts.methods["__init__"].arguments[1:]
    if isinstance(at, str):
        return at
    return arguments[at] if at < len(arguments) else ""
