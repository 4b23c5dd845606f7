"""What a call does: to its object, to what it is passed, to the random states; and what it may hand back."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.analyse import knowledge as known
from nbprod.analyse import randomness, scopes, settings, strings, tables
from nbprod.analyse.crowds import ANY
from nbprod.analyse.places import Box, either, elements, kinds, part_of, reached, texts
from nbprod.analyse.querying import called_name, is_namespace, names_in, uses_namespace
from nbprod.analyse.trace import CallSeen, FunctionFacts
from nbprod.analyse.walker import Walker
from nbprod.analyse.world import argument_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.analyse.places import Value


class Calls(Walker):
    """Walks calls."""

    def visit_call(self, node: ast.Call) -> Value:
        """Walk a call and return what it may hand back."""
        used = node is not self.idle
        dotted = self.dotted(node.func)
        receiver = None
        if isinstance(node.func, ast.Attribute) and not dotted:
            receiver = self.visit(node.func.value)
            self.trace.pyplot |= node.func.attr in {"plot", "hist", "boxplot"}
        else:
            self.visit(node.func)
        passed: dict[int | str, Value] = {}
        for index, argument in enumerate(node.args):
            passed[index] = self.visit(argument)
        for keyword in node.keywords:
            passed[keyword.arg or "**"] = self.visit(keyword.value)
        self.read_strings(node, dotted, receiver, passed)
        if isinstance(node.func, ast.Attribute) and not dotted:
            return self.call_method(node, receiver, passed, used=used)
        if dotted:
            return self.call_imported(node, dotted, passed)
        if isinstance(node.func, ast.Name):
            return self.call_named(node, node.func.id, passed)
        return None

    def call_method(self, node: ast.Call, receiver: Value, passed: Mapping[int | str, Value], *, used: bool) -> Value:
        """A method: it may change its object, keep what it is passed, or hand back a part."""
        assert isinstance(node.func, ast.Attribute)
        name, line = node.func.attr, node.lineno
        self.draw_by_method(node, name, line)
        self.change_class(name, line)
        if self.changes_object(node, name, receiver, passed.get(0), used=used):
            self.change(receiver, line)
            if name == "shuffle":
                self.change(passed.get(0), line)
            if name in known.KEEPING:
                self.keep(receiver, tuple(passed.values()))
        if name == "to_sql":
            self.change(passed.get("con", passed.get(1)), line)
        if isinstance(receiver, tuple):
            self.call_own_method(receiver, name, passed, line)
        if name == "pipe" and node.args and isinstance(node.args[0], ast.Name):
            return self.call_function(node.args[0].id, {0: receiver}, line)
        return self.handed_back(name, receiver, passed)

    def changes_object(self, node: ast.Call, name: str, receiver: Value, query: Value, *, used: bool) -> bool:
        """Whether calling the method changes its object."""
        if name in known.CHANGING or in_place(node) or (name == "execute" and not asks(query)):
            return True
        if "rng" in kinds(receiver):
            return True
        if used:
            return False
        by_prefix = name.startswith(known.CHANGING_PREFIXES) and name not in known.PURE_DESPITE_PREFIX
        return name in known.CHANGING_IDLE or by_prefix

    def call_own_method(self, receiver: Value, name: str, passed: Mapping[int | str, Value], line: int) -> None:
        """A method of a class that the notebook defines changes what its body changes."""
        for kind in sorted(kinds(receiver)):
            owners = self.world.functions.get(kind.removeprefix("instance:"), ())
            if owners and not self.depth:
                self.use_function(kind.removeprefix("instance:"), line)
            for owner in owners:
                method = owner.methods.get(name)
                if method is None or not method.arguments:
                    continue
                shifted = {at + 1 if isinstance(at, int) else at: each for at, each in passed.items()}
                self.change_passed(method, method.mutates_arguments, {0: receiver, **shifted}, line)

    def handed_back(self, name: str, receiver: Value, passed: Mapping[int | str, Value]) -> Value:
        """Return what a method's result may share with its object."""
        if name in known.FLUENT:
            return receiver
        if name in known.PICKING:
            return part_of(receiver, ANY)
        if name == "values" and not passed:
            return Box("iterator", ((ANY, part_of(receiver, ANY)),))
        if name == "items" and not passed:
            pair = Box("tuple", ((1, part_of(receiver, ANY)),))
            return Box("iterator", ((ANY, pair),))
        return text_of(texts(receiver)) if name in known.REWRITING else None

    def call_imported(self, node: ast.Call, dotted: str, passed: Mapping[int | str, Value]) -> Value:
        """A function of a library."""
        line = node.lineno
        self.note_randomness(node, dotted)
        self.note_setting(dotted)
        if node is self.idle and settings.registers(dotted):
            self.trace.settings.setdefault(dotted, "")
        if dotted in known.CHANGING_FUNCTIONS:
            self.change(passed.get(known.CHANGING_FUNCTIONS[dotted]), line)
        if in_place(node):
            self.change(passed.get("target", passed.get(0)), line)
            if not {0, "target"} & passed.keys():
                self.note_setting(f"{dotted.rpartition('.')[0]}.=")
        if "out" in passed:
            self.change(passed["out"], line)
        if dotted in known.GENERATORS:
            return Box("rng")
        if dotted in known.ARRAY_ALIASES:
            return passed.get(0)
        root = dotted.split(".", 1)[0]
        return Box({"numpy": "array", "pandas": "frame", "duckdb": "duckdb"}.get(root, ""))

    def note_randomness(self, node: ast.Call, dotted: str) -> None:
        """Note draws from, and seeding of, a global random state."""
        lib, seeds = randomness.of_function(dotted, node)
        if lib and seeds and not self.branch:
            self.trace.seeds.setdefault(lib, node.lineno)
        elif lib:
            self.draw(lib, node.lineno)

    def draw_by_method(self, node: ast.Call, name: str, line: int) -> None:
        """Note draws by methods that use numpy's global state unless told otherwise."""
        if randomness.draws_by_method(name, node):
            self.draw("numpy", line)

    def call_named(self, node: ast.Call, name: str, passed: Mapping[int | str, Value]) -> Value:
        """A builtin, or a function of the notebook."""
        if name in known.BUILTINS and self.is_builtin(name) and name not in self.world.functions:
            return self.call_builtin(node, name, passed)
        if in_place(node):
            self.change(passed.get(0), node.lineno)
        self.change_class("__init__", node.lineno, name)
        if self.depth:
            seen = tuple((at, self.labels(value)) for at, value in passed.items())
            self.trace.calls.append(CallSeen(name, tuple(each for each in seen if each[1])))
            return None
        self.bind_by_call(name)
        return self.call_function(name, passed, node.lineno)

    def bind_by_call(self, callee: str) -> None:
        """Bind what a function of the notebook binds whenever it is called."""
        facts = self.world.functions.get(callee, ())
        for name in facts[0].binds_surely if len(facts) == 1 else ():
            self.bind_global(name, None)

    def call_builtin(self, node: ast.Call, name: str, passed: Mapping[int | str, Value]) -> Value:
        """A builtin: some change or use up what they are passed, some hand back its elements."""
        first = passed.get(0)
        if name in known.CHANGING_BUILTINS:
            self.change(first, node.lineno)
        elif name in known.CONSUMERS:
            self.use_up(tuple(passed.values()), node.lineno)
        for text in texts(first) if name in {"eval", "exec"} else ():
            self.read_softly(strings.expression_names(text), node.lineno)
        if name == "map" and node.args and isinstance(node.args[0], ast.Name):
            self.call_function(node.args[0].id, {0: elements(passed.get(1))}, node.lineno)
        return result_of_builtin(name, passed)

    def use_up(self, values: tuple[Value, ...], line: int) -> None:
        """Advance the iterators among the values."""
        for value in values:
            if "iterator" in kinds(value):
                self.change(value, line)

    def call_function(self, callee: str, passed: Mapping[int | str, Value], line: int) -> Value:
        """Change what a function of the notebook changes of what it is passed, and return what it hands back."""
        results: list[Value] = []
        for facts in self.world.functions.get(callee, ()):
            if facts.is_class:
                results.append(Box(f"instance:{callee}"))
            self.change_passed(facts, self.world.effects(callee).mutates_arguments, passed, line)
            results += self.results(facts, passed)
        return either(results)

    def change_passed(
        self,
        facts: FunctionFacts,
        changes: frozenset[str],
        passed: Mapping[int | str, Value],
        line: int,
    ) -> None:
        """Change those of the passed objects that the function changes."""
        for at, value in passed.items() if changes else ():
            if argument_at(facts, at) in changes:
                self.change(value, line)

    def results(self, facts: FunctionFacts, passed: Mapping[int | str, Value]) -> list[Value]:
        """Return those outer objects that a function may hand back."""
        names = {name for kind, name in facts.returns if kind == "argument"}
        given = [value for at, value in passed.items() if argument_at(facts, at) in names]
        outer = [self.world.value(name) for kind, name in facts.returns if kind == "global"]
        return [*given, *outer]

    def read_strings(self, node: ast.Call, dotted: str, receiver: Value, passed: Mapping[int | str, Value]) -> None:
        """Read the names that a call's texts hold."""
        if called_name(node) == "format" and uses_namespace(node):
            self.read_softly({each for text in texts(receiver) for each in strings.template_names(text)}, node.lineno)
            return
        of_connection = "duckdb" in kinds(receiver)
        for text in texts(*passed.values()):
            self.read_softly(names_in(text, node, dotted, of_connection=of_connection), node.lineno)
            if dotted.startswith("duckdb.") and not self.depth:
                self.trace.tables |= tables.made(text)
                self.trace.queried |= tables.read(text)

    def read_softly(self, names: set[str], line: int) -> None:
        """Read names that count only if something makes them."""
        for name in sorted(names - known.BUILTINS):
            if scopes.owner(self.scope, name) is None:
                self.read(name, line, soft=True)

    def namespace_item(self, node: ast.Subscript) -> None:
        """`globals()["name"]` reads the name."""
        if is_namespace(node.value) and isinstance(node.slice, ast.Constant):
            self.read(str(node.slice.value), node.lineno)


