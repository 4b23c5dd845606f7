"""Walking expressions: which names they read, and what they may denote."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from nbprod.analyse import scopes
from nbprod.analyse.calls import Calls, text_of
from nbprod.analyse.crowds import ANY
from nbprod.analyse.places import Box, either, elements, kinds, part_of, reached, texts
from nbprod.analyse.scopes import Scope
from nbprod.analyse.trace import Trace

if TYPE_CHECKING:
    from nbprod.analyse.crowds import Place
    from nbprod.analyse.places import Value
    from nbprod.analyse.trace import FunctionFacts, Label
    from nbprod.analyse.walker import Handlers

_DISPLAYS = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}


class Expressions(Calls):
    """Walks expressions; each visit returns what the expression may denote."""

    def visit(self, node: ast.AST) -> Value:
        """Walk one expression."""
        handler = self.handlers.get(type(node))
        if handler is None:
            return self.visit_children(node)
        value: Value = handler(self, node)
        return value

    def visit_children(self, node: ast.AST) -> Value:
        """Walk what an expression is made of, when the expression makes something new of it."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        return None

    def visit_constant(self, node: ast.Constant) -> Value:
        """A literal is reached by no other name."""
        if isinstance(node.value, str):
            return text_of((node.value,))
        return Box("scalar") if node.value is not None else None

    def visit_template(self, node: ast.JoinedStr) -> Value:
        """An f-string: a text in which its fields may be anything, such as a number."""
        self.visit_children(node)
        return text_of(("".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values),))

    def visit_operation(self, node: ast.BinOp) -> Value:
        """`text + text` and `text % value` are texts; what else operators make is new."""
        left, right = self.visit(node.left), self.visit(node.right)
        return text_of(texts(left, right)) if isinstance(node.op, (ast.Add, ast.Mod)) else None

    def visit_name(self, node: ast.Name) -> Value:
        """A name denotes what it was bound to."""
        return self.load(node.id, node.lineno)

    def visit_attribute(self, node: ast.Attribute) -> Value:
        """An attribute is a part of its object."""
        base = self.visit(node.value)
        if node.attr == "plot":
            self.trace.pyplot = True
        return part_of(base, node.attr) if base is not None else None

    def visit_subscript(self, node: ast.Subscript) -> Value:
        """An element is a part of its container; a selection of rows is a copy, unless an array is sliced."""
        self.namespace_item(node)
        base = self.visit(node.value)
        self.visit(node.slice)
        if base is None:
            return None
        if isinstance(node.slice, ast.Slice):
            return base if "array" in kinds(base) else None
        return part_of(base, self.key_of(node.slice)) if self.picks_one(node.slice, base) else None

    def picks_one(self, index: ast.expr, base: Value) -> bool:
        """Whether the index names one element, rather than selecting some."""
        if isinstance(index, ast.UnaryOp):
            index = index.operand
        if isinstance(index, ast.Constant):
            return True
        holder = kinds(base) & {"list", "dict", "tuple"} or any(place.parts for place in reached(base))
        return isinstance(index, (ast.Name, ast.Attribute, ast.JoinedStr, ast.BinOp)) and bool(holder)

    @staticmethod
    def key_of(index: ast.expr) -> object:
        """Return the constant key of an index, else ANY."""
        return index.value if isinstance(index, ast.Constant) else ANY

    def visit_display(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        """A container holds its elements."""
        items: list[tuple[object, Value]] = []
        for index, element in enumerate(node.elts):
            value = self.visit(element)
            if isinstance(element, ast.Starred):
                items.append((ANY, elements(value)))
            elif value is not None:
                items.append((index, value))
        return Box(_DISPLAYS[type(node)], tuple(items))

    def visit_dict(self, node: ast.Dict) -> Value:
        """A dict holds its values."""
        items: list[tuple[object, Value]] = []
        for key, each in zip(node.keys, node.values, strict=True):
            if key is not None:
                self.visit(key)
            value = self.visit(each)
            at = self.key_of(key) if key is not None else ANY
            items.append((at, value if key is not None else elements(value)))
        return Box("dict", tuple(item for item in items if item[1] is not None))

    def visit_starred(self, node: ast.Starred) -> Value:
        """What is unpacked."""
        return self.visit(node.value)

    def visit_conditional(self, node: ast.IfExp) -> Value:
        """One of two."""
        self.visit(node.test)
        with self.perhaps(), self.doubtfully():
            return either((self.visit(node.body), self.visit(node.orelse)))

    def visit_bool_op(self, node: ast.BoolOp) -> Value:
        """One of the operands, of which only the first is sure to be evaluated."""
        values = [self.visit(node.values[0])]
        with self.perhaps(), self.doubtfully():
            values += [self.visit(each) for each in node.values[1:]]
        return either(values)

    def visit_walrus(self, node: ast.NamedExpr) -> Value:
        """`(name := value)` binds in the enclosing function or module, also out of a comprehension."""
        value = self.visit(node.value)
        self.bind(node.target.id, value, node.lineno, walrus=True)
        return value

    def visit_await(self, node: ast.Await) -> Value:
        """Waits for what it denotes."""
        self.trace.awaits |= not self.depth
        return self.visit(node.value)

    def visit_lambda(self, node: ast.Lambda) -> Value:
        """A lambda that is passed on may run at once: its free names are read here."""
        facts = self.function_facts(node)
        if not self.depth:
            self.use(facts, node.lineno)
            self.lambdas[id(node)] = facts
        return None

    def use(self, facts: FunctionFacts, line: int) -> None:
        """Take over what a nameless function does when it runs here."""
        for name in sorted(facts.reads):
            self.read(name, line, soft=name in facts.soft, late=True)
        for name in sorted(facts.mutates):
            self.change(self.world.value(name), line)
        for lib in sorted(facts.draws):
            self.draw(lib, line)
        self.trace.pyplot |= facts.pyplot
        for call in facts.calls:
            outer = {at: self.labelled(labels) for at, labels in call.passed}
            self.call_function(call.callee, outer, line)

    def labelled(self, labels: frozenset[Label]) -> tuple[Place, ...]:
        """Return the places of the notebook's names among the labels."""
        names = sorted(name for kind, name in labels if kind == "global")
        return tuple(place for name in names for place in self.world.value(name) or ())

    def function_facts(self, node: scopes.FunctionNode) -> FunctionFacts:
        """Walk a function's body and return its facts; a nested one adds to those of the function around it."""
        self.visit_signature(node)
        names, global_names = scopes.local_names(node)
        outer = (self.scope, self.trace, self.branch, self.alternatives, self.flow)
        self.scope = Scope("function", self.scope, names, global_names)
        arguments = scopes.arguments_of(node)
        self.introduce(arguments)
        if not self.depth:
            self.trace, self.flow, self.alternatives = Trace(may_be_left=not scopes.runs_at_once(node)), {}, 0
        self.depth, self.branch = self.depth + 1, 0
        try:
            self.walk_body(node)
            return self.trace.function(arguments)
        finally:
            self.depth -= 1
            self.scope, self.trace, self.branch, self.alternatives, self.flow = outer

    def visit_signature(self, node: scopes.FunctionNode) -> None:
        """Walk what a function's head evaluates."""
        spec = node.args
        for default in (*spec.defaults, *spec.kw_defaults):
            if default is not None:
                self.visit(default)
        for argument in ast.walk(spec) if not isinstance(node, ast.Lambda) else ():
            if isinstance(argument, ast.arg) and argument.annotation is not None:
                self.visit(argument.annotation)
        if not isinstance(node, ast.Lambda) and node.returns is not None:
            self.visit(node.returns)

    def walk_body(self, node: scopes.FunctionNode) -> None:
        """Walk the body of a function or lambda."""
        if isinstance(node, ast.Lambda):
            self.idle = node.body
            self.returns(self.visit(node.body))
            self.note_handed_out(node.body)
        else:
            self.walk(node.body)

    def note_handed_out(self, value: ast.expr) -> None:
        """Note that the function being walked returns a function of its own, alone or among other values."""
        own = self.scope.functions if self.scope is not None else set()
        parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
        found = any(isinstance(each, ast.Lambda) or (isinstance(each, ast.Name) and each.id in own) for each in parts)
        self.trace.hands_out_code |= found and self.depth == 1

    def visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """A comprehension has its own scope; only its first iterable is evaluated outside."""
        first = self.visit(node.generators[0].iter)
        names: set[str] = set()
        for generator in node.generators:
            names |= {each.id for each in ast.walk(generator.target) if isinstance(each, ast.Name)}
            self.trace.awaits |= bool(generator.is_async) and not self.depth
        outer, self.scope = self.scope, Scope("comprehension", self.scope, names)
        with self.perhaps():
            for index, generator in enumerate(node.generators):
                iterable = self.visit(generator.iter) if index else first
                self.assign(generator.target, elements(iterable))
                for condition in generator.ifs:
                    self.visit(condition)
            item = self.visit_item(node)
        self.scope = outer
        kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "iterator")
        return Box(kind, ((ANY, item),) if item is not None else ())

    def visit_item(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """Walk what a comprehension collects."""
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            return self.visit(node.value)
        self.idle = node.elt
        return self.visit(node.elt)

    handlers: ClassVar[Handlers] = {
        ast.Constant: visit_constant,
        ast.JoinedStr: visit_template,
        ast.BinOp: visit_operation,
        ast.Name: visit_name,
        ast.Attribute: visit_attribute,
        ast.Subscript: visit_subscript,
        ast.List: visit_display,
        ast.Tuple: visit_display,
        ast.Set: visit_display,
        ast.Dict: visit_dict,
        ast.Starred: visit_starred,
        ast.IfExp: visit_conditional,
        ast.BoolOp: visit_bool_op,
        ast.NamedExpr: visit_walrus,
        ast.Await: visit_await,
        ast.Lambda: visit_lambda,
        ast.ListComp: visit_comprehension,
        ast.SetComp: visit_comprehension,
        ast.GeneratorExp: visit_comprehension,
        ast.DictComp: visit_comprehension,
        ast.Call: Calls.visit_call,
    }
