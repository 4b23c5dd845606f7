"""Functions marked with `@step`: their arguments, where they are called, and what they make."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.analyse.definitions import source_of
from nbprod.analyse.depth import spelled
from nbprod.analyse.findings import Unclear
from nbprod.analyse.scopes import arguments_of
from nbprod.model.notebook import Mark, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbprod.analyse.trace import ScannedCell, Statement

FunctionStatement = ast.FunctionDef | ast.AsyncFunctionDef
_OPTIONS = ("outs", "metrics", "plots")


@dataclass(frozen=True, slots=True)
class Decorated:
    """A function that is a step: where it stands, where it is called, and what the notebook binds the call to."""

    name: str
    cell: int
    statement: Statement
    mark: Mark
    source: str
    arguments: tuple[str, ...]
    defaults: frozenset[str]
    outputs: tuple[str, ...]
    call_cell: int | None = None
    call: Statement | None = None
    passed: frozenset[str] | None = None  # None: it isn't called, so every argument is fed
    problem: str = ""

    @property
    def free_names(self) -> frozenset[str]:
        """The names that its body needs and that are no arguments."""
        names = frozenset(self.statement.trace.reads) | frozenset(self.statement.trace.late)
        return names - {self.name} - decorator_names(self.statement.node)

    @property
    def names_in_texts(self) -> frozenset[str]:
        """The names in its texts, which it needs if something makes them."""
        return frozenset(self.statement.trace.soft) - self.free_names - set(self.arguments)

    @property
    def usual_call(self) -> str:
        """How it should be called."""
        made = ", ".join(self.outputs)
        return f"{made} = {self.name}({', '.join(self.arguments)})" if made else f"result = {self.name}(…)"

    def unclear(self, problem: str, cell: int | None = None, line: int | None = None) -> Unclear:
        """Return the finding that something about its call can't be told."""
        at = self.cell if cell is None else cell
        return Unclear(self.name, problem, self.usual_call, at, line or self.statement.line)


def find(cells: Sequence[ScannedCell]) -> dict[str, list[Decorated]]:
    """Return the decorated functions of unmarked cells by name."""
    plain = [each for each in cells if each.cell.role is Role.PLAIN]
    calls = _top_level_calls(plain)
    found: dict[str, list[Decorated]] = {}
    for scanned in plain:
        for statement in scanned.statements:
            node = statement.node
            mark = step_mark(node)
            if mark is not None and isinstance(node, FunctionStatement):
                found.setdefault(node.name, []).append(
                    _decorated(scanned, statement, node, mark, calls.get(node.name, []))
                )
    return found


def step_mark(node: ast.stmt) -> Mark | None:
    """Return what `@step` or `@step(outs=…)` says of a function; None if it is not so marked."""
    if not isinstance(node, FunctionStatement):
        return None
    for decorator in node.decorator_list:
        if _is_mark(decorator):
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            declared = {each.arg: _texts(each.value) for each in keywords if each.arg in _OPTIONS}
            outs, metrics, plots = (declared.get(option, ()) for option in _OPTIONS)
            return Mark(node.name, outs, metrics, plots, not any(_hides_figures(each) for each in keywords))
    return None


def _hides_figures(keyword: ast.keyword) -> bool:
    return keyword.arg == "figures" and isinstance(keyword.value, ast.Constant) and not keyword.value.value


def _texts(node: ast.expr) -> tuple[str, ...]:
    constants = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return tuple(each for text in constants if isinstance(text, str) for each in text.replace(",", " ").split())


def decorator_names(node: ast.stmt) -> frozenset[str]:
    """Return the names that a `@step` decorator reads."""
    decorators = getattr(node, "decorator_list", [])
    marks = [each for each in decorators if _is_mark(each)]
    names = {each.id for mark in marks for each in ast.walk(mark) if isinstance(each, ast.Name)}
    return frozenset(names)


def _is_mark(decorator: ast.expr) -> bool:
    match decorator.func if isinstance(decorator, ast.Call) else decorator:
        case ast.Name("step") | ast.Attribute(ast.Name("nbprod"), "step"):
            return True
    return False


