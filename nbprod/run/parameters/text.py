"""Text that was typed: on a command line, in a CSV file. Which type it has is for the annotation to say."""

from __future__ import annotations

import ast
import re
from typing import Any

from nbprod.adapters import yaml
from nbprod.errors import ProjectBroken

BRACKETS = {"(": ")", "[": "]", "{": "}"}
_NAMED = re.compile(r"^(?:frozen)?set\((.*)\)$", re.DOTALL)  # as Python prints them
_TOO_MUCH = (SyntaxError, ValueError, RecursionError, MemoryError)


class Text(str):
    """A text whose type is still open, unlike a `str`, which was a text where it came from."""

    __slots__ = ()


def is_bracketed(text: str) -> bool:
    """Whether the text is a list, a tuple, a set or a mapping that is written out.

    >>> is_bracketed("[1, 2]"), is_bracketed("1, 2")
    (True, False)
    """
    text = text.strip()
    return len(text) > 1 and BRACKETS.get(text[0]) == text[-1]


def items(text: str) -> Any:
    """Return what is written in the brackets, its parts as `Text`, those in quotes as `str`; ValueError if it's broken.

    Python, JSON and YAML are understood. Without brackets, commas part the items.

    >>> items("[001, '2', 1.10]"), items("a, b"), items("{x: 1}")
    (['001', '2', '1.10'], ['a', 'b'], {'x': '1'})
    """
    text = _NAMED.sub(r"\1", text.strip()) or "[]"
    if not is_bracketed(text):
        text = f"[{text}]"
    try:
        return _part(ast.parse(text, mode="eval").body, text)
    except _TOO_MUCH:
        return _yaml(f"[{text[1:-1]}]" if text[0] == "(" else text)


def _part(node: ast.expr, text: str) -> Any:
    """Python's: `[1, 'a']`, `(1, 2)`, `{1, 2}`, `{'a': 1}`."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Tuple(elts=elements):
            return tuple(_part(each, text) for each in elements)
        case ast.List(elts=elements) | ast.Set(elts=elements):
            return [_part(each, text) for each in elements]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return _unique([(_part(key, text), _part(value, text)) for key, value in pairs if key is not None])
        case _:
            return Text(ast.get_source_segment(text, node) or "")


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    if len(made := dict(pairs)) < len(pairs):
        raise ValueError("a key stands there twice")
    return made


def _yaml(text: str) -> Any:
    try:
        return yaml.parts(text, Text)
    except (ProjectBroken, *_TOO_MUCH, TypeError) as error:
        raise ValueError(f"{text} cannot be read") from error
