"""What git must not keep: outputs go into .gitignore, as DVC writes them there."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbprod.errors import ProjectBroken
from nbprod.repro.finding import ignored_by_git
from nbprod.repro.unsupported import LeftToDvc

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPECIAL = frozenset("\\*?[]!#")


@dataclass(frozen=True, slots=True)
class Hidden:
    """Which outputs git ignores already, and which it tracks, asked once for all of them."""

    ignored: frozenset[str]
    tracked: frozenset[str]

    def hide(self, paths: Sequence[str]) -> list[str]:
        """Write those that git doesn't ignore into .gitignore, and return the files that were changed.

        Raises:
            ProjectBroken: git tracks one of them.
        """
        if kept := next((path for path in paths if path in self.tracked), None):
            raise ProjectBroken(
                f"git tracks the output {kept}",
                hint=f"Give it to DVC: git rm -r --cached {kept!r}, commit, then run again",
            )
        wanted = [path for path in paths if path not in self.ignored]
        return list(dict.fromkeys(file for path in wanted if (file := _added(path))))


def asked(outputs: Sequence[str], files: Sequence[str], git: str) -> Hidden:
    """Ask git about these outputs; without git, nothing is to be hidden.

    Raises:
        LeftToDvc: git ignores one of the `files`, a dvc.yaml or a dvc.lock, which DVC refuses.
    """
    if not git:
        return Hidden(frozenset(outputs), frozenset())
    ignored = ignored_by_git(git, [*outputs, *files])
    if lost := next((file for file in files if file in ignored), None):
        raise LeftToDvc("ignored", lost)
    return Hidden(frozenset(ignored), frozenset(_tracked(outputs, git)))


def _tracked(paths: Sequence[str], git: str) -> set[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=git, capture_output=True, check=False)
    wanted, found = set(paths), set()
    for each in done.stdout.decode(errors="surrogateescape").split("\0"):
        at = each
        while at:
            if (full := f"{git}/{at}") in wanted:
                found.add(full)
            at = os.path.dirname(at)
    return found


def entry_of(path: str) -> str:
    r"""Return the line by which DVC names an output in the .gitignore beside it.

    >>> print(entry_of("data/made/[a].csv"))
    /\[a\].csv
    """
    return "/" + "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in os.path.basename(path))


def _added(path: str) -> str:
    """Add the entry, and return the file; "" if it stood there."""
    file = os.path.join(os.path.dirname(path), ".gitignore")
    entry = entry_of(path)
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "a+", encoding="utf-8") as handle:
        handle.seek(0)
        text = handle.read()
        if entry in text.split("\n"):
            return ""
        handle.write(f"{'' if not text or text.endswith(chr(10)) else chr(10)}{entry}\n")
    return file


def stage(files: Sequence[str], git: str) -> None:
    """Add the files to git's index."""
    if files:
        subprocess.run(["git", "add", "--", *files], cwd=git, check=False, capture_output=True)
