"""Names that are read inside strings: queries, expressions, formulas, templates."""

from __future__ import annotations

import ast
import re

AT_NAME = re.compile(r"@([A-Za-z_]\w*)")
WORD = re.compile(r"[A-Za-z_]\w*")
FORMULA = re.compile(r"^[^'\"\n]*~(?!/)[^'\"\n]*$")  # no path in the home folder
CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*[(.]")
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)|%\(([A-Za-z_]\w*)\)")


def query_names(text: str) -> set[str]:
    """Return the notebook's names in a `DataFrame.query` or `DataFrame.eval` text.

    >>> query_names("delay > @limit and `a b` < @top")  == {"limit", "top"}
    True
    """
    return set(AT_NAME.findall(text))


def expression_names(text: str) -> set[str]:
    """Return every name in a Python expression or statement, or nothing if the text is neither.

    >>> sorted(expression_names("a + b.c"))
    ['a', 'b']
    """
    try:
        tree = ast.parse(AT_NAME.sub(r"\1", text).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def formula_names(text: str, *, with_data: bool) -> set[str]:
    """Return the notebook's names in a model formula: with data, only what it calls, for the rest are columns.

    >>> sorted(formula_names("late ~ np.log(distance) + scale(hour)", with_data=True))
    ['np', 'scale']
    """
    if not FORMULA.match(text):
        return set()
    return set(CALLED.findall(text)) if with_data else set(WORD.findall(text))


def template_names(text: str) -> set[str]:
    """Return the names in a template's placeholders: `{name}` and `%(name)s`.

    >>> sorted(template_names("{flights} of %(carrier)s"))
    ['carrier', 'flights']
    """
    return {first or second for first, second in PLACEHOLDER.findall(text)}
