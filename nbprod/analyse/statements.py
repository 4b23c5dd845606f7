"""Walking statements: what they bind, surely or on some branch, and what they change."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.analyse import scopes
from nbprod.analyse.expressions import Expressions
from nbprod.analyse.flow import Flow, catches_nothing, leaves, merged, runs_at_least_once, stops_early
from nbprod.analyse.places import ANY, Box, elements, kinds, part_of
from nbprod.analyse.scopes import Scope
from nbprod.analyse.trace import FunctionFacts, Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.analyse.places import Value


class Statements(Expressions):
    """Walks statements."""

    def walk(self, body: Sequence[ast.stmt]) -> None:
        """Walk statements in order."""
        for statement in body:
            self.visit(statement)

    def visit_expression(self, node: ast.Expr) -> None:
        """An expression whose result nobody uses."""
        self.idle = node.value.value if isinstance(node.value, ast.Await) else node.value
        self.visit(node.value)

    def visit_assignment(self, node: ast.Assign) -> None:
        """`a = b = value`."""
        if isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
            facts = self.function_facts(node.value)
            for target in node.targets:
                self.bind_lambda(target, facts)
            return
        value = self.visit(node.value)
        for target in node.targets:
            self.assign(target, value)
        self.rename_function(node)

    def bind_lambda(self, target: ast.expr, facts: FunctionFacts) -> None:
        """`f = lambda …` defines a function."""
        if isinstance(target, ast.Name):
            self.bind_facts(target.id, facts, target.lineno)
        else:
            self.assign(target, None)

    def rename_function(self, node: ast.Assign) -> None:
        """`g = f` is a function as well."""
        at_module = self.scope is None and not self.depth
        if at_module and isinstance(node.value, ast.Name) and node.value.id in self.world.functions:
            facts = self.world.functions[node.value.id]
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.world.functions[target.id] = facts

    def visit_annotated(self, node: ast.AnnAssign) -> None:
        """`name: type = value`; inside functions the annotation is not evaluated."""
        if not self.depth:
            self.visit(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.visit(node.value))
        elif not isinstance(node.target, ast.Name):
            self.assign_into(node.target)

    def visit_augmented(self, node: ast.AugAssign) -> None:
        """`name += value` reads and binds; it changes the object if that is of a kind that can change."""
        value = self.visit(node.value)
        target = node.target
        if not isinstance(target, ast.Name):
            self.change(self.visit_target(target), node.lineno)
            return
        own = self.load(target.id, node.lineno)
        grows = isinstance(node.value, (ast.List, ast.ListComp, ast.Set, ast.Dict))
        if grows or kinds(own) & {"list", "dict", "set", "array"}:
            self.change(own, node.lineno)
            self.keep(own, (elements(value),))
        self.bind(target.id, own, node.lineno)

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind or change a target of assignment."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value, target.lineno)
        elif isinstance(target, (ast.Tuple, ast.List)):
            starred = any(isinstance(each, ast.Starred) for each in target.elts)
            for index, each in enumerate(target.elts):
                self.assign(each, part_of(value, ANY if starred else index))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, None if value is None else Box("list", ((ANY, value),)))
        else:
            self.keep(self.assign_into(target), (value,))

    def assign_into(self, target: ast.expr) -> Value:
        """`name[key] = …` and `name.key = …` change the object; return it."""
        base = self.visit_target(target)
        self.change(base, target.lineno)
        holder = target.value if isinstance(target, ast.Subscript) else target
        self.note_setting(f"{self.dotted(holder)}.=")
        return base

    def visit_target(self, target: ast.expr) -> Value:
        """Walk an element or attribute that is assigned to, and return what holds it."""
        if isinstance(target, ast.Subscript):
            self.bind_in_namespace(target)
            base = self.visit(target.value)
            self.visit(target.slice)
            return self.held_in(target.value, base)
        if isinstance(target, ast.Attribute):
            return self.held_in(target.value, self.visit(target.value))
        return self.visit(target)

    def held_in(self, node: ast.expr, base: Value) -> Value:
        """Return what a chained target changes, where selecting rows first would have made a copy."""
        while base is None and isinstance(node, (ast.Subscript, ast.Attribute)):
            node = node.value
            quiet, self.trace = self.trace, Trace()
            base = self.visit(node)
            self.trace = quiet
        return base

    def bind_in_namespace(self, target: ast.Subscript) -> None:
        """`globals()["name"] = …` binds the name."""
        call = target.value
        is_namespace = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if is_namespace and call.func.id in {"globals", "vars", "locals"} and isinstance(target.slice, ast.Constant):
            self.bind_global(str(target.slice.value), None)

    def visit_delete(self, node: ast.Delete) -> None:
        """`del name` reads and unbinds; `del name[key]` changes."""
        for target in node.targets:
            for each in target.elts if isinstance(target, (ast.Tuple, ast.List)) else (target,):
                if isinstance(each, ast.Name):
                    self.delete(each.id, each.lineno)
                else:
                    self.assign_into(each)

    def delete(self, name: str, line: int) -> None:
        """Unbind a name."""
        if scopes.owner(self.scope, name) is not None:
            return
        self.read(name, line)
        self.trace.deletes.add(name)
        if not self.depth:
            self.flow.pop(name, None)
            if not self.alternatives:
                self.world.unbind(name)

    def visit_import(self, node: ast.Import) -> None:
        """`import a.b` binds a."""
        for alias in node.names:
            name = scopes.bound_name(alias)
            self.bind_module(name, alias.name if alias.asname else name)

    def visit_import_from(self, node: ast.ImportFrom) -> None:
        """`from a import b`; a star binds what only the module knows."""
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.trace.stars.append(module)
            elif module == "__future__":
                self.world.future_annotations |= alias.name == "annotations"
            else:
                self.bind_module(scopes.bound_name(alias), f"{module}.{alias.name}")

    def visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function: its decorators and defaults are evaluated here, its body when it is called."""
        for decorator in node.decorator_list:
            self.visit(decorator)
        with self.type_parameters(node):
            facts = self.function_facts(node)
        self.bind_facts(node.name, facts, node.lineno)

    def visit_class(self, node: ast.ClassDef) -> None:
        """A class: its body runs here, its methods when they are called."""
        for each in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(each)
        outer, self.scope = self.scope, Scope("class", self.scope)
        methods: dict[str, FunctionFacts] = {}
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                methods[statement.name] = self.method(statement)
            else:
                self.visit(statement)
        self.scope = outer
        self.bind_facts(node.name, class_facts(methods, self.bases(node)), node.lineno)

    def bases(self, node: ast.ClassDef) -> list[FunctionFacts]:
        """Return the facts of those bases that are classes of the notebook."""
        names = [base.id for base in node.bases if isinstance(base, ast.Name)]
        return [facts for name in names for facts in self.world.functions.get(name, ())]

    def method(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> FunctionFacts:
        """Walk a method."""
        for decorator in node.decorator_list:
            self.visit(decorator)
        facts = self.function_facts(node)
        self.bind(node.name, None, node.lineno)
        return facts

    def visit_return(self, node: ast.Return) -> None:
        """What a function hands back."""
        if node.value is not None:
            self.returns(self.visit(node.value))

    # Statements with branches: `flow` is what is bound on the way taken.

    def visit_if(self, node: ast.If) -> None:
        """Either branch."""
        self.visit(node.test)
        self.either(node.body, node.orelse)

    def either(self, *bodies: Sequence[ast.stmt]) -> None:
        """Walk bodies of which one runs, and keep what is bound after any of them."""
        before = self.flow
        ends: list[Flow] = []
        for body in bodies:
            self.flow = dict(before)
            self.walk_branch(body)
            if not leaves(body):
                ends.append(self.flow)
        self.flow = merged(ends) if ends else before

    def walk_branch(self, body: Sequence[ast.stmt]) -> None:
        """Walk a body whose bindings are sure within it, while aliases may stand for what they were before."""
        with self.alternative():
            self.walk(body)

    def visit_for(self, node: ast.For | ast.AsyncFor) -> None:
        """A loop: its target stays bound; its body may run never, or once and more."""
        self.trace.awaits |= isinstance(node, ast.AsyncFor) and not self.depth
        iterable = self.visit(node.iter)
        if isinstance(node.iter, ast.Name) and "iterator" in kinds(iterable):
            self.change(iterable, node.lineno)
        before = dict(self.flow)
        bound_before = set(self.flow)
        with self.alternative():
            self.assign(node.target, elements(iterable))
        targets = {each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)}
        self.loop_body(node, before, sure=runs_at_least_once(node))
        if self.scope is None and not self.depth:
            self.trace.loop_targets |= targets - bound_before

    def visit_while(self, node: ast.While) -> None:
        """A loop by condition."""
        self.visit(node.test)
        self.loop_body(node, dict(self.flow), sure=runs_at_least_once(node))

    def loop_body(self, node: ast.For | ast.AsyncFor | ast.While, before: Flow, *, sure: bool) -> None:
        """Walk a loop's body and its `else`."""
        early = stops_early(node.body)
        self.walk_branch(node.body if not early else node.body[: early.at])
        through = dict(self.flow)
        if early:
            self.walk_branch(node.body[early.at :])
        ends = [through, self.flow] if sure else [before, through, self.flow]
        self.flow = merged(ends)
        if node.orelse:
            after = dict(self.flow)
            self.walk_branch(node.orelse)
            if early and early.breaks:
                self.flow = merged([after, self.flow])

    def visit_try(self, node: ast.Try) -> None:
        """`try`: any part of its body may have run when a handler does."""
        before = dict(self.flow)
        self.walk_branch(node.body)
        halfway = merged([before, self.flow])
        self.walk_branch(node.orelse)
        ends = [] if leaves(node.body) or leaves(node.orelse) else [self.flow]
        for handler in node.handlers:
            self.flow = dict(halfway)
            self.handle(handler)
            if not leaves(handler.body):
                ends.append(self.flow)
        self.flow = merged(ends) if ends else halfway
        self.walk(node.finalbody)

    def handle(self, handler: ast.ExceptHandler) -> None:
        """`except … as name`: the name is gone afterwards."""
        if handler.type is not None:
            self.visit(handler.type)
        with self.alternative():
            if handler.name:
                self.bind(handler.name, None, handler.lineno)
            self.walk(handler.body)
        if handler.name and self.scope is None and not self.depth:
            self.flow.pop(handler.name, None)
            self.trace.late.discard(handler.name)

    def visit_with(self, node: ast.With | ast.AsyncWith) -> None:
        """`with … as name`: its body runs, unless an exception is suppressed."""
        self.trace.awaits |= isinstance(node, ast.AsyncWith) and not self.depth
        for item in node.items:
            value = self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        if catches_nothing(node):
            self.walk(node.body)
        else:
            self.either(node.body, ())

    def visit_match(self, node: ast.Match) -> None:
        """`match`: one case, or none."""
        subject = self.visit(node.subject)
        before, ends, exhausted = self.flow, [], False
        for case in node.cases:
            self.flow = dict(before)
            with self.alternative():
                self.capture(case.pattern, subject)
                if case.guard is not None:
                    self.visit(case.guard)
                self.walk(case.body)
            exhausted |= case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            if not leaves(case.body):
                ends.append(self.flow)
        self.flow = merged(ends if exhausted and ends else [*ends, before])

    def capture(self, pattern: ast.pattern, subject: Value) -> None:
        """Bind what a pattern captures."""
        for part in ast.walk(pattern):
            if isinstance(part, ast.expr):
                if isinstance(part, ast.Name):
                    self.visit(part)
            else:
                name = getattr(part, "rest" if isinstance(part, ast.MatchMapping) else "name", None)
                if isinstance(part, (ast.MatchAs, ast.MatchStar, ast.MatchMapping)) and name:
                    self.bind(name, subject, pattern.lineno)

    def visit_type_alias(self, node: ast.AST) -> None:
        """`type Name = …` binds the name; its value is evaluated when needed."""
        with self.type_parameters(node):
            self.visit(node.value)  # type: ignore[attr-defined]  # Python 3.12's node
        self.assign(node.name, None)  # type: ignore[attr-defined]

    def type_parameters(self, node: ast.AST) -> TypeParameters:
        """Return the scope of `def f[T]` and `class C[T]`."""
        return TypeParameters(self, getattr(node, "type_params", ()))

    def ignore(self, node: ast.AST) -> None:
        """Nothing is read or bound here."""

    handlers = {
        **Expressions.handlers,
        ast.Expr: visit_expression,
        ast.Assign: visit_assignment,
        ast.AnnAssign: visit_annotated,
        ast.AugAssign: visit_augmented,
        ast.Delete: visit_delete,
        ast.Import: visit_import,
        ast.ImportFrom: visit_import_from,
        ast.FunctionDef: visit_function,
        ast.AsyncFunctionDef: visit_function,
        ast.ClassDef: visit_class,
        ast.Return: visit_return,
        ast.If: visit_if,
        ast.For: visit_for,
        ast.AsyncFor: visit_for,
        ast.While: visit_while,
        ast.Try: visit_try,
        ast.TryStar: visit_try,
        ast.With: visit_with,
        ast.AsyncWith: visit_with,
        ast.Match: visit_match,
        ast.Global: ignore,
        ast.Nonlocal: ignore,
        **({ast.TypeAlias: visit_type_alias} if hasattr(ast, "TypeAlias") else {}),
    }


