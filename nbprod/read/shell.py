"""Shell lines (`!cmd`, `x = !cmd`) as calls of `subprocess`, with IPython's `{x}` and `$x` filled in."""

from __future__ import annotations

import ast
import builtins
import re
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

NEEDS = ("import subprocess",)
DOLLAR_NAME = re.compile(r"\$(\$?[\w.]+)")
INSTALL = re.compile(
    r"^\s*(?:sudo\s+)?(?:\{sys\.executable\}\s+-m\s+|\S*python[\d.]*\s+-m\s+)?"
    r"(?:(?:uv\s+)?pip[\d.]*|conda|mamba|micromamba|uv|poetry|apt|apt-get|brew|npm|jupyter\s+(?:lab|nb)extension)\s+"
    r"(?:-\S+\s+)*(?:install|uninstall|add|remove|update|upgrade|enable)\b"
)

CONVERSION = re.compile(r"!([rsa])$")

Piece = tuple[str, bool]  # text, and whether it is an expression


def run_call(command: str, names: Collection[str]) -> str:
    """Return the call that runs the command and shows what it prints.

    >>> run_call("head -n {rows} $path", {"rows", "path"})
    'subprocess.run(f"head -n {rows} {path}", shell=True, check=False)'
    """
    return f"subprocess.run({command_text(command, names)}, shell=True, check=False)"


def lines_call(command: str, names: Collection[str]) -> str:
    """Return the expression for what the command prints, as a list of lines.

    >>> lines_call("ls $HOME", set())
    'subprocess.run("ls $HOME", capture_output=True, text=True, shell=True, check=False).stdout.splitlines()'
    """
    options = "capture_output=True, text=True, shell=True, check=False"
    return f"subprocess.run({command_text(command, names)}, {options}).stdout.splitlines()"


def command_text(command: str, names: Collection[str]) -> str:
    """Return the command as a string literal, or as an f-string if it uses the notebook's names.

    IPython fills in all that a line mentions, or nothing if any part of it is no value: then the shell sees the line
    as it stands (`$HOME`, `awk '{print $1}'`). `names` are what the notebook binds anywhere.
    """
    pieces = _pieces(command)
    used = [text for text, is_expression in pieces if is_expression]
    if not all(_is_value(text, names) for text in used):
        return quoted(command)
    if not used:
        return quoted("".join(text for text, _ in pieces))
    return _f_string(pieces)


def quoted(text: str) -> str:
    """Return a string literal, in double quotes where these need no escapes."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in text else literal


def _pieces(command: str) -> list[Piece]:
    """Split a command into its texts and expressions, as IPython's formatter does."""
    try:
        fields = list(Formatter().parse(command))
    except ValueError:
        return [(command, False)]
    pieces: list[Piece] = []
    for text, field, form, conversion in fields:
        pieces += _dollar_pieces(text)
        if field is not None:
            expression = f"{field}:{form}" if form else field  # IPython takes the colon for that of a slice
            pieces.append((f"{expression}!{conversion}" if conversion else expression, True))
    return pieces


def _dollar_pieces(text: str) -> list[Piece]:
    """Split at `$name`, but not inside single quotes (an odd number of them follows), and make `$$name` `$name`."""
    pieces: list[Piece] = []
    place = 0
    for found in DOLLAR_NAME.finditer(text):
        if text.count("'", found.end()) % 2:
            continue
        is_escaped = found[1].startswith("$")
        pieces.append((text[place : found.start()], False))
        pieces.append((found[1], not is_escaped))
        place = found.end()
    return [*pieces, (text[place:], False)]


def _parsed(text: str) -> ast.Expression | None:
    """Return the tree of an expression and its conversion, as they stand between braces."""
    try:
        return ast.parse(CONVERSION.sub("", text).lstrip(" \t"), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_value(text: str, names: Collection[str]) -> bool:
    """Whether the text is an expression whose names all exist in the notebook."""
    tree = _parsed(text)
    if tree is None:
        return False
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in found if not isinstance(node.ctx, ast.Load)}
    return all(node.id in names or node.id in bound or hasattr(builtins, node.id) for node in found)


def _f_string(pieces: list[Piece]) -> str:
    """Return an f-string that Python 3.11 can read too: no quote of its own kind inside."""
    source = "".join(
        "{" + _enclosed(text) + "}" if is_expression else text.replace("{", "{{").replace("}", "}}")
        for text, is_expression in pieces
    )
    if not re.search(r"[\\\n]", source):
        quote = next((each for each in ('"', "'", '"""', "'''") if each not in source), "")
        if quote and not source.endswith(quote[0]):
            return f"f{quote}{source}{quote}"
    texts = (_as_text(text) if is_expression else quoted(text) for text, is_expression in pieces if text)
    return " + ".join(texts)


def _enclosed(text: str) -> str:
    """Put an expression in parentheses where an f-string would read its colons and braces as its own."""
    bare, conversion = CONVERSION.sub("", text), CONVERSION.search(text)
    needed = any(mark in bare for mark in ":!{}=") or bare != bare.strip()
    return f"({bare.strip()}){conversion[0] if conversion else ''}" if needed else text


def _as_text(text: str) -> str:
    conversion = CONVERSION.search(text)
    function = {"r": "repr", "a": "ascii"}.get(conversion[1], "str") if conversion else "str"
    return f"{function}({CONVERSION.sub('', text)})"