def undecorated(statement: Statement, lines: Sequence[str]) -> str:
    """Return a function's text without its `@step` mark."""
    node = statement.node
    whole = source_of(statement, lines)
    kept = whole.split("\n")
    above = len(kept) - ((node.end_lineno or node.lineno) - statement.line + 1)
    for mark in reversed([each for each in getattr(node, "decorator_list", []) if _is_mark(each)]):
        first = above + mark.lineno - statement.line
        last = above + (mark.end_lineno or mark.lineno) - statement.line
        del kept[first : last + 1]
    return textwrap.dedent("\n".join(kept))


def _top_level_calls(cells: Sequence[ScannedCell]) -> dict[str, list[tuple[int, Statement, ast.Call]]]:
    calls: dict[str, list[tuple[int, Statement, ast.Call]]] = {}
    for scanned in cells:
        for statement in scanned.statements:
            call = _called(statement.node)
            if call is not None and isinstance(call.func, ast.Name):
                calls.setdefault(call.func.id, []).append((scanned.cell.index, statement, call))
    return calls


def _called(node: ast.stmt) -> ast.Call | None:
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) else None
    if isinstance(value, ast.Await):
        value = value.value
    return value if isinstance(value, ast.Call) else None


def _decorated(
    scanned: ScannedCell,
    statement: Statement,
    node: FunctionStatement,
    mark: Mark,
    calls: list[tuple[int, Statement, ast.Call]],
) -> Decorated:
    calls = [each for each in calls if each[0] >= scanned.cell.index]
    call_cell, call_statement, call = calls[0] if calls else (None, None, None)
    arguments = arguments_of(node)
    problem, passed = _passed(arguments, call)
    outputs = _bound(call_statement.node) if call_statement is not None else None
    if outputs == ():
        outputs = returned_names(node)
    if call_statement is None:
        outputs = returned_names(node)
    if outputs is None:
        problem, outputs = problem or "what it makes has no names", ()
    if len(calls) > 1:
        problem = problem or "it is called more than once"
    return Decorated(
        name=node.name,
        cell=scanned.cell.index,
        statement=statement,
        mark=mark,
        source=undecorated(statement, scanned.lines),
        arguments=arguments,
        defaults=_with_default(node),
        outputs=outputs,
        call_cell=call_cell,
        call=call_statement,
        passed=passed,
        problem=problem,
    )


def _passed(arguments: tuple[str, ...], call: ast.Call | None) -> tuple[str, frozenset[str] | None]:
    """Return what is wrong with a call's arguments, and the names that it passes."""
    if call is None:
        return "", None
    names: set[str] = set()
    for at, value in _pairs(arguments, call):
        if not isinstance(value, ast.Name) or value.id != at:
            given = spelled(value)
            return f"its argument '{at}' is given '{given}', not the value of that name", frozenset(names)
        names.add(at)
    return "", frozenset(names)


def _pairs(arguments: tuple[str, ...], call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for index, value in enumerate(call.args):
        yield (arguments[index] if index < len(arguments) else "…"), value
    for keyword in call.keywords:
        yield keyword.arg or "…", keyword.value


def _with_default(node: FunctionStatement) -> frozenset[str]:
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args]
    last = plain[len(plain) - len(spec.defaults) :]
    by_keyword = [each for each, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value is not None]
    return frozenset(each.arg for each in (*last, *by_keyword))


def _bound(node: ast.stmt) -> tuple[str, ...] | None:
    """Return the names that a call is bound to; () for none, None where they are no plain names."""
    if isinstance(node, ast.Expr):
        return ()
    if isinstance(node, ast.AnnAssign):
        return _target_names(node.target)
    return _target_names(node.targets[0]) if isinstance(node, ast.Assign) and len(node.targets) == 1 else None


def _target_names(target: ast.expr) -> tuple[str, ...] | None:
    elements = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    names = tuple(each.id for each in elements if isinstance(each, ast.Name))
    return names if len(names) == len(elements) else None


def returned_names(node: FunctionStatement) -> tuple[str, ...] | None:
    """Return the names that a function returns; () if it returns nothing, None if they can't be told."""
    returns = [each.value for each in _own_nodes(node) if isinstance(each, ast.Return) and each.value is not None]
    if not returns:
        return ()
    names = {_target_names(each) for each in returns}
    return names.pop() if len(names) == 1 else None


def _own_nodes(node: FunctionStatement) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(node.body)
    while pending:
        at = pending.pop()
        yield at
        if not isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending += ast.iter_child_nodes(at)