class TypeParameters:
    """Within it, type parameters are local names."""

    def __init__(self, walker: Statements, parameters: Sequence[ast.AST]) -> None:
        self.walker, self.parameters = walker, parameters

    def __enter__(self) -> None:
        self.outer = self.walker.scope
        if self.parameters:
            names = {each.name for each in self.parameters}  # type: ignore[attr-defined]  # Python 3.12's nodes
            self.walker.scope = Scope("function", self.outer, names)

    def __exit__(self, *_: object) -> None:
        self.walker.scope = self.outer


def class_facts(methods: dict[str, FunctionFacts], bases: list[FunctionFacts]) -> FunctionFacts:
    """Return the facts of a class: what any of its methods does may happen wherever the class is used."""
    inherited = {name: facts for base in bases for name, facts in base.methods.items()}
    every = list(methods.values())
    made_by = methods.get("__init__", inherited.get("__init__", FunctionFacts()))
    return FunctionFacts(
        mutates_arguments=made_by.mutates_arguments - frozenset(made_by.arguments[:1]),
        reads=frozenset(name for each in every for name in each.reads),
        binds=frozenset(name for each in every for name in each.binds),
        mutates=frozenset(name for each in every for name in each.mutates),
        draws=frozenset(lib for each in every for lib in each.draws),
        calls=tuple(call for each in every for call in each.calls),
        pyplot=any(each.pyplot for each in every),
        methods={**inherited, **methods},
        is_class=True,
    )
