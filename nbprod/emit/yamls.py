"""YAML files that belong to the project: read with their comments, changed where needed, written in their own style."""

from __future__ import annotations

import io
import json
import re
from typing import Any

from nbprod.errors import ProjectBroken


def parse(text: str, path: str) -> Any:
    """Return the file as a mapping that keeps its comments; an empty file is an empty mapping.

    Raises:
        ProjectBroken: it is not YAML, or not a mapping.
    """
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import YAMLError

    try:
        tree = _yaml(text).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise ProjectBroken(
            f"{path}{place} is not valid YAML: {problem}",
            hint="Mend that line, or move the file away; it was left as it is",
        ) from error
    if tree is None:
        return CommentedMap()
    if not isinstance(tree, CommentedMap):
        raise ProjectBroken(f"{path} is no mapping", hint="Mend it, or move the file away; it was left as it is")
    return tree


def dump(tree: Any, like: str = "") -> str:
    """Return the mapping as text, indented as the text `like` is."""
    buffer = io.StringIO()
    _yaml(like).dump(tree, buffer)
    return buffer.getvalue()


def as_base(tree: dict[str, Any]) -> str:
    """Return our own part of a file for the next export to compare with: JSON, which is YAML that is read fast."""
    return json.dumps(tree, indent=1, ensure_ascii=False, default=str) + "\n"


def last(base: str | None) -> dict[str, Any]:
    """Return what `as_base` wrote; nothing where that is lost or damaged, and then whatever stands is a person's."""
    try:
        tree = json.loads(base or "{}")
    except ValueError:
        return {}
    return tree if isinstance(tree, dict) else {}


def written(tree: Any, before: Any, standing: str | None) -> str:
    """Return the file as it shall stand: to the byte as it does, where the mapping says what it said `before`."""
    if standing is not None and plain(tree) == before:
        return standing
    text = dump(tree, standing or "")
    # Comments of a file that holds nothing else belong to no key, so ruamel drops them.
    return f"{standing.rstrip()}\n{text}" if standing and standing.strip() and not before else text


def _yaml(like: str) -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.allow_unicode = True
    step = _mapping_step(like)
    offset = _list_offset(like)
    yaml.indent(mapping=step, sequence=offset + 2, offset=offset)
    return yaml


def _mapping_step(text: str) -> int:
    """How far the first nested mapping is indented."""
    found = re.search(r"^\S[^\n#]*:[ ]*(?:#[^\n]*)?\n(?:[ ]*(?:#[^\n]*)?\n)*( +)[^\s#-]", text, re.MULTILINE)
    return len(found[1]) if found else 2


def _list_offset(text: str) -> int:
    """How far a list is indented below its key."""
    found = re.search(r"^( *)[^\s#-][^\n]*:[ ]*\n( *)- ", text, re.MULTILINE)
    return max(0, len(found[2]) - len(found[1])) if found else 2


def plain(value: Any) -> Any:
    """The value without comments and styles, to compare.

    >>> plain(parse("a: [1, {b: 2}]  # why", "x.yaml"))
    {'a': [1, {'b': 2}]}
    """
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return bool(value) if type(value).__name__ == "ScalarBoolean" else kind(value)
    return value
