"""Which of the files that a step touched are data: not Python's own, not a cache, not the system's."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Folders, anywhere in a path, whose content is never a pipeline's data.
NEVER = {
    "__pycache__",
    ".git",
    ".dvc",
    ".nbprod",
    ".ipynb_checkpoints",
    ".ipython",
    ".jupyter",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "site-packages",
    "dist-packages",
    "mpl-data",
}
SYSTEM = ("/proc", "/dev", "/sys", "/run", "/etc", "/usr", "/lib", "/lib64", "/bin", "/sbin", "/System", "/Library")
PRIVATE = (".cache", ".config", ".local/share", ".local/state", ".matplotlib", ".fontconfig", ".ipython", ".jupyter")


def relevant(paths: Iterable[str], root: Path) -> tuple[str, ...]:
    """The data files among the absolute paths, relative to `root` where they lie below it; sorted.

    What lies below the project counts unless it is a cache; elsewhere Python's, the system's, and temporary and
    private folders are left out.
    """
    real_root = os.path.realpath(root)
    named = (_named(path, real_root) for path in paths)
    return tuple(sorted({each for each in named if each}))


def is_installed(path: str) -> bool:
    """Whether the path is Python's own, an installed package's or a cache's: no part of the project.

    >>> is_installed(sysconfig.get_path("purelib") + "/setuptools/_vendor")
    True
    """
    real = os.path.realpath(path)
    return _below(real, _python()) or bool(NEVER & set(Path(real).parts))


def _named(path: str, root: str) -> str:
    real = os.path.realpath(path)
    if is_installed(real):
        return ""
    if _below(real, (root,)):
        return Path(real).relative_to(root).as_posix()
    return "" if _below(real, _elsewhere()) else Path(real).as_posix()


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(each.rstrip(os.sep) + os.sep) for each in folders)


@cache
def _python() -> tuple[str, ...]:
    """Where this Python's own files are; a whole prefix only where it is an environment of its own."""
    libraries = {value for key, value in sysconfig.get_paths().items() if key not in {"data", "scripts"}}
    own = {sys.prefix} if sys.prefix != sys.base_prefix else set()
    ours = str(Path(__file__).parents[1])  # wherever it is installed from: what nbprod reads of itself is no data
    return tuple(os.path.realpath(each) for each in {*libraries, *own, *site.getsitepackages(), ours})


@cache
def _elsewhere() -> tuple[str, ...]:
    home = Path.home()
    temporary = {tempfile.gettempdir(), "/tmp", "/var/tmp"}  # noqa: S108  (to be left out, not used)
    private = {str(home / each) for each in PRIVATE}
    return tuple(os.path.realpath(each) for each in (*SYSTEM, *temporary, *private, sys.base_prefix))
