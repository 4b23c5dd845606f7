"""All names that a notebook binds anywhere: what `{x}` and `$x` in its shell lines may mean."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from nbprod.read.python import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES_ATTRIBUTE = re.compile(r"\.(?:get_)?(?:grep|fields|sort|list|nlstr|spstr|paths|[lnps])\b")
MAGIC_ROW = re.compile(r"^(?P<before>\s*(?:[\w.,\s\[\]\"']+=\s*)?)[%!].*$")


def bound_names(sources: Iterable[str]) -> frozenset[str]:
    r"""Return every name that the cells bind, at whatever depth; cells that are no Python bind nothing.

    >>> sorted(bound_names(["import os.path", "files = !ls\nfor each in files: pass"]))
    ['each', 'files', 'os']
    """
    return frozenset(name for source in sources for name in _names(source))


def uses_lines(sources: Iterable[str]) -> bool:
    """Return whether any cell asks a value for what the lines of a shell line can do, and plain lists can't.

    `sort` is among it: that of shell lines returns what it sorted, and leaves them as they are.

    >>> uses_lines(["files = !ls", "files.grep('csv')"]), uses_lines(["files = !ls", "files.index('a')"])
    (True, False)
    """
    return any(LINES_ATTRIBUTE.search(source) for source in sources)


def _names(source: str) -> Iterable[str]:
    rows = [_without_magic(row) for row in source.split("\n")]
    tree = parsed("\n".join(rows))
    if not isinstance(tree, ast.Module):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.split(".")[0]
            case ast.ExceptHandler(name=str(name)):
                yield name


def _without_magic(row: str) -> str:
    found = MAGIC_ROW.match(row)
    if not found:
        return row
    before = found["before"]
    return before + "None" if before.strip() else ("" if row.startswith("%%") else before + "pass")
