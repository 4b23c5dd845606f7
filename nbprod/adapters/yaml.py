"""YAML as DVC reads it: version 1.2, through ruamel.yaml, with the line named when it is broken."""

from __future__ import annotations

from nbprod.errors import ProjectBroken


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