def text_of(literals: tuple[str, ...]) -> Value:
    """Return a text made of these literals; None if there are none."""
    return Box("scalar", texts=literals) if literals else None


def asks(query: Value) -> bool:
    """Whether a value is SQL that only asks.

    >>> asks(Box("scalar", texts=(" SELECT 1",))), asks(Box("scalar", texts=("drop table a",))), asks(None)
    (True, False, False)
    """
    literals = texts(query)
    return bool(literals) and literals[0].lstrip().lower().startswith(known.ASKING)


def in_place(node: ast.Call) -> bool:
    """Whether a call says `inplace=True`."""
    return any(
        keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in node.keywords
    )


def result_of_builtin(name: str, passed: Mapping[int | str, Value]) -> Value:
    """Return what a builtin's result may share with what it is passed."""
    values = [value for at, value in passed.items() if isinstance(at, int)]
    if name == "zip":
        row = Box("tuple", tuple((at, elements(value)) for at, value in enumerate(values)))
        return Box("iterator", ((ANY, row),))
    if name == "enumerate" and values:
        return Box("iterator", ((ANY, Box("tuple", ((1, elements(values[0])),))),))
    if name in {"list", "tuple", "sorted", "reversed", "iter", "dict", "set"}:
        items = ((ANY, elements(values[0])),) if values and reached_or_box(values[0]) else ()
        return Box(name if name in {"list", "tuple", "dict", "set"} else _KINDS[name], items)
    if name in known.ITERATORS:
        return Box("iterator")
    return None


def reached_or_box(value: Value) -> bool:
    """Whether a value's elements may be reached by a name."""
    return isinstance(value, Box) or bool(reached(value))


_KINDS = {"sorted": "list", "reversed": "iterator", "iter": "iterator"}
