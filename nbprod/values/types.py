"""The public name of a value's class, and whether a new process would find the class there."""

from __future__ import annotations

import os
import subprocess
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

    A class that the notebook put into a module is the notebook's own: it is in __main__.

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
    if not is_importable(kind):
        return f"__main__.{kind.__qualname__}"
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


@cache
def is_importable(kind: type) -> bool:
    """Return whether a new process that imports the class's module finds it there.

    What was put into a module while the notebook ran, as `deap.creator.create` does, is in this process only.

    >>> from collections import OrderedDict
    >>> is_importable(OrderedDict)
    True
    """
    top = kind.__qualname__.partition(".")[0]
    if kind.__module__ in {"builtins", "__main__"}:
        return True
    names = _names_in(kind.__module__)
    return names is None or top in names or _is_found_anew(kind.__module__, top)


@cache
def _names_in(module: str) -> frozenset[str] | None:
    """The names that the module's text mentions outside of functions; None if there is no text, or not all is in it."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    get_code = getattr(getattr(spec, "loader", None), "get_code", None)
    try:
        code = get_code(module) if get_code else None
    except (ImportError, OSError, SyntaxError):
        code = None
    return None if code is None or ("*",) in code.co_consts else frozenset(code.co_names)


def _is_found_anew(module: str, name: str) -> bool:
    """Whether another process finds the name in the module: it may be put there by code that can't be read here."""
    program = "import sys, importlib; getattr(importlib.import_module(sys.argv[1]), sys.argv[2])"
    there = dict(os.environ, PYTHONPATH=os.pathsep.join(each for each in sys.path if each))
    done = subprocess.run(
        [sys.executable, "-c", program, module, name],
        env=there,
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode == 0
