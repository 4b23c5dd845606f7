"""Which methods change what belongs to their class: a counter, a registry, a list that all instances share."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.analyse.knowledge import CHANGING, CHANGING_IDLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_PLACE = CHANGING | CHANGING_IDLE
Function = ast.FunctionDef | ast.AsyncFunctionDef


def changers(node: ast.ClassDef) -> frozenset[str]:
    r"""Return the names of the methods of a class that change its own state, not only that of an instance.

    >>> code = "class C:\n n = 0\n seen = []\n def a(self): C.n += 1\n def b(self): self.seen.append(1)\n"
    >>> code += " def c(self): self.n = 1\n @classmethod\n def d(cls): cls.n = 2\n def e(self): type(self).n = 3"
    >>> sorted(changers(ast.parse(code).body[0]))
    ['a', 'b', 'd', 'e']
    """
    methods = [each for each in node.body if isinstance(each, Function)]
    shared = frozenset(_containers(node)) - {name for each in methods for name in _set_on_instances(each)}
    return frozenset(each.name for each in methods if _changes(each, node.name, shared))


def _containers(node: ast.ClassDef) -> Iterator[str]:
    """What the class's body binds to more than a plain constant."""
    for each in node.body:
        if isinstance(each, ast.Assign) and not isinstance(each.value, ast.Constant):
            yield from (target.id for target in each.targets if isinstance(target, ast.Name))
        elif isinstance(each, ast.AnnAssign) and each.value and not isinstance(each.value, ast.Constant):
            yield from (target.id for target in (each.target,) if isinstance(target, ast.Name))


def _set_on_instances(method: Function) -> Iterator[str]:
    own = _first(method)
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield from (node.attr for base in (node.value,) if isinstance(base, ast.Name) and base.id == own)


def _changes(method: Function, name: str, shared: frozenset[str]) -> bool:
    decorators = {each.id for each in method.decorator_list if isinstance(each, ast.Name)}
    own = _first(method)
    classes = {name, own} if "classmethod" in decorators else {name}
    return any(_is_shared(*_chain(each), own, classes, shared) for each in _changed(method))


def _first(method: Function) -> str:
    arguments = [*method.args.posonlyargs, *method.args.args]
    return arguments[0].arg if arguments else ""


def _changed(method: Function) -> Iterator[ast.expr]:
    """What the method assigns into, deletes from, or calls a changing method of: `a.b` of `a.b = 1` and `a.b.pop()`."""
    for node in ast.walk(method):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _IN_PLACE:
            yield ast.Subscript(node.func.value, ast.Constant(0))
        elif isinstance(node, ast.AugAssign):
            yield ast.Subscript(node.target, ast.Constant(0))


def _chain(node: ast.expr) -> tuple[ast.expr, list[str]]:
    """The innermost base, and the attributes and subscripts ("") from it outward."""
    steps: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        steps.insert(0, node.attr if isinstance(node, ast.Attribute) else "")
        node = node.value
    return node, steps


def _is_shared(base: ast.expr, steps: list[str], own: str, classes: set[str], shared: frozenset[str]) -> bool:
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "type":
        return steps[:1] != [""]
    if not isinstance(base, ast.Name):
        return False
    if base.id in classes:
        return bool(steps) and steps[0] != ""
    return base.id == own and (steps[0] == "__class__" or (steps[0] in shared and len(steps) > 1))
