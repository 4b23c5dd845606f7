"""What was changed in the project: parameters' values and generated modules by a person, files while both sides ran."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError
from nbprod.run import wiring
from nbprod.run.parameters import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nbprod.model.record import Record, StepSeen
    from nbprod.run.wiring import Stage, Wiring

_SIMPLE = (bool, int, float, str, type(None), list, dict)


def edits(step: str, root: Path, record: Record | None) -> tuple[str, ...]:
    """Return what differs from the notebook in what the step's stage depends on, a sentence each."""
    try:
        stages = [each for each in _wired(root).stages if each.step == step]
        told = [each for stage in stages for each in (*_values(stage, root, record), *_modules(stage, root))]
    except NbprodError:  # then the pipeline has said it already
        return ()
    return tuple(dict.fromkeys(told))


def disturbed(seen: StepSeen, record: Record, root: Path, began: float) -> tuple[str, ...]:
    """Return the files that a step reads and no step writes, but which changed since `began`, with who changed them.

    `began` is in seconds since the epoch; a file that is gone counts as changed.
    """
    made = {path for each in record.steps for path in each.files_written}
    cells = dict(record.written_outside)
    changed = [path for path in seen.files_read if path not in made and _changed(root / path) > began]
    return tuple(
        f"{path}, which cell {cells[path]} writes: mark that cell, or write another file"
        if path in cells
        else f"{path}, which was changed while notebook and pipeline ran"
        for path in changed
    )


def _changed(path: Path) -> float:
    """When a file's content or its place was last changed."""
    try:
        state = path.stat()
    except OSError:
        return float("inf")
    return max(state.st_mtime, state.st_ctime)


def _wired(root: Path) -> Wiring:
    return wiring.read(root)


def _values(stage: Stage, root: Path, record: Record | None) -> Iterator[str]:
    recorded: Mapping[str, str] = dict(record.parameters) if record else {}
    for key, value in stored(stage, root):
        was = recorded.get(key.name)
        if was is not None and isinstance(value, _SIMPLE) and _is_literal(was) and repr(value) != was:
            yield f"{key.file} says {key.key}: {value!r}, where the notebook has {was}"


def _is_literal(text: str) -> bool:
    """Whether YAML can hold the value: of others it has a text, which the step makes them of."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _modules(stage: Stage, root: Path) -> Iterator[str]:
    for path in stage.deps:
        written = root / ".nbprod" / "base" / path
        both = path.endswith(".py") and written.is_file() and (root / path).is_file()
        if both and written.read_bytes() != (root / path).read_bytes():
            yield f"{path} was edited after export wrote it"
