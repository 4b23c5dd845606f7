"""Global state that the notebook sets: which steps repeat it, for each runs in a process of its own."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from nbprod.analyse.depth import spelled
from nbprod.analyse.knowledge import DRAWING, QUIET, REGISTERING, SETTINGS, WRITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.analyse.origins import Origin
    from nbprod.analyse.trace import Statement

IMPORTED = re.compile(r"^\s*(?:from|import)\s+([A-Za-z_]\w*)")
SHOWN = re.compile(r"""display|max_colwidth|float_format""")


def is_plain(statement: Statement) -> bool:
    """Whether a statement does nothing but set something, so that it can be repeated elsewhere."""
    return isinstance(statement.node, ast.Expr | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete)


def is_bare_call(statement: Statement) -> bool:
    """Whether it only calls a function and uses no result, as in `set_up()`."""
    return isinstance(statement.node, ast.Expr) and isinstance(statement.node.value, ast.Call)


def registers(dotted: str) -> bool:
    """Whether a call of that name, for its own sake, leaves something behind in a library that nothing is known of.

    >>> registers("deap.creator.create"), registers("numpy.apply"), registers("deap.tools.describe")
    (True, False, False)
    """
    root, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
    return last in REGISTERING and root not in QUIET and root not in sys.stdlib_module_names


def audience(statement: Statement) -> frozenset[str]:
    """Return the words of code that a setting matters to; empty: it matters to all code.

    >>> from nbprod.analyse.trace import Statement, Trace
    >>> node = ast.parse("pd.set_option('display.width', 200)").body[0]
    >>> "to_string" in audience(Statement(node, Trace(settings={"pandas.set_option": "pandas"})))
    True
    """
    by_functions = {SETTINGS.get(each, "") for each in statement.trace.set_ups}
    whose = {*statement.trace.settings.values()} or by_functions
    if whose == {"matplotlib"}:
        return DRAWING
    if whose == {"text"} or (whose == {"pandas"} and SHOWN.search(spelled(statement.node))):
        return WRITING
    return frozenset()


def words(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names and attributes in the code, and "format" for an f-string."""
    found: set[str] = set()
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                found.add(each.id)
            elif isinstance(each, ast.Attribute):
                found.add(each.attr)
            elif isinstance(each, ast.JoinedStr):
                found.add("format")
    return frozenset(found)


def matters(listening: frozenset[str], mentioned: frozenset[str], current: Mapping[str, Origin]) -> bool:
    """Whether a setting matters to code that mentions these names: to its own words, or to those of what it uses."""
    if not listening or listening & mentioned:
        return True
    return any(_is_heard_by(name, listening, current) for name in mentioned if name in current)


def _is_heard_by(name: str, listening: frozenset[str], current: Mapping[str, Origin]) -> bool:
    pending, seen = [name], {name}
    while pending:
        origin = current.get(pending.pop())
        definition = origin.definition if origin else None
        if definition is None:
            continue
        if definition.kind == "import":
            if _may_do_anything(definition.source):
                return True
            continue
        if listening & definition.reads or listening & {*re.findall(r"\w+", definition.source)}:
            return True
        new = definition.reads - seen
        seen |= new
        pending += new
    return False


def _may_do_anything(source: str) -> bool:
    """Whether a module is one that nothing is known of."""
    match = IMPORTED.match(source)
    return match is None or (match[1] not in QUIET and match[1] not in sys.stdlib_module_names)
