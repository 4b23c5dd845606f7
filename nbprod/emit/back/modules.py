"""The module's side: its imports, what stands above its function, and the function's body."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from nbprod.emit import functions, source
from nbprod.emit.back import items
from nbprod.emit.back.items import FUNCTIONS, Item, Region


@dataclass(frozen=True, slots=True)
class Module:
    """A generated module, read: `function` is that of its step, None in definitions.py."""

    lines: tuple[str, ...]
    imports: dict[str, str]  # the name that each import binds, by its statement
    top: tuple[Item, ...]
    body: tuple[Item, ...]
    function: ast.FunctionDef | ast.AsyncFunctionDef | None

    @property
    def defaults(self) -> dict[str, str]:
        """The arguments' defaults, as source."""
        spec = self.function.args if self.function else None
        pairs = zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if spec else ()
        return {each.arg: ast.unparse(value) for each, value in pairs if value is not None}

    def annotated(self, name: str) -> str:
        """An argument with its annotation."""
        spec = self.function.args if self.function else None
        return next((ast.unparse(each) for each in (spec.kwonlyargs if spec else ()) if each.arg == name), name)

    @property
    def signature(self) -> str:
        """The function's head without its defaults."""
        if self.function is None:
            return ""
        spec = self.function.args
        named = [ast.unparse(each) for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
        named += [ast.unparse(each) for each in (spec.vararg, spec.kwarg) if each]
        returned = ast.unparse(self.function.returns) if self.function.returns else ""
        return f"{type(self.function).__name__} {', '.join(named)} -> {returned}"

    @property
    def head(self) -> tuple[int, int]:
        """The first and the last line of the function's signature."""
        return (self.function.lineno, items.header_end(self.function, self.lines)) if self.function else (1, 0)

    @property
    def words(self) -> tuple[int, int]:
        """The first and the last line of the function's docstring; (1, 0) without one."""
        match self.function.body if self.function else []:
            case [ast.Expr(value=ast.Constant(value=str())) as doc, *_]:
                return doc.lineno, doc.end_lineno or doc.lineno
            case _:
                return (1, 0)

    @property
    def said(self) -> list[str]:
        """What the module's statements say, imports, signature and docstrings aside."""
        return [each.key for each in (*self.top, *self.body) if each.node is not None]

    @property
    def free(self) -> set[str]:
        """Those of them that may stand in any order: functions that evaluate nothing where they are defined."""
        return {each.key for each in self.top if _is_free(each.node)}

    @property
    def arguments(self) -> list[str]:
        """The names of the function's arguments."""
        spec = self.function.args if self.function else None
        return [each.arg for each in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)] if spec else []

    @property
    def docstring(self) -> str:
        """The function's docstring."""
        return ast.get_docstring(self.function) or "" if self.function else ""


def module(text: str, step: str) -> Module:
    """Return the module of a step ("": definitions.py); what the step's function returns is as the notebook has it.

    Raises:
        SyntaxError: the text is not Python.
    """
    text = _unwrapped(text, step)
    tree = source.parse(text)
    lines = text.split("\n")
    function = _function(tree, step)
    imports = {text: name for each in tree.body for text, name in single_imports(each)}
    body = tuple(items.items(items.body_of(function, lines), lines)) if function else ()
    return Module(tuple(lines), imports, _top(tree, lines, function), body, function)


def single_imports(statement: ast.stmt) -> list[tuple[str, str]]:
    """An import statement as statements that bind one name each, with the name.

    >>> single_imports(ast.parse("from a import b, c as d").body[0])
    [('from a import b', 'b'), ('from a import c as d', 'd')]
    """
    match statement:
        case ast.Import(names=names):
            return [(ast.unparse(ast.Import([each])), source.bound_by(each)) for each in names]
        case ast.ImportFrom(module=where, names=names, level=level):
            return [(ast.unparse(ast.ImportFrom(where, [each], level)), source.bound_by(each)) for each in names]
        case _:
            return []


def _function(tree: ast.Module, step: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    found = [each for each in tree.body if isinstance(each, FUNCTIONS) and each.name == step]
    return found[-1] if found else None


def _top(tree: ast.Module, lines: list[str], function: ast.stmt | None) -> tuple[Item, ...]:
    """What stands at the module's top beside imports, the docstring and the step's function."""
    statements = tree.body
    first = 1
    match statements:
        case [ast.Expr(value=ast.Constant(value=str())) as doc, *_]:
            statements, first = statements[1:], (doc.end_lineno or 1) + 1
    last = len(lines)
    found = items.items(Region(statements, first, last), lines)
    own = next((each for each in found if each.node is function), None) if function else None
    return tuple(
        each
        for each in found
        if each.node is not function
        and not isinstance(each.node, (ast.Import, ast.ImportFrom))
        and not (own and each.node is None and each.first > own.last)
    )


def _unwrapped(text: str, step: str) -> str:
    """The module with `return Result(a, b)` as `return a, b`, as decorated functions of the notebook have it."""
    tree = source.parse(text)
    function = _function(tree, step)
    results = {each.name for each in tree.body if isinstance(each, ast.ClassDef) and _is_named_tuple(each)}
    lines = text.split("\n")
    for each in reversed(functions.returns(function)) if function else ():
        match each.value:
            case ast.Call(func=ast.Name(id=name), args=[_, *_], keywords=[]) as call if name in results:
                _unwrap(lines, call, text)
    return "\n".join(lines)


def _unwrap(lines: list[str], call: ast.Call, text: str) -> None:
    match call.args:
        case [ast.Starred(value=value)]:
            inner = ast.get_source_segment(text, value) or ""
        case _:
            whole = ast.get_source_segment(text, call) or ""
            inner = whole[whole.index("(") + 1 : -1]
    inner = f"({inner})" if "\n" in inner else inner.strip().rstrip(",")
    first, last = call.lineno - 1, (call.end_lineno or call.lineno) - 1
    start = len(lines[first].encode()[: call.col_offset].decode())
    end = len(lines[last].encode()[: call.end_col_offset].decode())
    lines[first : last + 1] = f"{lines[first][:start]}{inner}{lines[last][end:]}".split("\n")


def _is_named_tuple(node: ast.ClassDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "NamedTuple" for each in node.bases)


def _is_free(node: ast.stmt | None) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    spec = node.args
    return not (node.decorator_list or spec.defaults or any(spec.kw_defaults) or _annotated(node))


def _annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it has annotations that are looked up where it stands, other than those that Python itself has."""
    spec = node.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    found = [node.returns, *(each.annotation for each in every if each)]
    known = (isinstance(each, ast.Constant) or ast.unparse(each) in vars(builtins) for each in found if each)
    return not all(known)
