"""Init: a repository made ready in one go; what stands there already stays as it is."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError, ProjectBroken
from nbprod.values.disk import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbprod.emit.repository import Facts, Wanted

SKIPPED = {".git", ".dvc", ".nbprod", ".venv", "venv", "node_modules", ".ipynb_checkpoints", "site-packages"}
MOST = 50  # notebooks that are looked at for what they import


class Fate(StrEnum):
    """What becomes of one part of the repository."""

    CREATED = "created"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Part:
    """One file, folder or repository; `lacking` are lines to add by hand to a file that was kept."""

    path: str
    fate: Fate
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """What a repository has now, or would have."""

    folder: Path
    parts: tuple[Part, ...]
    notebooks: tuple[str, ...] = ()
    written: bool = True


def init(folder: Path, *, dry: bool = False) -> Started:
    """Make a folder a repository that is ready for notebooks; with `dry` only say what that takes.

    Raises:
        ProjectBroken: git or DVC could not be set up.
        WriteFailed: the disk or its permissions refused.
    """
    from nbprod.emit import repository

    folder = folder.absolute()
    if not folder.is_dir():
        raise ProjectBroken(f"{folder} is no folder", hint="Make it first, or name another.")
    notebooks = tuple(_notebooks(folder))
    before = {each.path for each in repository.wanted(_facts(folder, notebooks)) if (folder / each.path).exists()}
    parts = [*_repositories(folder, dry=dry)]
    for each in repository.wanted(_facts(folder, notebooks)):
        path = folder / each.path
        if each.path in before:
            parts.append(Part(each.path, Fate.KEPT, _lacking(path, each)))
            continue
        parts.append(Part(each.path, Fate.CREATED))
        if not dry:
            _create(path, each.text)
    parts += _folder(folder, notebooks, dry=dry)
    parts += _hook(folder, dry=dry)
    return Started(folder, tuple(parts), notebooks, written=not dry)


def _create(path: Path, text: str) -> None:
    """Write the file; DVC's own .dvcignore, made a moment ago, keeps its words."""
    standing = path.read_text(encoding="utf-8") if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (standing + text).encode())


def _lacking(path: Path, wanted: Wanted) -> tuple[str, ...]:
    """The lines and packages that a file which was kept doesn't have, whatever is around them."""
    from nbprod.emit import repository

    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    lines = (each for each in wanted.lines if each not in text)
    packages = repository.unnamed(wanted.packages, text)
    return (*lines, *(f'"{each}",' if path.suffix == ".toml" else each for each in packages))


def _repositories(folder: Path, *, dry: bool) -> Iterator[Part]:
    from nbprod.adapters import dvc, git

    top = git.top(folder)
    yield Part(".git", Fate.KEPT if top else Fate.CREATED)
    if not top and not dry:
        git.init(folder)
    has_dvc = any((each / ".dvc").is_dir() for each in (folder, *folder.parents))
    yield Part(".dvc", Fate.KEPT if has_dvc else Fate.CREATED)
    if not has_dvc and not dry:
        below = ["--subdir"] if top and top != folder.resolve() else []
        if dvc.run(["init", "--quiet", *below], str(folder)):
            raise ProjectBroken("dvc init failed, as it said above", hint="Mend that, then run nbprod init again.")


def _facts(folder: Path, notebooks: tuple[str, ...]) -> Facts:
    from nbprod.adapters import git
    from nbprod.emit.repository import Facts

    return Facts(
        folder.name,
        git.remotes(folder),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        requirements=_requirements(folder, notebooks),
        has_requirements_file=(folder / "requirements.txt").is_file(),
    )


def _notebooks(folder: Path) -> Iterator[str]:
    """The notebooks below the folder."""
    for path in sorted(folder.rglob("*.ipynb")):
        inside = path.relative_to(folder)
        if not SKIPPED & set(inside.parts):
            yield inside.as_posix()


def _requirements(folder: Path, notebooks: tuple[str, ...]) -> tuple[str, ...]:
    """The packages that the notebooks import, as they are installed here."""
    names = {name for each in notebooks[:MOST] for name in _imported(folder / each)}
    installed = metadata.packages_distributions()
    own = {each.name.partition(".")[0] for each in folder.iterdir()}
    found = {
        distribution
        for name in names - own - set(sys.stdlib_module_names) - {"nbprod"}
        for distribution in installed.get(name, [])[:1]
    }
    return tuple(f"{each}>={metadata.version(each)}" for each in sorted(found, key=str.casefold))


def _imported(notebook: Path) -> set[str]:
    """The top-level modules that the notebook imports; none where it can't be read."""
    from nbprod.project import read

    try:
        cells = read(notebook).code_cells
    except NbprodError:
        return set()
    nodes = [node for cell in cells for node in ast.walk(ast.parse(cell.python or ""))]
    plain = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    plain |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in plain}


def _folder(folder: Path, notebooks: tuple[str, ...], *, dry: bool) -> Iterator[Part]:
    """A place for notebooks, where there is none yet."""
    place = folder / "notebooks"
    if place.is_dir():
        yield Part("notebooks/", Fate.KEPT)
    elif not notebooks:
        yield Part("notebooks/", Fate.CREATED)
        if not dry:
            place.mkdir()


def _hook(folder: Path, *, dry: bool) -> Iterator[Part]:
    """The hook of git itself, which needs no pre-commit."""
    from nbprod.adapters import git
    from nbprod.emit import repository
    from nbprod.emit.repository import Wanted

    hooks = git.hooks(folder)
    if hooks is None:
        yield Part(".git/hooks/pre-commit", Fate.CREATED)
        return
    path = hooks / "pre-commit"
    name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
    if path.exists():
        known = "pre_commit" in path.read_text(encoding="utf-8", errors="replace")  # it runs what the configuration has
        yield Part(name, Fate.KEPT, () if known else _lacking(path, Wanted(name, "", repository.HOOKS)))
        return
    yield Part(name, Fate.CREATED)
    if not dry:
        hooks.mkdir(parents=True, exist_ok=True)
        write_whole(path, repository.GIT_HOOK.encode())
        path.chmod(0o755)
