"""What runs before a commit: exported modules that are what their notebooks say, and notebooks without outputs."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError, NotebookUnreadable
from nbprod.project.place import find_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.project.syncing import Synced

NOTEBOOK = re.compile(r'^NOTEBOOK = "([^"\n]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Checked:
    """A notebook that is about to be committed, and its modules: what differs, or why that can't be told."""

    notebook: str
    synced: Synced | None = None
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether both say the same."""
        return self.synced is not None and not self.synced.differs


def notebooks(folder: Path) -> tuple[str, ...]:
    """Return the notebooks that were exported from the folder's project, by their paths below its root."""
    root = find_root(folder.absolute())
    packages = sorted((root / ".nbprod" / "base").glob("*/__init__.py"))
    found = (NOTEBOOK.search(each.read_text(encoding="utf-8", errors="replace")) for each in packages)
    return tuple(dict.fromkeys(each[1] for each in found if each and (root / each[1]).is_file()))


def current(folder: Path) -> tuple[Checked, ...]:
    """Return how each exported notebook and its modules stand, as git is about to commit them."""
    from nbprod.adapters import git

    root = find_root(folder.absolute())
    if not notebooks(root):
        return ()
    with tempfile.TemporaryDirectory(prefix="nbprod-commit-") as name:
        staged = Path(name).resolve()
        (staged / ".git").mkdir()  # the root of what is about to be
        where = git.staged(root, staged) if git.top(root) else root
        return tuple(_checked(where, each) for each in notebooks(where))


def _checked(root: Path, notebook: str) -> Checked:
    from nbprod.project.syncing import sync

    try:
        return Checked(notebook, sync(root / notebook, dry=True))
    except NbprodError as error:
        return Checked(notebook, problem=str(error).replace(f"{root}/", ""))


def stripped(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Take the outputs out of notebooks, all else left to the byte, and return those that had some."""
    from nbprod.adapters import ipynb

    found = []
    for path in paths:
        content = path.read_bytes()
        try:
            plain = ipynb.without_outputs(content)
        except (ValueError, IndexError, KeyError) as error:
            raise NotebookUnreadable(f"{path} is no notebook", hint="See what nbprod check says of it.") from error
        if plain != content:
            from nbprod.values.disk import write_whole

            write_whole(path, plain)
            found.append(path)
    return tuple(found)


def staged_notebooks(folder: Path) -> tuple[Path, ...]:
    """Return the notebooks that git is about to commit."""
    from nbprod.adapters import git

    return tuple(each for each in git.changed(folder) if each.suffix == ".ipynb" and each.is_file())
