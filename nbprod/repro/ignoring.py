"""Which files DVC doesn't see: those that .dvcignore names, and its own folders."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from nbprod.repro.memory import digest

if TYPE_CHECKING:
    from nbprod.repro.memory import Memory

NAME = ".dvcignore"
_ALWAYS = frozenset({".git"})
_ALWAYS_FOLDERS = frozenset({".git", ".hg", ".dvc"})
Rule = tuple[re.Pattern[str], bool, bool]  # what it matches, whether it ignores (or keeps), whether folders only


class Ignores:
    """The rules of a repository; each folder's are its parents' and those of its own .dvcignore."""

    def __init__(self, root: str, memory: Memory) -> None:
        self.root = root
        self.memory = memory
        self.texts: dict[str, tuple[tuple[str, str], ...]] = {}
        self.rules: dict[tuple[tuple[str, str], ...], tuple[Rule, ...]] = {(): ()}

    def sees(self, folder: str, name: str, *, is_folder: bool) -> bool:
        """Whether DVC sees this entry of a folder that it sees."""
        if name in (_ALWAYS_FOLDERS if is_folder else _ALWAYS):
            return False
        rules = self._rules(folder)
        return not rules or not _ignored(rules, self._relative(folder, name), is_folder=is_folder)

    def sees_path(self, path: str) -> bool:
        """Whether DVC sees that path: it and every folder that it lies in."""
        if not path.startswith(self.root + os.sep):
            return True
        parts = path[len(self.root) + 1 :].split(os.sep)
        folder = self.root
        for at, name in enumerate(parts):
            last = at == len(parts) - 1
            if not self.sees(folder, name, is_folder=not last or os.path.isdir(path)):
                return False
            folder = f"{folder}{os.sep}{name}"
        return True

    def plain(self, folder: str) -> bool:
        """Whether no rule but DVC's own holds in that folder."""
        return not self._texts(folder)

    def _relative(self, folder: str, name: str) -> str:
        below = folder[len(self.root) + 1 :]
        return f"{below}/{name}" if below else name

    def _rules(self, folder: str) -> tuple[Rule, ...]:
        texts = self._texts(folder)
        if texts not in self.rules:
            self.rules[texts] = _compiled(texts, self.memory)
        return self.rules[texts]

    def _texts(self, folder: str) -> tuple[tuple[str, str], ...]:
        """The .dvcignore files from the root to the folder: (folder, text)."""
        if folder not in self.texts:
            if folder != self.root and not folder.startswith(self.root + os.sep):
                return ()
            above = () if folder == self.root else self._texts(os.path.dirname(folder))
            self.texts[folder] = above + self._own(folder)
        return self.texts[folder]

    def _own(self, folder: str) -> tuple[tuple[str, str], ...]:
        with suppress(FileNotFoundError, NotADirectoryError), open(f"{folder}/{NAME}", encoding="utf-8") as file:
            text = file.read()
            lines = [line.strip() for line in text.split("\n")]
            rules = "\n".join(line for line in lines if line and not line.startswith("#"))
            return ((os.path.relpath(folder, self.root), rules),) if rules else ()
        return ()


def _ignored(rules: tuple[Rule, ...], path: str, *, is_folder: bool) -> bool:
    for pattern, ignores, folders_only in reversed(rules):
        if folders_only and not is_folder:
            continue
        if pattern.match(path) or (is_folder and pattern.match(f"{path}/")):
            return ignores
    return False


def _compiled(texts: tuple[tuple[str, str], ...], memory: Memory) -> tuple[Rule, ...]:
    key = digest(repr(texts).encode())
    known = memory.get("ignores", key)
    if known is None:
        known = _as_dvc(texts)
        memory.put("ignores", key, known)
    return tuple((re.compile(pattern), ignores, folders_only) for pattern, ignores, folders_only in known)


def _as_dvc(texts: tuple[tuple[str, str], ...]) -> list[list[object]]:
    """Ask DVC itself what the patterns mean, as regular expressions on paths from the root."""
    import posixpath

    from dvc.ignore import DvcIgnorePatterns
    from dvc.pathspec_math import PatternInfo, merge_patterns

    patterns, prefix = [PatternInfo(each, "") for each in (".hg/", ".git/", ".git", ".dvc/")], "/root"
    for folder, text in texts:
        own = [PatternInfo(line, "") for line in text.split("\n")]
        below = prefix if folder == "." else f"/root/{folder}"
        patterns, prefix = merge_patterns(posixpath, patterns, prefix, own, below)
    specs = DvcIgnorePatterns(patterns, prefix, "/").ignore_spec
    return [[pattern.pattern, ignores, folders_only] for pattern, ignores, folders_only, _ in specs]
