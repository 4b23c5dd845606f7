"""What a notebook's names stand for, cell after cell: objects, functions and imports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.analyse.knowledge import BUILTINS, CONVENTIONS
from nbprod.analyse.places import also, owned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.analyse.crowds import Place
    from nbprod.analyse.places import Value
    from nbprod.analyse.trace import CallSeen, FunctionFacts, Label


@dataclass(frozen=True, slots=True)
class Effects:
    """What using a function does, with all that it calls: names of the notebook and of its own arguments."""

    reads: frozenset[str]
    soft: frozenset[str]
    later: frozenset[str]  # those reads that only code does which it hands out
    surely: frozenset[str]  # those reads that don't stand on branches or in methods only, which may never run
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
    changers: dict[str, set[str]] = field(default_factory=dict)  # methods → the classes whose own state they change
    stateful: dict[str, set[str]] = field(default_factory=dict)  # such classes → those methods
    past: set[str] = field(default_factory=set)  # names that nothing below mentions
    _effects: dict[str, Effects] = field(default_factory=dict)

    def bind(self, name: str, value: Value, *, surely: bool) -> None:
        """Bind a name to a value; on some branch only, it may stand for what it was as well."""
        old = self.places.get(name, ())
        if surely:
            new = owned(value)
            for place in old:
                place.unname(name)
            self.forget(name)
        else:
            new = also(old, value)
        self.places[name] = new
        self.past.discard(name)
        for place in new:
            place.name(name)

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

    def bind_changers(self, name: str, methods: Iterable[str], bases: Iterable[str]) -> None:
        """Note the methods that change the state of the class of that name, those of its bases among them."""
        found = {*methods, *(method for base in bases for method in self.stateful.get(base, ()))}
        for method in found | self.stateful.pop(name, set()):
            classes = self.changers.setdefault(method, set())
            (classes.add if method in found else classes.discard)(name)
        if found:
            self.stateful[name] = found

    def hold_functions(self, name: str, facts: tuple[FunctionFacts, ...]) -> None:
        """Note that the value of that name is, or holds, functions."""
        self.functions[name] = tuple({id(each): each for each in facts}.values())
        self._effects.clear()

    def unbind(self, name: str) -> None:
        """Take a name away."""
        for place in self.places.pop(name, ()):
            place.unname(name)
        self.forget(name)

    def retire(self, names: Iterable[str]) -> None:
        """Note that nothing below mentions these names: who changes one of many objects need not tell them all."""
        for name in names:
            self.past.add(name)
            for place in self.places.get(name, ()):
                place.unname(name, past=True)

    def forget(self, name: str) -> None:
        """Forget that a name stands for a function or an import."""
        self.imports.pop(name, None)
        if self.functions.pop(name, None):
            self._effects.clear()

    def value(self, name: str) -> tuple[Place, ...] | None:
        """Return the places that a name stands for; None for an import, what is one by convention, or a builtin."""
        if name in self.imports or (name not in self.places and (name in BUILTINS or name in CONVENTIONS)):
            return None
        if name not in self.places:
            self.bind(name, None, surely=True)
        if name in self.past:  # somebody mentions it all the same, in a way that its text doesn't show
            self.past.discard(name)
            for place in self.places[name]:
                place.name(name)
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
        changed = self._changed_arguments(reached)
        return Effects(
            reads=frozenset(read for facts in every for read in facts.reads),
            soft=only_soft(every),
            later=only_later(self.functions.get(name, ()), every),
            surely=frozenset(read for facts in every if not facts.is_class for read in facts.reads - facts.perhaps),
            binds=frozenset(bind for facts in every for bind in facts.binds),
            mutates=frozenset(self._changed_globals(every, changed)),
            mutates_arguments=frozenset(changed[name]),
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

    def _changed_globals(self, every: list[FunctionFacts], changed: Mapping[str, set[str]]) -> set[str]:
        found = {name for facts in every for name in facts.mutates}
        for facts in every:
            for call in facts.calls:
                labels = self._passed_on(call, changed.get(call.callee, set()))
                found |= {name for kind, name in labels if kind == "global"}
        return found

    def _changed_arguments(self, reached: tuple[str, ...]) -> dict[str, set[str]]:
        """Return which of its arguments each function changes, itself or by passing them on."""
        changed: dict[str, set[str]] = {}
        callers: dict[str, list[tuple[str, CallSeen]]] = {}
        for name in reached:
            every = self.functions.get(name, ())
            changed[name] = {argument for facts in every for argument in facts.mutates_arguments}
            for facts in every:
                for call in facts.calls:
                    callers.setdefault(call.callee, []).append((name, call))
        pending = [name for name, arguments in changed.items() if arguments]
        while pending:
            callee = pending.pop()
            for caller, call in callers.get(callee, ()):
                labels = self._passed_on(call, changed[callee])
                new = {name for kind, name in labels if kind == "argument"} - changed[caller]
                if new:
                    changed[caller] |= new
                    pending.append(caller)
        return changed

    def _passed_on(self, call: CallSeen, changed: set[str]) -> set[Label]:
        """Return the labels of those objects that the call passes for the arguments which its callee changes."""
        found: set[Label] = set()
        for facts in self.functions.get(call.callee, ()) if changed else ():
            for at, labels in call.passed:
                if argument_at(facts, at) in changed:
                    found |= labels
        return found


def only_soft(every: Iterable[FunctionFacts]) -> frozenset[str]:
    """Return the names that the functions read in texts only, so that they count only if something makes them."""
    read = {name for facts in every for name in facts.reads - facts.soft}
    return frozenset(name for facts in every for name in facts.soft if name not in read)


def only_later(own: Iterable[FunctionFacts], every: Iterable[FunctionFacts]) -> frozenset[str]:
    """Return the names that a function does not read when it is called, with all that it calls, but what it returns."""
    later = frozenset(name for facts in own for name in facts.later)
    return later.difference(*(facts.reads - (facts.later & later) for facts in every))


def argument_at(facts: FunctionFacts, at: int | str) -> str:
    """Return the name of the argument that a position or keyword feeds; "" if there is none."""
    arguments = facts.arguments
    if facts.is_class and "__init__" in facts.methods:
        arguments = facts.methods["__init__"].arguments[1:]
    if isinstance(at, str):
        return at
    return arguments[at] if at < len(arguments) else ""
