"""Walking classes, type aliases, and functions with type parameters."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from nbprod.analyse.branches import Branches
from nbprod.analyse.classstate import changers
from nbprod.analyse.scopes import Scope
from nbprod.analyse.trace import FunctionFacts
from nbprod.analyse.world import only_soft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbprod.analyse.scopes import FunctionNode
    from nbprod.analyse.walker import Handlers


class Classes(Branches):
    """Walks classes and what is generic."""

    def visit_class(self, node: ast.ClassDef) -> None:
        """A class: its body runs here, its methods when they are called."""
        for each in node.decorator_list:
            self.visit(each)
        with self.type_parameters(node):
            for each in (*node.bases, *(keyword.value for keyword in node.keywords)):
                self.visit(each)
            methods = self.methods(node)
        self.bind_facts(node.name, class_facts(methods, self.bases(node)), node.lineno)
        bases = [each.id for each in node.bases if isinstance(each, ast.Name)]
        self.world.bind_changers(node.name, changers(node), bases)

    def methods(self, node: ast.ClassDef) -> dict[str, FunctionFacts]:
        """Walk a class's body and return the facts of its methods."""
        outer, self.scope = self.scope, Scope("class", self.scope)
        methods: dict[str, FunctionFacts] = {}
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                methods[statement.name] = self.method(statement)
            else:
                self.visit(statement)
        self.scope = outer
        return methods

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

    def function_facts(self, node: FunctionNode) -> FunctionFacts:
        """Walk a function's head and body, which see its type parameters."""
        with self.type_parameters(node):
            return super().function_facts(node)

    def visit_type_alias(self, node: ast.AST) -> None:
        """`type Name = …` binds the name; its value is evaluated when needed."""
        with self.type_parameters(node), self.lazily():
            self.visit(node.value)  # type: ignore[attr-defined]  # Python 3.12's node
        self.assign(node.name, None)  # type: ignore[attr-defined]

    def type_parameters(self, node: ast.AST) -> TypeParameters:
        """Return the scope of `def f[T]` and `class C[T]`."""
        return TypeParameters(self, getattr(node, "type_params", ()))

    handlers: ClassVar[Handlers] = {
        **Branches.handlers,
        ast.ClassDef: visit_class,
        **({ast.TypeAlias: visit_type_alias} if hasattr(ast, "TypeAlias") else {}),
    }


class TypeParameters:
    """Within it, type parameters are local names; their bounds and defaults are read."""

    def __init__(self, walker: Classes, parameters: Sequence[ast.AST]) -> None:
        self.walker, self.parameters = walker, parameters

    def __enter__(self) -> None:
        self.outer = self.walker.scope
        if self.parameters:
            names = {each.name for each in self.parameters}  # type: ignore[attr-defined]  # Python 3.12's nodes
            self.walker.scope = Scope("parameters", self.outer, names)
            with self.walker.lazily():
                for each in self.parameters:
                    self.walker.visit_children(each)

    def __exit__(self, *_: object) -> None:
        self.walker.scope = self.outer


def class_facts(methods: dict[str, FunctionFacts], bases: list[FunctionFacts]) -> FunctionFacts:
    """Return the facts of a class: what any of its methods does may happen wherever the class is used."""
    inherited = {name: facts for base in bases for name, facts in base.methods.items()}
    every = [*methods.values(), *(facts for base in bases for facts in base.methods.values())]
    made_by = methods.get("__init__", inherited.get("__init__", FunctionFacts()))
    return FunctionFacts(
        mutates_arguments=made_by.mutates_arguments - frozenset(made_by.arguments[:1]),
        reads=frozenset(name for each in every for name in each.reads),
        soft=only_soft(every),
        binds=frozenset(name for each in every for name in each.binds),
        mutates=frozenset(name for each in every for name in each.mutates),
        draws=frozenset(lib for each in every for lib in each.draws),
        calls=tuple(call for each in every for call in each.calls),
        pyplot=any(each.pyplot for each in every),
        methods={**inherited, **methods},
        is_class=True,
    )
