"""Where a notebook lives: its project's root, its package's name, and the folders that nbprod keeps there."""

from __future__ import annotations

import keyword
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import NotebookUnreadable

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT_SIGNS = (".dvc", ".git", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Place:
    """A notebook's file, the root of its project, and the name of the package that export writes."""

    notebook: Path
    root: Path
    package: str

    @property
    def relative(self) -> str:
        """The notebook's path below the root, with forward slashes; absolute when it lies elsewhere."""
        if self.notebook.is_relative_to(self.root):
            return self.notebook.relative_to(self.root).as_posix()
        return self.notebook.as_posix()

    @property
    def typed(self) -> str:
        """The same as it can be typed in a shell."""
        return shlex.quote(self.relative)

    @property
    def state(self) -> Path:
        """The folder in which nbprod keeps what it knows of the project."""
        return self.root / ".nbprod"

    @property
    def record_file(self) -> Path:
        """The record of the last observed run."""
        return self.state / "record" / f"{self.package}.json"

    @property
    def record_folder(self) -> Path:
        """The folder of the record's samples."""
        return self.state / "record" / self.package

    def beside(self, file: str) -> bytes | None:
        """The content of a file by its path from the notebook's folder; None where there is none, or a pipe."""
        path = self.notebook.parent / file
        try:
            return path.read_bytes() if path.is_file() else None
        except (OSError, ValueError):
            return None

    @property
    def base(self) -> Path:
        """What export last wrote, for the three-way merge."""
        return self.state / "base"


def locate(notebook: str | Path, *, imported: Collection[str] = ()) -> Place:
    """Return where the notebook lives; `imported` are the top-level modules that its package must not shadow.

    Raises NotebookUnreadable when there is no such file.
    """
    path = Path(notebook).expanduser().absolute()
    if not path.is_file():
        raise NotebookUnreadable(f"{notebook} is {_what_stands_there(path)}", hint=_nearby(path))
    return Place(path, find_root(path.parent), package_name(path.stem, imported))


def find_root(folder: Path) -> Path:
    """Return the nearest folder upwards that holds .dvc, .git or pyproject.toml, else the folder itself."""
    for candidate in (folder, *folder.parents):
        if any((candidate / sign).exists() for sign in ROOT_SIGNS):
            return candidate
    return folder


def package_name(stem: str, imported: Collection[str] = ()) -> str:
    """Return an identifier for the notebook's package that shadows nothing.

    >>> package_name("flights"), package_name("01 My analysis (final)"), package_name("random")
    ('flights', 'nb_01_my_analysis_final', 'random_steps')
    """
    name = re.sub(r"\W+", "_", stem).strip("_").lower() or "notebook"
    if name[0].isdigit():
        name = f"nb_{name}"
    taken = keyword.iskeyword(name) or name in sys.stdlib_module_names or name in imported
    return f"{name}_steps" if taken or name in {"tests", "data", "notebooks", "nbprod"} else name


def _what_stands_there(path: Path) -> str:
    return "a folder, not a notebook" if path.is_dir() else "not there"


def _nearby(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    found = sorted(each.name for each in folder.glob("*.ipynb"))[:5] if folder.is_dir() else []
    return f"Notebooks in {folder.name or folder}: {', '.join(found)}." if found else "Give the path of an .ipynb file."
