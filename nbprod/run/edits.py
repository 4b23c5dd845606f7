"""What a person changed in the project since the notebook wrote it: parameters' values and generated modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.errors import NbprodError
from nbprod.run import wiring
from nbprod.run.parameters import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nbprod.model.record import Record
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


def _wired(root: Path) -> Wiring:
    return wiring.read(root)


def _values(stage: Stage, root: Path, record: Record | None) -> Iterator[str]:
    recorded: Mapping[str, str] = dict(record.parameters) if record else {}
    for key, value in stored(stage, root):
        was = recorded.get(key.name)
        if was is not None and isinstance(value, _SIMPLE) and repr(value) != was:
            yield f"{key.file} says {key.key}: {value!r}, where the notebook has {was}"


def _modules(stage: Stage, root: Path) -> Iterator[str]:
    for path in stage.deps:
        written = root / ".nbprod" / "base" / path
        both = path.endswith(".py") and written.is_file() and (root / path).is_file()
        if both and written.read_bytes() != (root / path).read_bytes():
            yield f"{path} was edited after export wrote it"
