"""Whether a text is Python that a cell may hold, and where it stops being so."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

BELONGS_IN_BLOCK = re.compile(r"\b(return|yield|break|continue|nonlocal)\b")
IN_ITS_PLACE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom)


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """Why a text is no Python, and the line, from 1."""

    problem: str
    line: int


def parsed(source: str) -> ast.Module | SyntaxFault:
    r"""Return the tree of a cell, in which `await` may stand at the top level, or why there is none.

    >>> parsed("a = [1,\nb = 2").line
    1
    """
    try:
        tree = ast.parse(source)
        if BELONGS_IN_BLOCK.search(source) and not all(isinstance(each, IN_ITS_PLACE) for each in tree.body):
            compile(source, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        return _fault(source, error)
    except ValueError as error:  # null bytes, lone surrogates
        return SyntaxFault(str(error), 1)
    except (RecursionError, MemoryError, OverflowError):
        return SyntaxFault("it is nested too deeply", 1)
    return tree


def _fault(source: str, error: SyntaxError) -> SyntaxFault:
    lines = source.split("\n")
    number = min(max(error.lineno or 1, 1), len(lines))
    text = lines[number - 1].strip()
    shown = f": {text[:60]}" if error.msg == "invalid syntax" and text else ""
    return SyntaxFault(error.msg + shown, number)
