"""A cell with magics as plain Python with the same line numbers."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.model.graph import SHELL_LINES
from nbprod.read import lines, shell
from nbprod.read.linemagics import DROPPED, Rewritten, is_install, rewritten
from nbprod.read.python import SyntaxFault, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

CELL_MAGIC = re.compile(r"^%%(?P<name>[\w.]+)(?P<line>.*)$")
BODY_KEPT = {"time", "capture", "prun"}  # they run the body in the notebook's own namespace
# fmt: off
OTHER_LANGUAGES = {
    "HTML", "R", "SVG", "bash", "bigquery", "cmd", "cython", "html", "javascript", "js", "julia", "latex",
    "markdown", "perl", "powershell", "pypy", "python", "python2", "python3", "ruby", "script", "sh", "sql",
    "svg", "sx", "system",
}
# fmt: on
WRITERS = {"writefile", "file"}
FILE = re.compile(r"""^(?P<append>(?:-a|--append)\s+)?(?P<quote>["']?)(?P<path>[^-"'{}$~][^"'{}$]*?)(?P=quote)$""")
DROPPED_LINE = re.compile(r"^%(?P<name>\w+)\b.*(?<!\\)$")
BARE_INSTALL = re.compile(r"^\s*(pip3?|conda|mamba)\s+install\s.*$")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the notebook: the names that it binds, and if it asks shell lines for more than lists do."""

    names: Callable[[], Collection[str]] = tuple
    uses_lines: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a magic: `kind` is install, uncarried, stateful or language; `magic` is how it was written."""

    kind: str
    magic: str
    line: int


@dataclass(frozen=True, slots=True)
class Translation:
    """Plain Python, the imports that it needs, what was found in it, and why there is none."""

    python: str
    needs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    fault: SyntaxFault | None = None
    is_python: bool = field(default=True)


def translated(source: str, transform: Callable[[str], str], known: Known) -> Translation:
    r"""Return the cell as plain Python; what is `known` of the notebook matters for shell lines.

    >>> translated("%%time\na = 1", lambda text: text, Known()).python
    '\na = 1'
    """
    if not source.lstrip().startswith("%%"):
        return _translated_body(source, transform, known)
    rows, start = source.split("\n"), 0
    while (number := _next_filled(rows, start)) is not None and (found := CELL_MAGIC.match(rows[number])):
        if found["name"] in WRITERS and (file := FILE.match(found["line"].strip())) and any(rows[number + 1 :]):
            return _written(rows, number, file)
        if found["name"] not in BODY_KEPT:
            return _without_body(source, found["name"], number + 1)
        rows[number] = _own_line(found["line"].strip(), rows[number + 1 :])
        start = number + 1
    body = _translated_body("\n".join(rows[start:]), transform, known) if start < len(rows) else None
    return _below(rows[:start], body)


def _written(rows: list[str], number: int, file: re.Match[str]) -> Translation:
    r"""Return what `%%writefile a.txt` does, on its own line.

    >>> translated("%%writefile a.txt\nx\n", lambda text: text, Known()).python
    'pathlib.Path("a.txt").write_text("x\\n", encoding="utf-8")\n\n'
    """
    below = rows[number + 1 :]
    text = "\n".join(below) + ("" if below and not below[-1] else "\n")
    path, content = f"pathlib.Path({shell.quoted(file['path'])})", shell.quoted(text)
    line = f'{path}.write_text({content}, encoding="utf-8")'
    if file["append"]:
        line = f'with {path}.open("a", encoding="utf-8") as _appended: _appended.write({content})'
    return Translation("\n".join([*("" for _ in rows[:number]), line, *("" for _ in below)]), ("import pathlib",))


def _next_filled(rows: list[str], start: int) -> int | None:
    return next((number for number in range(start, len(rows)) if rows[number].strip()), None)


def _own_line(line: str, below: list[str]) -> str:
    """Return what `%%time f()` runs: its own line, if nothing stands below it."""
    return line if line and not any(row.strip() for row in below) and isinstance(parsed(line), ast.Module) else ""


def _below(above: list[str], body: Translation | None) -> Translation:
    """Put the body below the lines that stood above it."""
    if body is None:
        return Translation("\n".join(above))
    count = len(above)
    findings = tuple(Finding(each.kind, each.magic, each.line + count) for each in body.findings)
    fault = body.fault and SyntaxFault(body.fault.problem, body.fault.line + count)
    return Translation("\n".join([*above, body.python]), body.needs, findings, fault, body.is_python)


def _translated_body(source: str, transform: Callable[[str], str], known: Known) -> Translation:
    if "get_ipython" not in source and isinstance(parsed(source), ast.Module):
        return Translation(source)
    return _with_line_magics(source, transform, known)


def _without_body(source: str, name: str, line: int) -> Translation:
    kind = "language" if name in OTHER_LANGUAGES else "uncarried"
    found = Finding(kind, f"%%{name}", line)
    return Translation("\n" * source.count("\n"), findings=(found,), is_python=False)


def _with_line_magics(source: str, transform: Callable[[str], str], known: Known) -> Translation:
    plain = _without_dropped_lines(source)
    if plain is not None:
        return Translation(plain)
    above = len(source) - len(source.lstrip("\n"))
    python = _transformed(source[above:], transform)
    tree = parsed(python)
    if isinstance(tree, SyntaxFault):
        return _with_bare_installs(source, transform, known, SyntaxFault(tree.problem, tree.line + above))
    calls = _calls(python, tree)
    return _below([""] * above, _checked(_rewrite(python, calls, known)))


def _checked(translation: Translation) -> Translation:
    """A magic may stand where no Python can, such as behind a backslash."""
    tree = parsed(translation.python)
    return Translation("", fault=tree) if isinstance(tree, SyntaxFault) else translation


def _without_dropped_lines(source: str) -> str | None:
    """Return the source without `%matplotlib inline` and the like, if that is all it takes: IPython isn't needed."""
    if '"""' in source or "'''" in source or "get_ipython" in source:
        return None
    rows = [
        "" if (found := DROPPED_LINE.match(row)) and found["name"] in DROPPED else row for row in source.split("\n")
    ]
    python = "\n".join(rows)
    return python if isinstance(parsed(python), ast.Module) else None


