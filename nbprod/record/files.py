"""From what a step touched to the files that it depends on and makes.

Readers and writers in C++ or Rust (polars, pyarrow given a path, h5py) and other programs raise no audit event. So a
path that the step's code names counts too, when a file is there: as written if it isn't as it was before, else as
read. Where other programs ran, what is new in the project's folder counts as written.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from nbprod.record.audit import signature
from nbprod.record.relevance import NEVER, relevant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nbprod.model.graph import Step
    from nbprod.record.audit import Accesses, Signature

LONGEST = 400  # characters of a string that may be a path
MOST_FILES = 20_000  # that are looked at after programs ran


def read_and_written(
    accesses: Accesses, named_before: Mapping[str, Signature], named_after: Iterable[str], root: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that the step read, and those that it wrote; relative to the project's root where below it.

    `named_before` are the paths that its code named when it began, and how the files there were; `named_after` those
    that it names now.
    """
    read, written = dict(accesses.read), dict(accesses.written)
    known = {**signatures(named_after), **accesses.commands, **named_before}
    for path, before in known.items():
        if path not in written and signature(path) is not None:
            read.setdefault(path, before)
    for path, before in read.items():
        if signature(path) not in {before, None}:
            written[path] = None  # such as a database that was opened and then written to
    existed = [path for path, before in read.items() if before is not None]
    left = [path for path in written if signature(path) is not None]
    folders = [each for each in accesses.listed if _is_own_folder(each, root)]
    return relevant([*existed, *folders], root), relevant(left, root)


def note_programs(accesses: Accesses, root: Path) -> None:
    """Note as written what is new below the project's root, if programs were started; forget that they were."""
    if accesses.programs:
        accesses.written.update(dict.fromkeys(_newer(root, accesses.since)))
        accesses.programs = False


def _newer(root: Path, since: int) -> Iterator[str]:
    """The files below the root that were written since then, caches and hidden folders left out."""
    looked_at = 0
    for folder, below, files in os.walk(root):
        below[:] = [each for each in below if each not in NEVER and not each.startswith(".")]
        looked_at += len(files)
        if looked_at > MOST_FILES:
            return
        paths = (os.path.join(folder, each) for each in files)  # noqa: PTH118  (strings all the way)
        yield from (path for path in paths if (found := signature(path)) and found[0] >= since)


def signatures(texts: Iterable[str]) -> dict[str, Signature]:
    """How the files are that these texts name as paths; None where no file is."""
    paths = (os.path.abspath(each) for each in texts if _may_be_path(each))  # noqa: PTH100  (strings all the way)
    return {path: signature(path) for path in paths}


def mentioned(step: Step, value: Callable[[str], Any]) -> tuple[str, ...]:
    """The strings and paths that the step's code can name, and what `folder / "name"` makes of them."""
    sources = [block.python for block in step.blocks] + [step.source] + [each.source for each in step.definitions]
    literals: set[str] = set()
    names = {*step.input_names, *step.parameters}
    for source in sources:
        for node in _nodes(source):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                literals.add(node.value)
            elif isinstance(node, ast.Name):
                names.add(node.id)
    held = [value(name) for name in sorted(names)]
    paths = [os.fspath(each) for each in held if isinstance(each, str | PurePath)]
    short = [each for each in (*literals, *paths) if _may_be_path(each)]
    folders = [each for each in short if os.path.isdir(each)]  # noqa: PTH112  (strings all the way)
    return tuple(sorted({*short, *(os.path.join(folder, each) for folder in folders for each in short)}))  # noqa: PTH118


def _nodes(source: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(ast.parse(source))
    except SyntaxError:
        return


def _may_be_path(text: str) -> bool:
    return 0 < len(text) <= LONGEST and "\n" not in text and "\0" not in text


def _is_own_folder(path: str, root: Path) -> bool:
    """Whether a folder that was looked into can be a dependency: not one that the project itself lives in."""
    here = (os.path.realpath(Path.cwd()), os.path.realpath(root), os.path.realpath(root / "data"))
    real = os.path.realpath(path)
    return not any(each == real or each.startswith(real.rstrip(os.sep) + os.sep) for each in here)
