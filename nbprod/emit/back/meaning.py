"""What code says, whatever its layout: two texts with the same meaning run alike."""

from __future__ import annotations

import ast
import copy
import inspect
import tokenize

from nbprod.emit import source

DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)


def meaning(code: str) -> str:
    r"""Return what the code says, without its comments, docstrings and annotations.

    >>> meaning("def f(a: int) -> int:\n    'Doc.'\n    return (a)") == meaning("def f(a): return a # a")
    True
    """
    tree = source.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and _docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(_plain(tree))


def key(node: ast.AST, text: str) -> str:
    """Return what a statement says, docstrings and comments included; its layout doesn't count."""
    return "\n".join([ast.dump(_plain(node)), *comments(text)])


def comments(text: str) -> list[str]:
    """The comments in the text of whole statements, without the blanks around their words.

    >>> comments("x = '#'  #twice")
    ['# twice']
    """
    if "#" not in text:
        return []
    try:
        found = source.tokens(text)
    except (tokenize.TokenError, SyntaxError):
        return []
    return [comment(each.string) for each in found if each.type == tokenize.COMMENT]


def comment(text: str) -> str:
    """A comment as the formatter lays it out."""
    return f"# {text.strip().lstrip('#').strip()}"


def _plain(node: ast.AST) -> ast.AST:
    """The tree without what a formatter may change: the indentation of docstrings, the prefix `u`.

    A global of the notebook is a nonlocal of the function that holds its code.
    """
    tree = copy.deepcopy(node)
    for each in ast.walk(tree):
        if isinstance(each, DOCUMENTED) and (doc := _docstring(each)) is not None:
            doc.value = inspect.cleandoc(str(doc.value))
        if isinstance(each, ast.Constant):
            each.kind = None
    return _Globals().visit(tree)  # type: ignore[no-any-return]


class _Globals(ast.NodeTransformer):
    """Turns `nonlocal` into `global`."""

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Global:
        """The same names as globals."""
        return ast.Global(node.names)


def _docstring(node: ast.AST) -> ast.Constant | None:
    match node:
        case (
            ast.FunctionDef(body=[first, *_])
            | ast.AsyncFunctionDef(body=[first, *_])
            | ast.ClassDef(body=[first, *_])
            | ast.Module(body=[first, *_])
        ):
            pass
        case _:
            return None
    match first:
        case ast.Expr(value=ast.Constant(value=str()) as constant):
            return constant
        case _:
            return None
