"""A decorated function of the notebook as the function of its step: same body, new signature."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.model.graph import RANDOM_STATES

if TYPE_CHECKING:
    from nbprod.model.graph import Step

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def definition(step: Step) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """The function's syntax tree."""
    found = next(each for each in source.parse(step.source).body if isinstance(each, FUNCTIONS))
    assert isinstance(found, FUNCTIONS)
    return found


def made(step: Step) -> tuple[str, ...]:
    """The names of what the function itself returns, in its order; random states come back beside them."""
    return tuple(each for each in step.outputs if each not in RANDOM_STATES)


def before(step: Step) -> tuple[str, ...]:
    """Statements of other cells that belong to the step, such as a seed that stands before its call."""
    return tuple(each.python for each in step.blocks if each.python != step.source)


def returns(function: ast.AST) -> list[ast.Return]:
    """The return statements of the function itself, not of those inside it."""
    found: list[ast.Return] = []
    for child in ast.iter_child_nodes(function):
        if isinstance(child, ast.Return):
            found.append(child)
        elif not isinstance(child, source.SCOPES):
            found += returns(child)
    return found


def defaults(step: Step) -> dict[str, str]:
    """The arguments that have a default, with its source."""
    arguments = definition(step).args
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    pairs = list(zip(with_default, arguments.defaults, strict=True))
    pairs += [
        (each, value)
        for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if value is not None
    ]
    return {each.arg: ast.get_source_segment(step.source, value) or "..." for each, value in pairs}


def argument_types(step: Step) -> dict[str, str]:
    """The arguments' annotations, as source."""
    arguments = definition(step).args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {
        each.arg: ast.get_source_segment(step.source, each.annotation) or "Any" for each in every if each.annotation
    }


def docstring(step: Step) -> str:
    """The function's own docstring, cleaned."""
    return ast.get_docstring(definition(step)) or ""


@dataclass(frozen=True, slots=True)
class Returned:
    """How a function gives its values back: in a named tuple `result` or alone ("").

    `own` is how many values it returns itself; `extra` are expressions for what comes back beside them.
    """

    result: str = ""
    own: int = 1
    extra: tuple[str, ...] = ()

    def __call__(self, own: str = "") -> str:
        """What stands after `return`, given the function's own values as arguments."""
        values = ", ".join(each for each in (own, *self.extra) if each)
        return f"{self.result}({values})" if self.result else values


def body_text(step: Step, returned: Returned) -> str:
    """The function's statements with their comments, dedented; what it returned comes back as `returned` says.

    The lines before the first statement (comments) are kept; the docstring is left out.
    """
    function = definition(step)
    lines = step.source.rstrip("\n").split("\n")
    first = function.body[0]
    start = _header_end(step.source, function)
    inline = first.lineno == function.lineno  # def f(x): return x
    prefix = _indentation(lines, function.body)
    if returned.result or returned.extra:
        for each in reversed(returns(function)):
            _rewrap(lines, each, returned)
    if inline:
        column = len(lines[first.lineno - 1].encode()[: first.col_offset].decode())
        text = "\n".join([lines[first.lineno - 1][column:], *lines[first.lineno :]])
    else:
        if _is_docstring(first):
            start = first.end_lineno or first.lineno
        text = _dedented("\n".join(lines[start:]), prefix)
    ends = isinstance(function.body[-1], (ast.Return, ast.Raise))
    return text if ends or not returned.extra or returned.own else f"{text}\nreturn {returned()}"


def _header_end(text: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The last line of the signature: that of the colon which opens the body."""
    depth = 0
    for token in source.tokens(text):
        if token.start[0] < function.lineno:
            continue
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth -= 1
        elif token.string == ":" and depth == 0:
            return token.start[0]
    return function.lineno


def _is_docstring(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


def _indentation(lines: list[str], statements: list[ast.stmt]) -> str:
    line = lines[statements[-1].lineno - 1]
    return line[: len(line) - len(line.lstrip())]


def _dedented(text: str, prefix: str) -> str:
    inside = _string_lines(text, prefix)
    return "\n".join(
        line if number in inside else line.removeprefix(prefix) for number, line in enumerate(text.split("\n"), 1)
    )


def _string_lines(text: str, prefix: str) -> frozenset[int]:
    """As source.string_lines, of indented text: two lines before it make it Python again."""
    return frozenset(each - 2 for each in source.string_lines(f"if 1:\n{prefix}pass\n{text}\n"))


def _rewrap(lines: list[str], statement: ast.Return, returned: Returned) -> None:
    """Let a return statement give back what it shall."""
    value = statement.value
    node: ast.stmt | ast.expr = value if value is not None and returned.own else statement
    text = "\n".join(lines)
    segment = ast.get_source_segment(text, node) or ""
    if node is statement:
        wanted = f"return {returned()}"
    else:
        inner = _tuple_inner(segment, value) if isinstance(value, ast.Tuple) else ""
        wanted = returned(f"({segment})" if returned.own == 1 else inner or f"*({segment})")
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    start = len(lines[first].encode()[: node.col_offset].decode())
    end = len(lines[last].encode()[: node.end_col_offset].decode())
    lines[first : last + 1] = f"{lines[first][:start]}{wanted}{lines[last][end:]}".split("\n")


def _tuple_inner(segment: str, value: ast.Tuple) -> str:
    """The elements of a tuple display as arguments."""
    candidates = [segment[1:-1], segment] if segment.startswith("(") and segment.endswith(")") else [segment]
    for each in candidates:
        text = each.rstrip().rstrip(",")
        try:
            tree = ast.parse(f"f({text}\n)", mode="eval").body
        except SyntaxError:
            continue
        if isinstance(tree, ast.Call) and [ast.dump(one) for one in tree.args] == [ast.dump(one) for one in value.elts]:
            return text
    return ""
