"""A decorated function of the notebook as the function of its step: same body, new signature."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.emit import source

if TYPE_CHECKING:
    from nbprod.model.graph import Step

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def definition(step: Step) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """The function's syntax tree."""
    found = next(each for each in source.parse(step.source).body if isinstance(each, FUNCTIONS))
    assert isinstance(found, FUNCTIONS)
    return found


def calls(step: Step) -> tuple[str, ...]:
    """The names that the notebook binds the function's call to; without a call, those that it returns."""
    for block in step.blocks:
        for statement in ast.walk(source.parse(block.python)):
            names = _targets(statement, step.function)
            if names:
                return names
    return _return_names(definition(step))


def _targets(statement: ast.AST, function: str) -> tuple[str, ...]:
    match statement:
        case (
            ast.Assign(targets=[target], value=value)
            | ast.AnnAssign(target=target, value=value)
            | ast.NamedExpr(target=target, value=value)
        ):
            called = value.value if isinstance(value, ast.Await) else value
            match called:
                case ast.Call(func=ast.Name(id=name)) if name == function:
                    return _names(target)
    return ()


def _names(target: ast.AST) -> tuple[str, ...]:
    match target:
        case ast.Name(id=name):
            return (name,)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            names = tuple(each.id for each in elements if isinstance(each, ast.Name))
            return names if len(names) == len(elements) else ()
        case _:
            return ()


def _return_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    found = [_names(each.value) for each in returns(function) if each.value is not None]
    return found[-1] if found else ()


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


def body_text(step: Step, result: str, extra: tuple[str, ...]) -> str:
    """The function's statements with their comments, dedented; returns give `result`, with `extra` expressions too.

    The lines before the first statement (comments) are kept; the docstring is left out.
    """
    function = definition(step)
    lines = step.source.split("\n")
    if result:
        for each in reversed(returns(function)):
            _rewrap(lines, each, result, extra)
    first = function.body[0]
    start = _header_end(step.source, function)
    if _is_docstring(first):
        start = first.end_lineno or first.lineno
    text = "\n".join(lines[start:])
    if first.lineno == function.lineno:  # def f(x): return x
        column = len(lines[first.lineno - 1].encode()[: first.col_offset].decode())
        return lines[first.lineno - 1][column:]
    return _dedented(text, _indentation(lines, function.body))


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


def _rewrap(lines: list[str], statement: ast.Return, result: str, extra: tuple[str, ...]) -> None:
    """Put the returned values into the named tuple; a multi-line return keeps its lines."""
    value = statement.value
    if value is None:
        return
    text = "\n".join(lines)
    segment = ast.get_source_segment(text, value) or ""
    inner = _tuple_inner(segment, value)
    parts = ", ".join((inner or f"*({segment})" if not extra or inner else segment, *extra))
    first, last = value.lineno - 1, (value.end_lineno or value.lineno) - 1
    start = len(lines[first].encode()[: value.col_offset].decode())
    end = len(lines[last].encode()[: value.end_col_offset].decode())
    tail = lines[last][end:]
    head = lines[first][:start]
    lines[first : last + 1] = f"{head}{result}({parts}){tail}".split("\n")


def _tuple_inner(segment: str, value: ast.expr) -> str:
    """The elements of a tuple display as arguments; "" if the value is something else."""
    if not isinstance(value, ast.Tuple):
        return ""
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
