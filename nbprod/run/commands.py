"""Which step a command of dvc.yaml runs."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAKES_VALUE = ("--data", "--root")
_TARGET = re.compile(r"[^\W\d]\w*\.[^\W\d]\w*")


def target(command: object) -> str | None:
    """Return the `package.step` that a stage's `cmd` runs, or None when it runs something else.

    A command may stand in a list, in a chain of commands, and behind environment variables or `python -m`.

    >>> target("SEED=1 python -m nbprod step --data out flights.clean && echo done")
    'flights.clean'
    >>> target(["mkdir -p data", "nbprod step flights.load"])
    'flights.load'
    >>> target("nbprod export flights.ipynb") is None
    True
    """
    lines = command if isinstance(command, list) else [command]
    found = (_target_among(_words(str(line))) for line in lines)
    return next((each for each in found if each), None)


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # an open quote: the shell would not run it either
        return []


def _target_among(words: list[str]) -> str | None:
    for at, word in enumerate(words[1:], start=1):
        if word == "step" and PurePath(words[at - 1]).stem == "nbprod":
            return _first_target(words[at + 1 :])
    return None


def _first_target(words: Iterable[str]) -> str | None:
    remaining = iter(words)
    for word in remaining:
        if word in _TAKES_VALUE:
            next(remaining, None)
        elif not word.startswith("-"):
            return word if _TARGET.fullmatch(word) else None
    return None
