"""From what a step touched to the files that it depends on and makes.

Readers and writers in C++ or Rust (polars, pyarrow given a path, h5py) and other programs raise no audit event. So a
path that the step's code names counts too, when a file is there: as written if the step gave it a new time, else as
read.
"""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from nbprod.record.relevance import relevant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nbprod.model.graph import Step
    from nbprod.record.audit import Accesses

LONGEST = 400  # characters of a string that may be a path


def read_and_written(
    accesses: Accesses, mentioned: Iterable[str], started_ns: int, root: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files that the step read, and those that it wrote; relative to the project's root where below it."""
    read, written = dict(accesses.read), dict(accesses.written)
    for path in (*_absolute(mentioned), *_absolute(accesses.commands)):
        if path not in written and _is_file(path):
            (written if _changed_since(path, started_ns) else read)[path] = None
    for path in [each for each in read if _is_file(each) and _changed_since(each, started_ns)]:
        written[path] = None  # such as a database that was opened and then written to
    left = [each for each in written if _is_file(each)]
    folders = [each for each in accesses.listed if _is_own_folder(each, root)]
    return relevant([*read, *folders], root), relevant(left, root)


def file_time() -> int:
    """The time that a file written now would get, in ns: Linux gives files a coarser clock than it gives us."""
    coarse = getattr(time, "CLOCK_REALTIME_COARSE", None)
    return time.time_ns() if coarse is None else time.clock_gettime_ns(coarse)


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


def _absolute(texts: Iterable[str]) -> Iterator[str]:
    for each in texts:
        if _may_be_path(each):
            yield os.path.abspath(each)  # noqa: PTH100  (strings all the way)


def _is_file(path: str) -> bool:
    try:
        return os.path.isfile(path)  # noqa: PTH113  (strings all the way)
    except (OSError, ValueError):
        return False


def _changed_since(path: str, started_ns: int) -> bool:
    return Path(path).stat().st_mtime_ns >= started_ns


def _is_own_folder(path: str, root: Path) -> bool:
    """Whether a folder that was looked into can be a dependency: not one that the project itself lives in."""
    here = (os.path.realpath(Path.cwd()), os.path.realpath(root), os.path.realpath(root / "data"))
    real = os.path.realpath(path)
    return not any(each == real or each.startswith(real.rstrip(os.sep) + os.sep) for each in here)
