"""Python text as text: what names it mentions and binds, and indentation that never touches a string."""

from __future__ import annotations

import ast
import builtins
import io
import re
import symtable
import tokenize
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def parse(code: str) -> ast.Module:
    """The syntax tree of a cell's code; top-level await is allowed, as in a notebook."""
    tree = compile(code, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def mentioned(code: str | ast.AST) -> frozenset[str]:
    """Every name that stands anywhere in the code.

    >>> sorted(mentioned("def f(a): return np.sum(a) + b"))
    ['a', 'b', 'f', 'np']
    """
    tree = parse(code) if isinstance(code, str) else code
    return frozenset(name for node in ast.walk(tree) for name in _names_of(node))


def _names_of(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.alias():
            return (bound_by(node),)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return tuple(names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case _:
            return ()


def bound_by(alias: ast.alias) -> str:
    """The name that one part of an import statement binds."""
    return alias.asname or alias.name.split(".")[0]


def bindings(tree: ast.AST) -> Counter[str]:
    r"""How often each name is bound in the code's own scope: nested functions, classes and lambdas don't count.

    >>> sorted(bindings(parse("import os.path\nfor i in x: y = [z for z in i]\ndef f(): q = 1")).elements())
    ['f', 'i', 'os', 'y']
    """
    found: Counter[str] = Counter()
    for node in _own_scope(tree):
        found.update(_bound_names(node))
    return found


def _own_scope(node: ast.AST, *, inside: bool = False) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if inside and not isinstance(child, (ast.NamedExpr, *COMPREHENSIONS)):
            yield from _own_scope(child, inside=True)
            continue
        yield child
        if isinstance(child, ast.NamedExpr) and inside:
            yield child.target
        if not isinstance(child, SCOPES):
            yield from _own_scope(child, inside=isinstance(child, COMPREHENSIONS) or inside)


def _bound_names(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return tuple(bound_by(each) for each in names)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
        case _:
            return ()


def free_names(code: str) -> frozenset[str]:
    """The names that a statement needs from its module, builtins left out.

    >>> sorted(free_names("def f(a, b=default): return a + [c for d in e][0]"))
    ['c', 'default', 'e']
    """
    table = symtable.symtable(code, "<definition>", "exec")
    bound = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}
    return frozenset(_global_reads(table)) - bound - BUILTINS


def _global_reads(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_reads(child)


def writes_globals(node: ast.AST) -> bool:
    """Whether a function in the code declares a name global."""
    return bool(global_names(node))


def global_names(tree: ast.AST) -> frozenset[str]:
    """The names that functions in the code declare global."""
    return frozenset(name for each in ast.walk(tree) if isinstance(each, ast.Global) for name in each.names)


def indent(code: str, prefix: str = "    ") -> str:
    r"""The code, further in; lines inside a string stay as they are, to the byte.

    >>> indent("x = '''a\nb'''\ny = 1").splitlines()
    ["    x = '''a", "b'''", '    y = 1']
    """
    inside = string_lines(code)
    lines = code.split("\n")
    return "\n".join(
        line if number in inside or not line.strip() else prefix + line for number, line in enumerate(lines, 1)
    )


def string_lines(code: str) -> frozenset[int]:
    """The lines, from 1, that begin inside a string."""
    lines: set[int] = set()
    opened: list[int] = []
    for token in tokens(code):
        kind = tokenize.tok_name[token.type]
        if kind in ("FSTRING_START", "TSTRING_START"):
            opened.append(token.start[0])
        elif kind in ("FSTRING_END", "TSTRING_END"):
            lines.update(range(opened.pop() + 1, token.end[0] + 1))
        elif kind == "STRING":
            lines.update(range(token.start[0] + 1, token.end[0] + 1))
    return frozenset(lines)


def tokens(code: str) -> tuple[tokenize.TokenInfo, ...]:
    """The code's tokens."""
    return tuple(tokenize.generate_tokens(io.StringIO(code).readline))


def replace_keyword(code: str, old: str, new: str) -> str:
    r"""The code with each keyword `old` spelled `new`; strings and comments stay.

    >>> replace_keyword("def f():\n    global x  # global", "global", "nonlocal")
    'def f():\n    nonlocal x  # global'
    """
    lines = code.split("\n")
    for token in reversed(tokens(code)):
        if token.type == tokenize.NAME and token.string == old:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + new + line[column + len(old) :]
    return "\n".join(lines)


def camel(name: str) -> str:
    """A class name made from a value's name.

    >>> camel("late_flights"), camel("X_train"), camel("_2nd"), camel("HTTPLog")
    ('LateFlights', 'XTrain', 'Value2nd', 'HTTPLog')
    """
    words = [word for word in re.split(r"_+", name) if word]
    joined = "".join(word[0].upper() + word[1:] for word in words) or "Value"
    return joined if joined.isidentifier() else f"Value{joined}"


def title(name: str) -> str:
    """A step's name as the first words of a sentence.

    >>> title("fit_model")
    'Fit model'
    """
    return name.strip("_").replace("_", " ").capitalize() or name


def literal(code: str) -> bool:
    """Whether the code is a plain literal."""
    try:
        ast.literal_eval(code)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