def _transformed(source: str, transform: Callable[[str], str]) -> str:
    """Return IPython's translation, line by line below the original; the original where IPython gives up."""
    try:
        return lines.aligned(source, transform(source))
    except SyntaxError:
        return source


def _with_bare_installs(source: str, transform: Callable[[str], str], known: Known, fault: SyntaxFault) -> Translation:
    """Try again without lines such as `pip install x`, which Jupyter runs without a `%` too."""
    rows = source.split("\n")
    installs = [number for number, row in enumerate(rows, 1) if BARE_INSTALL.match(row)]
    if not installs:
        return Translation("", fault=fault)
    marked = "\n".join("%" + row.strip() if number in installs else row for number, row in enumerate(rows, 1))
    second = translated(marked, transform, known)
    return Translation("", fault=fault) if second.fault else second


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of IPython's own in the transformed text; `is_statement` if its value is not used."""

    node: ast.Call
    attr: str
    arguments: tuple[str, ...]
    is_statement: bool
    needs_pass: bool


def _calls(python: str, tree: ast.Module) -> list[_Call]:
    """Find `get_ipython().run_line_magic("time", "f()")` and its like; without recursion, for trees may be deep."""
    rows = [row.encode() for row in python.split("\n")]
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        arguments = _magic_arguments(node)
        if arguments is not None and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            rest = rows[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :].strip()
            is_alone = node.col_offset == 0 and (not rest or rest.startswith(b"#"))
            found.append(_Call(node, node.func.attr, arguments, id(node) in statements, not is_alone))
    return sorted(found, key=lambda call: (call.node.lineno, call.node.col_offset))


def _magic_arguments(node: ast.AST) -> tuple[str, ...] | None:
    """Return the texts that a call hands to IPython; None if it is no such call."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    shell_call = node.func.value
    if not (isinstance(shell_call, ast.Call) and isinstance(shell_call.func, ast.Name)):
        return None
    if shell_call.func.id != "get_ipython" or node.keywords:
        return None
    known = {"run_line_magic": 2, "magic": 1, "system": 1, "getoutput": 1, "run_cell_magic": 3}
    texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    is_known = len(texts) == len(node.args) == known.get(node.func.attr, -1)
    return tuple(texts) if is_known else None


def _rewrite(python: str, calls: list[_Call], known: Known) -> Translation:
    """Return the transformed text with each of IPython's calls replaced."""
    edits, needs, findings = [], set[str](), []
    for call in calls:
        new = _replacement(call, known)
        needs.update(new.needs)
        node = call.node
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        edits.append(lines.Edit(node.lineno, node.col_offset, end_line, end_column, _placed(new, call)))
        if new.finding:
            findings.append(Finding(new.finding, new.magic, node.lineno))
    return Translation(lines.edited(python, edits), tuple(sorted(needs)), tuple(findings))


def _placed(new: Rewritten, call: _Call) -> str:
    if call.is_statement:
        return new.python or ("pass" if call.needs_pass else "")
    return f"({new.python})" if new.compound else (new.python or "None")


def _replacement(call: _Call, known: Known) -> Rewritten:
    if call.attr == "system":
        return _shell(call.arguments[0], known, keeps_lines=False)
    if call.attr == "getoutput":
        return _shell(call.arguments[0], known, keeps_lines=True)
    if call.attr == "run_cell_magic":
        return Rewritten("", finding="uncarried", magic=f"%%{call.arguments[0]}")
    text = " ".join(call.arguments)
    name, _, line = text.partition(" ")
    if name in {"sx", "system"}:
        return _shell(line, known, keeps_lines=True)
    return rewritten(name, line.strip(), is_statement=call.is_statement)


def _shell(command: str, known: Known, *, keeps_lines: bool) -> Rewritten:
    if is_install(command):
        return Rewritten("", finding="install", magic=f"!{command}")
    bound = known.names() if "$" in command or "{" in command else ()
    if not keeps_lines:
        return Rewritten(shell.run_call(command, bound), needs=shell.NEEDS)
    lines_of = shell.lines_call(command, bound)
    if known.uses_lines():
        return Rewritten(f"SList({lines_of})", needs=(*shell.NEEDS, SHELL_LINES))
    return Rewritten(lines_of, needs=shell.NEEDS)
