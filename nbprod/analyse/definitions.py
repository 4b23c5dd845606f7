"""Imports, functions, classes and constants: what travels with the steps that use it."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbprod.analyse.facts import DEFINING, TYPE_ALIAS
from nbprod.analyse.knowledge import BUILTINS, PURE_CALLS, PURE_METHODS
from nbprod.analyse.scopes import bound_name
from nbprod.model.graph import Definition, DefinitionKind
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbprod.analyse.trace import ScannedCell, Statement

_SINGLE = (ast.Constant, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)
_COMPOSED = (
    *(ast.List, ast.Tuple, ast.Set, ast.Dict, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue, ast.Starred, ast.keyword, ast.comprehension),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Attribute, ast.Name),
)
_GUARDS = (ast.Try, ast.If)


@dataclass(frozen=True, slots=True)
class Usage:
    """How often the notebook binds each name, and which names it changes in place.

    `reworked` are those that it changes otherwise than by a plain statement that sets a part: `C.size += 1` in a loop.
    `parts_set` are the parts of modules that it sets: `environ` of `os.environ["A"] = "1"`.
    """

    bound: Counter[str]
    changed: frozenset[str]
    reworked: frozenset[str] = frozenset()
    parts_set: frozenset[str] = frozenset()

    def reads_what_is_set(self, node: ast.stmt) -> bool:
        """Whether a statement reads a part of a module that the notebook sets, such as `os.environ`."""
        words = (each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in ast.walk(node))
        return bool(self.parts_set) and not self.parts_set.isdisjoint(words)


def usage(cells: Sequence[ScannedCell]) -> Usage:
    """Return how the notebook uses its names, skipped cells and tests left out."""
    bound: Counter[str] = Counter()
    changed: set[str] = set()
    reworked: set[str] = set()
    parts_set: set[str] = set()
    for scanned in cells:
        if scanned.cell.role in {Role.SKIPPED, Role.TEST}:
            continue
        for statement in scanned.statements:
            trace = statement.trace
            bound.update(trace.binds.keys())
            parts_set |= {each.rpartition(".")[2] for each in trace.settings}
            own = trace.mutates.keys() | trace.touches | trace.deletes
            changed |= own
            reworked |= own.difference(additions(statement)) if own else set()
    return Usage(bound, frozenset(changed), frozenset(reworked), frozenset(parts_set))


def constants(statement: Statement, used: Usage, known: frozenset[str]) -> tuple[str, ...]:
    """Return the names that a statement makes constants; `known` are those that its value may be made from."""
    node = statement.node
    if isinstance(node, _GUARDS):
        return _guarded(statement, used, known)
    if isinstance(node, ast.AnnAssign):
        targets: list[ast.expr] = [node.target]
    elif isinstance(node, ast.Assign):
        targets = node.targets
    else:
        return ()
    names = [name for target in targets for name in _plain_names(target)]
    once = all(used.bound[name] == 1 and name not in used.changed for name in names)
    if not names or not once or node.value is None or len(statement.trace.binds) != len(names):
        return ()
    return tuple(names) if is_pure(node.value, known) else ()


def _plain_names(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from _plain_names(each)
    else:
        yield ""  # an element or attribute: bound zero times, so never a constant


def _guarded(statement: Statement, used: Usage, known: frozenset[str]) -> tuple[str, ...]:
    """Imports and definitions under `try` or `if`, such as an import with a replacement."""
    names = tuple(statement.trace.binds)
    once = all(used.bound[name] == 1 and name not in used.changed for name in names)
    inner = frozenset(names) | known
    return names if names and once and all(_is_quiet(each, inner) for each in _leaf_statements(statement.node)) else ()


def _leaf_statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements under `try` and `if`, and the conditions that choose among them."""
    pending: list[ast.stmt] = [node]
    while pending:
        at = pending.pop()
        if not isinstance(at, _GUARDS):
            yield at
            continue
        if isinstance(at, ast.If):
            yield ast.Expr(at.test)
        pending += [*at.body, *at.orelse]
        if isinstance(at, ast.Try):
            pending += [*at.finalbody, *(each for handler in at.handlers for each in handler.body)]


def _is_quiet(node: ast.stmt, known: frozenset[str]) -> bool:
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)):
        return node.value is None or is_pure(node.value, known)
    return isinstance(node, (*DEFINING, ast.Pass))


def is_pure(node: ast.AST, known: frozenset[str]) -> bool:
    """Whether an expression has the same value wherever it is evaluated: made from literals and what is known.

    >>> is_pure(ast.parse("Path('data') / f'{year}.csv'", mode="eval").body, frozenset({"Path", "year"}))
    True
    >>> is_pure(ast.parse("len(flights)", mode="eval").body, frozenset())
    False
    """
    pending = [node]
    local = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    while pending:
        at = pending.pop()
        if isinstance(at, ast.Name):
            if at.id not in known and at.id not in local and at.id not in BUILTINS:
                return False
        elif isinstance(at, ast.Call):
            if not _calls_purely(at):
                return False
            pending += [*at.args, *at.keywords, *([at.func.value] if isinstance(at.func, ast.Attribute) else [])]
        elif isinstance(at, (*_COMPOSED, ast.Lambda)):
            pending += [] if isinstance(at, ast.Lambda) else ast.iter_child_nodes(at)
        elif not isinstance(at, _SINGLE):
            return False
    return True


