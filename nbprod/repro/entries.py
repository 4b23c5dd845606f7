"""What is written down of a stage that ran: its entry in dvc.lock, as data and as DVC's own text."""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

from nbprod.repro.defining import DEFAULT_PARAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.repro.digests import Content
    from nbprod.repro.stages import Stage

Entry = dict[str, Any]
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./ =&|<>$+%@~*(){}'\"-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_NUMBER = re.compile(r"\d+(e\d+)?")
_WIDTH = 80  # where ruamel.yaml begins to fold


def entry(stage: Stage, contents: Mapping[str, Content], params: Mapping[str, Mapping[str, Any]]) -> Entry:
    """Return the entry of a stage: `contents` by full path, the values of `params` by the path in dvc.yaml."""
    found: Entry = {"cmd": stage.cmd if isinstance(stage.cmd, str) else list(stage.cmd)}
    if stage.deps:
        found["deps"] = [_file(path, contents[full]) for path, full in sorted((d.path, d.full) for d in stage.deps)]
    if stage.params:
        files = sorted((each.path for each in stage.params), key=lambda path: (path != DEFAULT_PARAMS, path))
        found["params"] = {path: {key: params[path][key] for key in sorted(params[path])} for path in files}
    if stage.outs:
        found["outs"] = [_file(path, contents[full]) for path, full in sorted((o.path, o.full) for o in stage.outs)]
    return found


def _file(path: str, content: Content) -> Entry:
    found: Entry = {"path": path, "hash": "md5", "md5": content.md5, "size": content.size}
    if content.nfiles is not None:
        found["nfiles"] = content.nfiles
    if content.executable:
        found["isexec"] = True
    return found


def key_of(found: Entry) -> str:
    """Return under which name DVC keeps the runs with the same command, deps, params and paths of outs."""
    return _digest(found | {"outs": [each["path"] for each in found.get("outs", [])]})


def value_of(found: Entry) -> str:
    """Return the name of that very run."""
    return _digest(found)


def _digest(found: Entry) -> str:
    text = json.dumps(_without_sizes(found), sort_keys=True)
    return hashlib.sha256(text.encode(), usedforsecurity=False).hexdigest()


def _without_sizes(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_sizes(each) for each in value]
    if isinstance(value, dict):
        return {key: _without_sizes(each) for key, each in value.items() if key not in {"size", "nfiles"}}
    return value


def block(name: str, found: Entry) -> str:
    r"""Return the entry as DVC writes it into dvc.lock, below `stages:`.

    >>> print(block("a", {"cmd": "make", "outs": [{"path": "b", "hash": "md5", "md5": "c0", "size": 1}]}), end="")
      a:
        cmd: make
        outs:
        - path: b
          hash: md5
          md5: c0
          size: 1
    """
    try:
        lines = list(_lines(name, found))
    except ValueError:
        return dumped({"stages": {name: found}}).partition("\n")[2]
    return "".join(f"{line}\n" for line in lines)


def text(found: Entry) -> str:
    """Return the entry as DVC writes it into its run cache."""
    return dumped(found)


def canonical(content: str) -> str:
    """Return a dvc.lock's text as DVC would write it again."""
    from ruamel.yaml import YAML

    return dumped(YAML().load(content))


def _lines(name: str, found: Entry) -> list[str]:
    lines = [f"  {_scalar(name)}:", _short(f"    cmd: {_scalar(found['cmd'])}")]
    for part in found:
        if part == "params":
            lines.append("    params:")
            for path, values in found[part].items():
                lines.append(f"      {_scalar(path)}:")
                lines += [_short(f"        {_scalar(key)}: {_scalar(value)}") for key, value in values.items()]
                if not values:
                    raise ValueError
        elif part != "cmd":
            lines.append(f"    {part}:")
            for each in found[part]:
                pairs = [_short(f"{key}: {_scalar(value)}") for key, value in each.items()]
                lines += [f"    - {pairs[0]}", *(f"      {pair}" for pair in pairs[1:])]
    return lines


def _short(line: str) -> str:
    if len(line) + 6 > _WIDTH:
        raise ValueError
    return line


def _scalar(value: Any) -> str:
    """The value where it is sure how it is written; ValueError where ruamel.yaml has to say it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        if re.fullmatch(r"[0-9a-f]{32}(\.dir)?", value) and not _NUMBER.fullmatch(value):
            return value
        plain = _PLAIN.fullmatch(value) and not value.endswith(" ") and value.lower() not in _WORDS
        if plain and "  " not in value:
            return value
    raise ValueError


def dumped(data: Any) -> str:
    """Return the data as DVC writes YAML."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.default_flow_style = False
    stream = io.StringIO()
    writer.dump(data, stream)
    return stream.getvalue()
