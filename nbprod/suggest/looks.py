"""How a cell looks: what kind of work its statements do, told from its syntax alone."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.suggest.knowledge import (
    DRAWING_METHODS,
    HALFWAY_METHODS,
    PLOT_LIBRARIES,
    SHOWING_CALLS,
    UNFILLED_CALLS,
    UNSTORABLE_CALLS,
    UNSTORABLE_METHODS,
    WRITING_CALLS,
    WRITING_METHODS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.notebook import Cell

_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (*_DEFINING, ast.Lambda)


@dataclass(slots=True)
class Look:
    """What a cell's syntax says.

    `defined` are names of imports, functions and classes; `passing` those of loops and `with`; `unstorable` the names
    whose values live in one process only; `aliases` pairs of names for one object; `halfway` names of groupings,
    windows and arrays that nothing has filled; `calls` the last words of the calls; `stored` names that it binds;
    `internal` those of them that a later statement of the cell works on, or the loop that binds them anew in each turn;
    `writers` functions that write files.
    """

    defined: set[str] = field(default_factory=set)
    passing: set[str] = field(default_factory=set)
    unstorable: set[str] = field(default_factory=set)
    aliases: set[tuple[str, str]] = field(default_factory=set)
    halfway: set[str] = field(default_factory=set)
    unfilled: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    internal: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    writers: set[str] = field(default_factory=set)
    stars: bool = False
    plots: bool = False
    shows: bool = False
    writes_files: bool = False
    shell: bool = False


def look(cell: Cell) -> Look:
    r"""Return how the cell looks; nothing is known of one that is not Python.

    >>> from nbprod.model.notebook import Cell, Role
    >>> seen = look(Cell(0, "a", Role.PLAIN, "", python="import os\nlog = open('a.log')\nfor x in log: print(x)"))
    >>> sorted(seen.defined), sorted(seen.passing), sorted(seen.unstorable), seen.shows
    (['os'], ['x'], ['log'], True)
    """
    found = Look()
    try:
        body = ast.parse(cell.python).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    turns: set[str] = set()
    for statement in body:
        _statement(statement, found)
        names = [each for each in _nodes(statement) if isinstance(each, ast.Name)]
        turns = turns - {each.id for each in names} | _of_a_turn(statement)
        if not _shows(statement):
            filled = {id(each) for each in _filled(statement)}
            loaded = [each for each in names if isinstance(each.ctx, ast.Load)]
            found.internal |= found.stored & {each.id for each in loaded if id(each) not in filled}
            found.unfilled -= {each.id for each in loaded}
        stored = {each.id for each in names if isinstance(each.ctx, ast.Store)}
        found.internal -= stored
        found.stored |= stored
    found.halfway |= found.unfilled
    found.internal |= turns
    return found


def _of_a_turn(statement: ast.stmt) -> set[str]:
    """The names that a loop of the statement binds in each turn, and works on in that turn only."""
    found: set[str] = set()
    for loop in _nodes(statement):
        if isinstance(loop, (ast.For, ast.AsyncFor, ast.While)):
            parts = [*([loop.test] if isinstance(loop, ast.While) else []), *loop.body]
            binds: dict[str, bool] = {}
            for name, is_bound in (each for part in parts for each in _mentions(part)):
                first = binds.setdefault(name, is_bound)
                found |= {name} if first and not is_bound else set()
    return found


def _mentions(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield the names in the order in which Python comes to them, each with whether it is bound there."""
    if isinstance(node, ast.Name):
        yield node.id, not isinstance(node.ctx, ast.Load)
        return
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, False
    parts = list(ast.iter_child_nodes(node)) if not isinstance(node, _SCOPES) else []
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)):
        parts.sort(key=lambda each: each is not node.value)
    for part in parts:
        yield from _mentions(part)


def _shows(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr):
        return False
    return not isinstance(statement.value, ast.Call) or dotted_name(statement.value.func) in SHOWING_CALLS


