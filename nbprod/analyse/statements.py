"""Walking statements: what they bind, surely or on some branch, and what they change."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from nbprod.analyse import scopes
from nbprod.analyse.branches import Branches
from nbprod.analyse.calls import text_of
from nbprod.analyse.classes import Classes
from nbprod.analyse.crowds import ANY
from nbprod.analyse.places import Box, elements, kinds, part_of, texts
from nbprod.analyse.querying import called_name, is_namespace
from nbprod.analyse.trace import FunctionFacts, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.analyse.places import Value
    from nbprod.analyse.walker import Handlers


class Statements(Classes):
    """Walks statements."""

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
        self.kept = called(node.value) if isinstance(node.targets[0], ast.Name) else ""
        value = self.visit(node.value)
        self.kept = ""
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
        """`g = f` is a function as well; what holds functions does what they do, wherever it is used."""
        held = () if self.scope is not None or self.depth else tuple(self.held_functions(node.value))
        for target in node.targets if held else ():
            if isinstance(target, ast.Name):
                self.world.hold_functions(target.id, held)

    def held_functions(self, node: ast.expr) -> Iterator[FunctionFacts]:
        """Yield the functions that an expression hands on or puts into a container, without calling them."""
        if isinstance(node, ast.Name):
            yield from self.world.functions.get(node.id, ())
        elif isinstance(node, ast.Lambda) and id(node) in self.lambdas:
            yield self.lambdas[id(node)]
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for each in node.elts:
                yield from self.held_functions(each)
        elif isinstance(node, ast.Dict):
            for each in node.values:
                yield from self.held_functions(each)
        elif isinstance(node, ast.Call) and called_name(node) == "partial":
            for each in node.args[:1]:
                yield from self.held_functions(each)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from self.handed_out(node.func.id)

    def handed_out(self, name: str) -> Iterator[FunctionFacts]:
        """Yield what calling that function hands out, where that is code of its own."""
        for facts in self.world.functions.get(name, ()):
            if facts.hands_out_code:
                yield facts.handed_out

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
            self.assign_into(target)
            return
        own = self.load(target.id, node.lineno)
        grows = isinstance(node.value, (ast.List, ast.ListComp, ast.Set, ast.Dict))
        if grows or kinds(own) & {"list", "dict", "set", "array"}:
            self.change(own, node.lineno)
            self.keep(own, (elements(value),))
        self.bind(target.id, text_of(texts(own, value)) if texts(own) else own, node.lineno)

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
        if is_namespace(call) and isinstance(target.slice, ast.Constant):
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
        if self.depth:
            self.trace.binds[name] = False  # whoever calls the function may lose the name
            return
        self.trace.deletes.add(name)
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
        facts = self.function_facts(node)
        if facts.mutates_arguments & scopes.arguments_of_lasting_defaults(node):
            facts = replace(facts, mutates=facts.mutates | {node.name})  # what it keeps from call to call
        self.bind_facts(node.name, facts, node.lineno)
        if self.scope is not None:
            self.scope.functions.add(node.name)
        elif not self.depth:
            self.wrap_function(node)

    def wrap_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function that decorators of the notebook wrap does what they do, whenever it is called."""
        called = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
        names = [each.id for each in called if isinstance(each, ast.Name)]
        wrappers = tuple(facts for name in names for facts in self.handed_out(name))
        if wrappers:
            self.world.hold_functions(node.name, (*self.world.functions[node.name], *wrappers))

    def visit_return(self, node: ast.Return) -> None:
        """What a function hands back."""
        self.trace.may_be_left = True
        if node.value is not None:
            self.returns(self.visit(node.value))
            self.note_handed_out(node.value)

    def visit_yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        """A generator's body runs when it is asked for values."""
        self.trace.hands_out_code |= self.depth == 1
        self.trace.yields |= self.depth == 1
        return self.visit_children(node)

    def ignore(self, node: ast.AST) -> None:
        """Nothing is read or bound here."""

    handlers: ClassVar[Handlers] = {
        **Classes.handlers,
        ast.Expr: visit_expression,
        ast.Assign: visit_assignment,
        ast.AnnAssign: visit_annotated,
        ast.AugAssign: visit_augmented,
        ast.Delete: visit_delete,
        ast.Import: visit_import,
        ast.ImportFrom: visit_import_from,
        ast.FunctionDef: visit_function,
        ast.AsyncFunctionDef: visit_function,
        ast.Return: visit_return,
        ast.Yield: visit_yield,
        ast.YieldFrom: visit_yield,
        ast.If: Branches.visit_if,
        ast.Assert: Branches.visit_assert,
        ast.For: Branches.visit_for,
        ast.AsyncFor: Branches.visit_for,
        ast.While: Branches.visit_while,
        ast.Try: Branches.visit_try,
        ast.TryStar: Branches.visit_try,
        ast.With: Branches.visit_with,
        ast.AsyncWith: Branches.visit_with,
        ast.Match: Branches.visit_match,
        ast.Global: ignore,
        ast.Nonlocal: ignore,
    }


def called(node: ast.expr) -> str:
    """Return the name of the function that an expression calls; "" if it is no call of a name.

    >>> called(ast.parse("flights(day)", mode="eval").body)
    'flights'
    """
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
