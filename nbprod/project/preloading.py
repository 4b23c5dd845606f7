"""What of a notebook's imports can be done once, before its runs are forked."""

from __future__ import annotations

import ast
import importlib.util
import re
import site
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.notebook import Cell, Notebook

# These start threads or programs when they are imported, which a fork doesn't have, or they open windows, or talk.
LEFT = frozenset({
    "__main__", "antigravity", "distributed", "gi", "grpc", "h2o", "idlelib", "jax", "jaxlib", "jnius", "jpype",
    "juliacall", "polars", "pyspark", "ray", "rpy2", "tensorflow", "this", "tkinter", "turtle",
})  # fmt: skip
# These ask when they are imported whether a kernel's shell is there, and are others without.
SHELLS = frozenset({"plotly", "tqdm.auto", "tqdm.autonotebook"})
# What is imported after one of these may be another module, or one that is set up otherwise.
TURN = re.compile(
    r"\benviron\b|\bputenv\b|\bsys\.path\b|\baddsitedir\b|%(set_)?env\b|%cd\b|\bchdir\b"
    r"|\b(pip3?|conda|mamba|uv|uv\s+pip)\s+(install|add|uninstall|remove)\b"
)
COMPANIONS = {  # what a package imports when it is first used
    "pandas": ("pandas.io.formats.html", "pyarrow.pandas_compat", "pyarrow.parquet"),
    "matplotlib": ("matplotlib_inline.backend_inline", "matplotlib.backends.backend_agg", "PIL.PngImagePlugin"),
}
EXTENDING = ("nbprod.magics", "nbprod.project.live", "nbprod.analyse")  # what the extension imports for its first cells
EXTENSION = re.compile(r"^\s*%(?:re)?load_ext\s+nbprod\b", re.MULTILINE)


def preloadable(notebook: Notebook, folder: Path) -> tuple[str, ...]:
    """Return the imports that are the same in every run, as the fork server takes them, in the notebook's order.

    They are those of Python's own and of installed packages at the top level of cells: never of a module that lies
    beside the notebook or is being developed, and none after the notebook has changed the environment or the path.
    """
    found: dict[str, None] = {}
    for cell in notebook.code_cells:
        if EXTENSION.search(cell.source):
            found.update(dict.fromkeys(EXTENDING))
        turn = TURN.search(cell.source)
        last = cell.source.count("\n", 0, turn.start()) if turn else cell.source.count("\n") + 1
        for line, module, name in _imports(cell):
            if line <= last and not _asks_shell(module, name) and _is_installed(module.partition(".")[0], folder):
                found[f"{module}:{name}" if name else module] = None
                found.update(dict.fromkeys(COMPANIONS.get(module.partition(".")[0], ())))
        if turn:
            break
    return tuple(found)


def _imports(cell: Cell) -> Iterator[tuple[int, str, str]]:
    """Line, module, and the name that is imported from it, of each import that always runs."""
    try:
        statements = list(ast.parse(cell.python).body)
    except (SyntaxError, ValueError):
        return
    for each in statements:
        if isinstance(each, ast.Import):
            yield from ((each.lineno, alias.name, "") for alias in each.names)
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            yield from ((each.lineno, each.module, alias.name.replace("*", "")) for alias in each.names)
        elif isinstance(each, ast.Try | ast.With):
            statements += each.body


def _asks_shell(module: str, name: str) -> bool:
    return not SHELLS.isdisjoint({module, f"{module}.{name}", module.partition(".")[0]})


def _is_installed(package: str, folder: Path) -> bool:
    if package in LEFT or (folder / package).is_dir() or any(folder.glob(f"{package}.*")):
        return False
    return package in sys.stdlib_module_names or _lies_with_installed(package)


@cache
def _lies_with_installed(package: str) -> bool:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError, AttributeError):
        return False
    if spec is None or spec.origin is None:
        return False
    return any(Path(spec.origin).is_relative_to(place) for place in _places())


@cache
def _places() -> tuple[str, ...]:
    return (
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        *site.getsitepackages(),
        site.getusersitepackages(),
    )
