"""Where a repository's root is, and which dvc.yaml and .dvc files it has."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

from nbprod.errors import ProjectBroken
from nbprod.repro.digests import TICK
from nbprod.repro.stages import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.repro.ignoring import Ignores
    from nbprod.repro.memory import Memory

DVC = ".dvc"


def root_of(folder: str) -> str:
    """Return the repository of DVC that the folder lies in.

    Raises:
        ProjectBroken: There is none.
    """
    at = os.path.abspath(folder)
    while not os.path.isdir(os.path.join(at, DVC)):
        above = os.path.dirname(at)
        if above == at or os.path.ismount(at):
            raise ProjectBroken(
                f"{folder} lies in no repository of DVC",
                hint="Make one: nbprod init, or dvc init in the project's root",
            )
        at = above
    return at


def described(root: str, ignores: Ignores, memory: Memory, *, git: bool) -> list[str]:
    """Return the full paths of all dvc.yaml and .dvc files that DVC sees, those of a folder before those below it."""
    found = _below(root, ignores, memory)
    own = os.path.join(root, PIPELINE)
    others = [path for path in found if path != own]
    hidden = ignored_by_git(root, others) if git and others else set()
    return [path for path in found if path not in hidden]


def _below(root: str, ignores: Ignores, memory: Memory) -> list[str]:
    found: list[str] = []
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        folders, files = _entries(folder, memory)
        if folder != root and DVC in folders:
            continue  # a repository of its own
        plain = ignores.plain(folder)
        found += [f"{folder}/{name}" for name in files if ignores.sees(folder, name, is_folder=False)]
        waiting += [
            f"{folder}/{name}"
            for name in reversed(folders)
            if (plain and name[0] != ".") or ignores.sees(folder, name, is_folder=True)
        ]
    return found


def _entries(folder: str, memory: Memory) -> tuple[list[str], list[str]]:
    """Return a folder's folders and its files of DVC; a folder whose time is the same has the same entries."""
    key = f"{folder}/"
    try:
        written = os.stat(folder).st_mtime_ns
    except OSError:
        return [], []
    known = memory.get("folders", key)
    if known is not None and known[0] == written:
        return known[1], known[2]
    began = time.time_ns()
    folders, files = [], []
    try:
        with os.scandir(folder) as entries:
            for each in sorted(entries, key=lambda entry: entry.name):
                if each.is_dir():
                    if not each.is_symlink():
                        folders.append(each.name)
                elif each.name == PIPELINE or each.name.endswith(DVC):
                    files.append(each.name)
    except OSError:
        return [], []
    if written + TICK < began:
        memory.put("folders", key, [written, folders, files])
    return folders, files


def ignored_by_git(root: str, paths: Iterable[str]) -> set[str]:
    """Return those of the paths that git's rules ignore, tracked or not, as DVC asks."""
    asked = "\0".join(paths).encode(errors="surrogateescape")
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"], cwd=root, input=asked, capture_output=True, check=False
    )
    return {each.decode(errors="surrogateescape") for each in done.stdout.split(b"\0") if each}