def _calls_purely(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in PURE_CALLS or call.func.attr in PURE_METHODS
    return isinstance(call.func, ast.Name) and call.func.id in PURE_CALLS


def definitions(statement: Statement, lines: Sequence[str], cell: int, names: tuple[str, ...]) -> dict[str, Definition]:
    """Return the definitions of a statement by name; `names` are the constants that it makes."""
    node = statement.node
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _imports(node, cell)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        kind = DefinitionKind.CLASS if isinstance(node, ast.ClassDef) else DefinitionKind.FUNCTION
        return {node.name: _written(statement, lines, cell, node.name, kind)}
    is_lambda = isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)
    kind = DefinitionKind.FUNCTION if is_lambda else DefinitionKind.CONSTANT
    if is_lambda or isinstance(node, TYPE_ALIAS):
        names = tuple(statement.trace.binds)
    if not names:
        return {}
    one = _written(statement, lines, cell, names[0], kind)
    return dict.fromkeys(names, one)


def additions(statement: Statement) -> tuple[str, ...]:
    """Return the names whose parts a statement sets: `C` of `C.size = 3`, `del C.size` and `setattr(C, "size", 3)`."""
    node = statement.node
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _sets_part(node.value):
        return tuple(each.id for each in node.value.args[:1] if isinstance(each, ast.Name))
    else:
        return ()
    parts = [each.value if isinstance(each, ast.Attribute) else None for each in targets]
    names = [each.id for each in parts if isinstance(each, ast.Name)]
    return tuple(dict.fromkeys(names)) if len(names) == len(targets) else ()


def _sets_part(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in {"setattr", "delattr"}


def addition(statement: Statement, lines: Sequence[str], cell: int, name: str) -> Definition:
    """Return the statement as a part of the definition of that name."""
    made = _written(statement, lines, cell, name, DefinitionKind.CONSTANT)
    return replace(made, reads=made.reads | {name}, writes=frozenset())


def guards_definitions(statement: Statement) -> bool:
    """Whether a `try` does nothing but import and define, or do without what can't be imported."""
    leaves = list(_leaf_statements(statement.node)) if isinstance(statement.node, ast.Try) else []
    defines = [isinstance(each, DEFINING) for each in leaves]
    plain = [
        isinstance(each, ast.Pass) or (isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant))
        for each in leaves
    ]
    return any(defines) and all(either or other for either, other in zip(defines, plain, strict=True))


def _imports(node: ast.Import | ast.ImportFrom, cell: int) -> dict[str, Definition]:
    """Return the definitions of an import by name; `import a.b, a.c` is one of two lines."""
    made: dict[str, Definition] = {}
    for alias in node.names:
        one = _import(node, alias, cell)
        before = made.get(one.name)
        made[one.name] = replace(one, source=f"{before.source}\n{one.source}") if before else one
    return made


def adds_to(definition: Definition, before: Definition) -> bool:
    """Whether an import leaves in place what an earlier one of the same name bound, as `import a.b` after `import a`.

    >>> first, second = (Definition("a", DefinitionKind.IMPORT, at, 1, f"import a.{at}") for at in "bc")
    >>> adds_to(second, first)
    True
    """
    return all(
        each.kind is DefinitionKind.IMPORT and each.source.startswith("import ") and " as " not in each.source
        for each in (definition, before)
    )


def _import(node: ast.Import | ast.ImportFrom, alias: ast.alias, cell: int) -> Definition:
    renamed = f" as {alias.asname}" if alias.asname else ""
    source = f"import {alias.name}{renamed}"
    if isinstance(node, ast.ImportFrom):
        source = f"from {'.' * node.level}{node.module or ''} {source}"
    name = bound_name(alias)
    return Definition(name, DefinitionKind.IMPORT, cell, node.lineno, source)


def _written(statement: Statement, lines: Sequence[str], cell: int, name: str, kind: DefinitionKind) -> Definition:
    trace = statement.trace
    hard = frozenset(trace.reads) | frozenset(trace.late)
    soft = frozenset(trace.soft) - hard
    functions = trace.functions.values()
    writes = frozenset(each for facts in functions for each in facts.binds | (facts.mutates - {name}))
    surely = frozenset(trace.reads).union(*(facts.reads - facts.perhaps for facts in functions))
    return Definition(
        name=name,
        kind=kind,
        cell=cell,
        line=statement.line,
        source=source_of(statement, lines),
        reads=(hard | soft) - frozenset(trace.binds),
        soft=soft,
        later=frozenset(each for facts in functions for each in facts.later),
        perhaps=frozenset(each for facts in functions for each in facts.perhaps) - surely,
        writes=writes,
    )


def source_of(statement: Statement, lines: Sequence[str], *, comments: bool = True) -> str:
    """Return a statement's own text with the comment lines directly above and its trailing comment."""
    node = statement.node
    first, last = statement.line - 1, (node.end_lineno or node.lineno) - 1
    above = lines[first].encode()[: node.col_offset].decode(errors="ignore").strip() if first == node.lineno - 1 else ""
    after = lines[last].encode()[node.end_col_offset :].decode(errors="ignore").strip()
    if above or (after and not after.startswith("#")):
        return _segment(node, lines)
    start = first
    while comments and start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(lines[start : last + 1]).rstrip()


def _segment(node: ast.stmt, lines: Sequence[str]) -> str:
    """The text of a statement that shares its lines; `ast.get_source_segment` would split the whole cell."""
    own = [line.encode() for line in lines[node.lineno - 1 : node.end_lineno]]
    own[-1] = own[-1][: node.end_col_offset]
    own[0] = own[0][node.col_offset :]
    return b"\n".join(own).decode()
