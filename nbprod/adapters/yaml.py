"""YAML as DVC reads it: version 1.2, through ruamel.yaml, with the line named when it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.errors import ProjectBroken

if TYPE_CHECKING:
    from collections.abc import Callable


def parse(text: str, path: str) -> object:
    r"""Return the plain value that the text holds; ProjectBroken names the line of `path` that is no YAML.

    >>> parse("stages: {clean: {cmd: [a, b]}}", "dvc.yaml")
    {'stages': {'clean': {'cmd': ['a', 'b']}}}
    >>> parse("a: 1e-3\nb: no", "params.yaml")
    {'a': 0.001, 'b': 'no'}
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise ProjectBroken(
            f"{path}{place} is not valid YAML: {problem}", hint="Mend that line, then run again"
        ) from error


def parts(text: str, plain: Callable[[str], object]) -> object:
    """Return lists and mappings with their scalars as the text has them; `plain` makes those that stand in no quotes.

    >>> parts("[001, 'a', {b: no}]", str.upper)
    ['001', 'a', {'B': 'NO'}]
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return _part(YAML(typ="safe", pure=True).compose(text), plain)
    except YAMLError as error:
        raise ProjectBroken(f"{text} is not valid YAML", hint="Mend it") from error


def _part(node: Any, plain: Callable[[str], object]) -> Any:
    if node.id == "sequence":
        return [_part(each, plain) for each in node.value]
    if node.id == "mapping":
        made = {_part(key, plain): _part(value, plain) for key, value in node.value}
        if len(made) < len(node.value):
            raise ValueError("a key stands there twice")
        return made
    return plain(node.value) if node.style is None else node.value
