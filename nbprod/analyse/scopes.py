"""Python's scopes: which names a function binds, and where a name is looked up."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.analyse.crowds import Place

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(slots=True)
class Scope:
    """One scope inside the module: its own names, and the places of those bound so far."""

    kind: str  # "function", "class", "comprehension" or "parameters": the type parameters of `def f[T]`
    parent: Scope | None
    names: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)  # those of its names that functions are bound to


def owner(scope: Scope | None, name: str) -> Scope | None:
    """Return the scope in which a name read in `scope` is found; None means the module, or a builtin."""
    at, direct = scope, True
    while at is not None:
        if name in at.global_names:
            return None
        if name in at.names and (direct or at.kind != "class"):
            return at
        # A class body sees its own names, and so do the annotations in it; what else is nested in it does not.
        direct = direct and at.kind == "parameters"
        at = at.parent
    return None


def binder(scope: Scope | None, name: str, *, walrus: bool = False) -> Scope | None:
    """Return the scope in which `scope` binds a name; None means the module."""
    at = scope
    while at is not None and walrus and at.kind == "comprehension":
        at = at.parent
    if at is None or name in at.global_names:
        return None
    if name in at.names or at.kind == "class":
        return at
    return owner(at, name) or at


def arguments_of(node: FunctionNode) -> tuple[str, ...]:
    """Return the names of a function's arguments, in order.

    >>> arguments_of(ast.parse("lambda a, *b, c=1, **d: 0", mode="eval").body)
    ('a', 'c', 'b', 'd')
    """
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    starred = [each for each in (spec.vararg, spec.kwarg) if each is not None]
    return tuple(each.arg for each in (*plain, *starred))


def arguments_of_lasting_defaults(node: FunctionNode) -> frozenset[str]:
    """Return the arguments whose defaults are containers: what a call puts into one, the next call finds there.

    >>> sorted(arguments_of_lasting_defaults(ast.parse("lambda a, b=[], c=1, *, d={}: 0", mode="eval").body))
    ['b', 'd']
    """
    plain = [*node.args.posonlyargs, *node.args.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = [
        *zip(reversed(plain), reversed(node.args.defaults), strict=False),
        *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
    ]
    return frozenset(each.arg for each, value in defaults if isinstance(value, (ast.List, ast.Dict, ast.Set)))


def runs_at_once(node: FunctionNode) -> bool:
    r"""Whether calling the function is sure to run its body: it is no coroutine, and nothing wraps it.

    >>> runs_at_once(ast.parse("@cache\ndef f(): pass").body[0])
    False
    """
    return isinstance(node, ast.FunctionDef) and not node.decorator_list


def local_names(node: FunctionNode) -> tuple[set[str], set[str]]:
    r"""Return the names that a function binds as its own, and those that it declares global.

    >>> code = "def f(a):\n global g\n g = 1\n for i in a: b = (c := i)\n return [d for d in a]"
    >>> [sorted(each) for each in local_names(ast.parse(code).body[0])]
    [['a', 'b', 'c', 'i'], ['g']]
    """
    bound = set(arguments_of(node))
    outer: set[str] = set()
    global_names: set[str] = set()
    body = node.body if isinstance(node.body, list) else [node.body]
    pending: list[tuple[ast.AST, bool]] = [(each, False) for each in body]
    while pending:
        at, in_comprehension = pending.pop()
        if isinstance(at, ast.Global):
            global_names.update(at.names)
        elif isinstance(at, ast.Nonlocal):
            outer.update(at.names)
        else:
            bound.update(_bound_by(at, in_comprehension=in_comprehension))
            pending += _within(at, in_comprehension=in_comprehension)
    return bound - global_names - outer, global_names


def _bound_by(node: ast.AST, *, in_comprehension: bool) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return () if in_comprehension or isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.NamedExpr):
        return (node.target.id,)
    if isinstance(node, _NESTED):
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return tuple(bound_name(alias) for alias in node.names)
    named = getattr(node, "rest" if isinstance(node, ast.MatchMapping) else "name", None)
    holds_name = isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping))
    return (named,) if holds_name and named else ()


def _within(node: ast.AST, *, in_comprehension: bool) -> list[tuple[ast.AST, bool]]:
    if isinstance(node, _NESTED):
        outside = [*node.decorator_list]
        if isinstance(node, ast.ClassDef):
            outside += [*node.bases, *(each.value for each in node.keywords)]
        else:
            outside += [each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
        return [(each, in_comprehension) for each in outside]
    if isinstance(node, ast.Lambda):
        return []
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        in_comprehension = True
    return [(each, in_comprehension) for each in ast.iter_child_nodes(node)]


def bound_name(alias: ast.alias) -> str:
    """Return the name that an import's alias binds: `import a.b` binds a."""
    return alias.asname or alias.name.split(".", 1)[0]
