"""The public name of a value's class: the shortest path from which the same class can be imported."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

# Classes that people know by another name than the one that their instances have.
KNOWN_AS = {
    "pathlib.PosixPath": "pathlib.Path",
    "pathlib.WindowsPath": "pathlib.Path",
    "pathlib._local.PosixPath": "pathlib.Path",
    "pathlib._local.WindowsPath": "pathlib.Path",
}


@cache
def public_name(kind: type) -> str:
    """Return where a class can be imported from, such as "pandas.DataFrame"; a builtin by its bare name.

    >>> public_name(int)
    'int'
    >>> from collections import OrderedDict
    >>> public_name(OrderedDict)
    'collections.OrderedDict'
    """
    full = f"{kind.__module__}.{kind.__qualname__}"
    if full in KNOWN_AS:
        return KNOWN_AS[full]
    if kind.__module__ == "builtins":
        return kind.__qualname__
    parts = str(kind.__module__).split(".")
    modules = [".".join(parts[: length + 1]) for length in range(len(parts))]
    public = [name for name in modules if not any(part.startswith("_") for part in name.split(".")[1:])]
    return next((f"{name}.{kind.__qualname__}" for name in public if _found(name, kind.__qualname__) is kind), full)


def _found(module: str, qualname: str) -> Any:
    """What stands under that name in a module that is loaded, as the parents of a loaded one are."""
    found: Any = sys.modules.get(module)
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found
