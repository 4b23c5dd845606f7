"""Names that are read inside strings: queries, expressions, formulas, templates."""

from __future__ import annotations

import ast
import re

from nbprod.analyse.knowledge import SQL_CLAUSES

AT_NAME = re.compile(r"@([A-Za-z_]\w*)")
WORD = re.compile(r"[A-Za-z_]\w*")
FORMULA = re.compile(r"^[^'\"\n]*~(?!/)[^'\"\n]*$")  # no path in the home folder
CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*[(.]")
SQL_MADE = re.compile(
    r"\bcreate\s(?:or\s+replace\s)?(?:temp\w*\s)?\s*(?:table|view)(?:\s+if\s+not\s+exists)?\s+([A-Za-z_][\w.]*)",
    re.IGNORECASE,
)
SQL_COMMENT = re.compile(r"--.*")
# A word and whether it is called, or a mark; no file's path.
SQL_PART = re.compile(r"(?<![\w.'/])([A-Za-z_][\w.]*+)(?=(\s*\()?)|([(),])")
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


def query_language_names(text: str) -> set[str]:
    """Return the words of an SQL text that stand where tables do: frames of the notebook may be among them.

    >>> sorted(query_language_names("select delay from flown f, hubs join planes on tail = plane where late"))
    ['f', 'flown', 'hubs', 'planes']
    >>> sorted(query_language_names("from main.flown where id in (select id from hubs) order by day"))
    ['flown', 'hubs']
    >>> sorted(query_language_names("select max(delay) from (select * from flown) as f, hubs using (tail), planes"))
    ['as', 'f', 'flown', 'hubs', 'planes']
    """
    found: set[str] = set()
    around: list[str] = []
    clause = "from"  # what comes first may be the rest of a text
    for word, called, mark in SQL_PART.findall(SQL_COMMENT.sub("", text)):
        if mark == "(":
            around.append(clause)
        elif mark == ")":
            clause = around.pop() if around else clause
        elif mark:
            clause = "from" if clause == "on" else clause
        elif word.lower() in SQL_CLAUSES:
            clause = SQL_CLAUSES[word.lower()]
        elif clause == "from" and not called:
            found.add(word.rpartition(".")[2])  # DuckDB finds a frame whatever schema its name stands in
    return found


def tables_made(text: str) -> set[str]:
    """Return the names of the tables and views that an SQL text makes.

    >>> sorted(tables_made("create temp view hubs as select 1; create or replace table main.flown as select 1"))
    ['flown', 'hubs']
    """
    return {made.rpartition(".")[2] for made in SQL_MADE.findall(text)}