def _filled(statement: ast.stmt) -> Iterator[ast.AST]:
    """The names that are worked on for their own sake: `model` of `model.fit(x)`, `found` of `found[key] = x`."""
    for node in _nodes(statement):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield _base(node.value.func)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (_base(each) for each in targets)


def _base(node: ast.AST) -> ast.AST:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node


def _statement(statement: ast.stmt, found: Look) -> None:
    if isinstance(statement, _DEFINING):
        found.defined.add(statement.name)
        inside = Look()
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                _called(node, inside)
        found.writers |= {statement.name} if inside.writes_files else set()
        return
    for node in _nodes(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            _imported(node, found)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            found.passing |= set(_stored(node.target))
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            _opened(node, found)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            _assigned(node, found)
        elif isinstance(node, ast.Call):
            _called(node, found)


def _nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement runs now: not the bodies of functions."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _SCOPES):
            pending += ast.iter_child_nodes(node)


def _stored(target: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store))


def _imported(node: ast.Import | ast.ImportFrom, found: Look) -> None:
    for alias in node.names:
        found.stars |= alias.name == "*"
        found.defined.add(alias.asname or alias.name.split(".")[0])


def _opened(node: ast.With | ast.AsyncWith, found: Look) -> None:
    for item in node.items:
        if item.optional_vars is not None:
            found.passing |= set(_stored(item.optional_vars))


def _assigned(node: ast.Assign | ast.AnnAssign, found: Look) -> None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [name for target in targets for name in _stored(target)]
    value = node.value
    if isinstance(value, ast.Name):
        found.aliases |= {(name, value.id) for name in names}
    if isinstance(value, ast.Lambda):
        found.defined |= set(names)
    if isinstance(value, ast.GeneratorExp) or (isinstance(value, ast.Call) and _is_unstorable(value)):
        found.unstorable |= set(names)
    if isinstance(value, ast.Call) and dotted_name(value.func).rpartition(".")[2] in HALFWAY_METHODS:
        found.halfway |= set(names)
    found.unfilled -= set(names)
    if isinstance(value, ast.Call) and dotted_name(value.func).rpartition(".")[2] in UNFILLED_CALLS:
        found.unfilled |= set(names)


def _is_unstorable(call: ast.Call) -> bool:
    dotted = dotted_name(call.func)
    head, _, last = dotted.rpartition(".")
    chunked = any(each.arg in {"chunksize", "iterator"} for each in call.keywords) and last.startswith("read_")
    plotted = head.split(".")[0] in PLOT_LIBRARIES or last in DRAWING_METHODS
    return chunked or plotted or dotted in UNSTORABLE_CALLS or (bool(head) and last in UNSTORABLE_METHODS)


def _called(call: ast.Call, found: Look) -> None:
    dotted = dotted_name(call.func)
    head, _, last = dotted.rpartition(".")
    found.calls.add(last)
    is_method = isinstance(call.func, ast.Attribute)
    found.plots |= head.split(".")[0] in PLOT_LIBRARIES or (
        is_method and (last in DRAWING_METHODS or ".plot" in dotted)
    )
    found.shows |= dotted in SHOWING_CALLS
    found.writes_files |= (is_method and last in WRITING_METHODS and bool(call.args)) or dotted in WRITING_CALLS
    found.writes_files |= last == "open" and _opens_for_writing(call)
    found.shell |= dotted == "subprocess.run"


def _opens_for_writing(call: ast.Call) -> bool:
    modes = [
        *(call.args[1:] if isinstance(call.func, ast.Name) else call.args),
        *(each.value for each in call.keywords if each.arg == "mode"),
    ]
    texts = [each.value for each in modes if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(len(text) <= 3 and set(text) & set("wax+") and set(text) <= set("wax+bt") for text in texts)


def dotted_name(node: ast.AST) -> str:
    """Return a call's function as far as it is names and dots; what stands before that is a leading dot.

    >>> dotted_name(ast.parse("pd.read_csv(a).groupby(b).plot.bar", mode="eval").body)
    '.plot.bar'
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))
