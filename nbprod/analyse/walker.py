"""The state of a walk over code: where it is, what it collects, and what names stand for."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from nbprod.analyse import scopes
from nbprod.analyse.crowds import Place
from nbprod.analyse.knowledge import NOT_STATE, PYPLOT, SETTERS, SETTINGS
from nbprod.analyse.places import Box, also, changed, reached
from nbprod.analyse.trace import Read, Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nbprod.analyse.places import Value
    from nbprod.analyse.scopes import Scope
    from nbprod.analyse.trace import FunctionFacts, Label
    from nbprod.analyse.world import World

    # what walks each kind of node: a method of the walker
    Handlers = Mapping[type[ast.AST], Callable[..., Value]]


class Walker:
    """Reads, binds and changes names on behalf of the code it walks.

    At the module's top, `flow` tells what the current statement has bound so far: surely (True) or on some branch
    (False). Inside functions, `depth` counts how many are open, and module names are those of whoever calls.
    """

    handlers: ClassVar[Handlers] = {}

    def __init__(self, world: World) -> None:
        self.world = world
        self.trace = Trace()
        self.scope: Scope | None = None
        self.flow: dict[str, bool] = {}
        self.branch = 0  # how many expressions around may not be evaluated
        self.alternatives = 0  # how many branches and loops are around
        self.doubts = 0  # how many branches are around that may never be taken, loops left out
        self.depth = 0
        self.lazy = False  # in an expression that is evaluated when somebody asks for it
        self.idle: ast.AST | None = None  # the expression whose result nobody uses
        self.kept = ""  # the function whose result is bound to a name as it is
        self.outer_places: dict[str, Place] = {}
        self.lambdas: dict[int, FunctionFacts] = {}  # by the identity of their nodes

    def visit(self, node: ast.AST) -> Value:
        """Walk one expression and return what it may denote."""
        raise NotImplementedError

    def walk(self, body: Sequence[ast.stmt]) -> None:
        """Walk statements in order."""
        for statement in body:
            self.visit(statement)

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind or change a target of assignment."""
        raise NotImplementedError

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Within it, code may or may not run."""
        self.branch += 1
        try:
            yield
        finally:
            self.branch -= 1

    @contextmanager
    def lazily(self) -> Iterator[None]:
        """Within it, names may be bound further down."""
        outer, self.lazy = self.lazy, True
        try:
            yield
        finally:
            self.lazy = outer

    @contextmanager
    def alternative(self) -> Iterator[None]:
        """Within it, a name that is bound may as well stand for what it was before."""
        self.alternatives += 1
        try:
            yield
        finally:
            self.alternatives -= 1

    @contextmanager
    def doubtfully(self) -> Iterator[None]:
        """Within it, a name that is missing may never be missed."""
        self.doubts += 1
        try:
            yield
        finally:
            self.doubts -= 1

    def load(self, name: str, line: int) -> Value:
        """Read a name and return what it stands for."""
        scope = scopes.owner(self.scope, name)
        if scope is not None:
            return scope.places.get(name)
        self.read(name, line, late=self.lazy)
        return self.outer_value(name) if self.depth else self.world.value(name)

    def outer_value(self, name: str) -> Value:
        """Return the place that a function reaches by the name of a global."""
        if name in self.world.imports:
            return None
        if name not in self.outer_places:
            self.outer_places[name] = Place(label=("global", name))
        return (self.outer_places[name],)

    def read(self, name: str, line: int, *, soft: bool = False, late: bool = False) -> None:
        """Note that the module's name is needed, unless the statement has bound it."""
        trace = self.trace
        if self.world.dotted(name) in PYPLOT:
            trace.pyplot = True
        if self.depth:
            if soft:
                trace.soft.add(name)
            else:
                self.note(name, Read(line, late=self.depth > 1, perhaps=self.doubts > 0))
            return
        bound = self.flow.get(name)
        if not bound:
            self.note(name, Read(line, soft=soft or bound is False, late=late, perhaps=self.doubts > 0))
        if name in self.world.functions and not soft:
            self.use_function(name, line)

    def note(self, name: str, read: Read) -> None:
        """Keep the strongest reason for which a name is read."""
        known = self.trace.reads.get(name)
        stronger = read if known is None or known[1:] > read[1:] else known
        if known is not None and stronger.perhaps and not (known.soft or read.soft):
            stronger = stronger._replace(perhaps=known.perhaps and read.perhaps)
        self.trace.reads[name] = stronger

    def use_function(self, name: str, line: int) -> None:
        """Take over what a function of the notebook does to the module when it is used here."""
        effects = self.world.effects(name)
        for each in sorted(effects.reads):
            if not self.flow.get(each):
                bound_on_the_way = self.flow.get(each) is False or each in effects.binds
                soft, late = bound_on_the_way or each in effects.soft, name == self.kept and each in effects.later
                perhaps = self.doubts > 0 or each not in effects.surely
                self.note(each, Read(line, soft=soft, via=True, late=late, perhaps=perhaps))
        for each in sorted(effects.binds):
            with self.perhaps():
                self.bind_global(each, None)
        for each in sorted(effects.mutates):
            if each not in self.world.stateful:  # else the methods that do so tell it where they are called
                self.change(self.world.value(each), line)
        for lib in sorted(effects.draws):
            self.draw(lib, line)
        self.trace.set_ups |= effects.settings
        for lib in sorted(effects.seeds):
            self.trace.seeds.setdefault(lib, line)
        self.trace.pyplot |= effects.pyplot

    def change_class(self, method: str, line: int, name: str = "") -> None:
        """Change the classes whose own state a method of that name changes: all of them, or the one of that name."""
        for each in sorted(self.world.changers.get(method, ())):
            if name in {"", each}:
                self.change(self.outer_value(each) if self.depth else self.world.value(each), line)

    def introduce(self, arguments: tuple[str, ...]) -> None:
        """Give the arguments of the function being entered their places."""
        assert self.scope is not None
        for name in arguments:
            self.scope.places[name] = (Place(label=None if self.depth else ("argument", name)),)

    def bind(self, name: str, value: Value, line: int, *, walrus: bool = False) -> None:
        """Bind a name where it belongs."""
        del line
        scope = scopes.binder(self.scope, name, walrus=walrus)
        if scope is None:
            self.bind_global(name, value)
            return
        scope.names.add(name)
        unsure = self.branch or self.alternatives
        old = scope.places.get(name, ()) if unsure else ()
        scope.places[name] = also(old, value)

    def bind_global(self, name: str, value: Value) -> None:
        """Bind a name of the module."""
        if self.depth:
            unsure = self.depth > 1 or self.branch or self.alternatives or self.trace.may_be_left
            self.trace.binds[name] = not unsure or self.trace.binds.get(name, False)
            return
        self.flow[name] = not self.branch or self.flow.get(name, False)
        self.trace.loop_targets.discard(name)
        self.trace.deletes.discard(name)
        self.world.bind(name, value, surely=not self.branch and not self.alternatives)

    def bind_module(self, name: str, dotted: str) -> None:
        """Bind a name by an import."""
        scope = scopes.binder(self.scope, name)
        if scope is not None:
            scope.names.add(name)
            scope.places.pop(name, None)
        elif not self.depth:
            self.bind_global(name, None)
            self.world.bind_import(name, dotted)
        else:
            self.trace.binds[name] = False

    def bind_facts(self, name: str, facts: FunctionFacts, line: int) -> None:
        """Bind a name by a definition of a function, lambda or class."""
        self.bind(name, None, line)
        if scopes.binder(self.scope, name) is None and not self.depth:
            self.world.bind_function(name, (facts,), surely=not self.alternatives)
            self.trace.functions[name] = facts
            self.trace.late |= facts.reads - facts.soft - {name}
            self.trace.soft |= facts.soft - {name}

    def change(self, value: Value, line: int, *, root: str = "") -> None:
        """Note that an object changes, under each name that reaches it."""
        names, labels = changed(reached(value))
        if self.depth:
            self.trace.mutates.update({name: line for kind, name in labels if kind == "global"})
            self.trace.mutates_arguments |= {name for kind, name in labels if kind == "argument"}
            return
        for name in sorted(names):
            if name in self.trace.reads or name in self.flow or name == root:
                self.trace.mutates.setdefault(name, line)
            else:
                self.trace.touches.add(name)

    def labels(self, value: Value) -> frozenset[Label]:
        """Return the outer objects that a change to the value would change."""
        return frozenset(changed(reached(value))[1])

    def returns(self, value: Value) -> None:
        """Note which outer objects a function hands back."""
        if self.depth == 1:
            self.trace.returns |= {place.label for place in reached(value) if place.label}

    def draw(self, lib: str, line: int) -> None:
        """Note a draw from a global random state, unless the statement seeded it before."""
        if lib not in self.trace.seeds:
            self.trace.draws.setdefault(lib, line)

    def note_setting(self, dotted: str) -> None:
        """Note that global state is set, by a call of that dotted name or by assigning into it."""
        last = dotted.rsplit(".", 1)[-1]
        whole = dotted in SETTINGS or last in SETTERS or last == "="
        name = dotted.removesuffix(".=")
        for prefix, whose in SETTINGS.items() if whole and dotted else ():
            if name == prefix or name.startswith(prefix + "."):
                self.trace.settings.setdefault(prefix, whose)
        if last == "=" and name and name not in NOT_STATE and not self.trace.settings:
            self.trace.settings[name] = ""  # a module, or what is imported from it, gets another part

    def dotted(self, node: ast.expr) -> str:
        """Return the dotted name of what an expression takes from an import; "" if it is none.

        `np.random.seed` is numpy.random.seed after `import numpy as np`.
        """
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or scopes.owner(self.scope, node.id) is not None:
            return ""
        root = self.world.dotted(node.id)
        return ".".join((root, *reversed(parts))) if root else ""

    def is_builtin(self, name: str) -> bool:
        """Whether a name stands for the builtin."""
        return scopes.owner(self.scope, name) is None and name not in self.world.places

    def call_function(self, callee: str, passed: Mapping[int | str, Value], line: int) -> Value:
        """Change what a function of the notebook changes of what it is passed, and return what it hands back."""
        raise NotImplementedError

    def keep(self, holder: Value, parts: tuple[Value, ...]) -> None:
        """Note that an object now holds others."""
        held = tuple(part for part in parts if part is not None and not isinstance(part, Box | str))
        for place in reached(holder) if held else ():
            if place.kind not in {"frame", "array"}:
                for part in held:
                    place.hold("*", reached(part))
