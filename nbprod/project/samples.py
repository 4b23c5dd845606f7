"""Recorded samples beside those that are committed: last digits that another processor gives change nothing."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError
from nbprod.model.files import File, Ownership

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What the generated tests allow, too (emit/tests.py): more than rounding, less than any change of the code.
RTOL, ATOL = 1e-9, 1e-12
# What rounding becomes in a model that was fitted step by step on the whole data, and in all that follows from it.
LOOSE_RTOL, LOOSE_ATOL = 1e-6, 1e-9


def steady(files: Iterable[File], root: Path) -> tuple[File, ...]:
    """Return the files; samples of a step that differ from those that stand only in last digits stay as they are.

    They stay or change together, for a step's test makes the outputs from the inputs.
    """
    every = tuple(files)
    steps: dict[PurePosixPath, list[File]] = defaultdict(list)
    for file in every:
        if file.ownership is Ownership.REPLACED:
            steps[PurePosixPath(file.path).parent.parent].append(file)
    standing = {file.path for samples in steps.values() if _stand(samples, root) for file in samples}
    return tuple(
        replace(file, content=(root / file.path).read_bytes()) if file.path in standing else file for file in every
    )


def _stand(samples: Sequence[File], root: Path) -> bool:
    inputs = [file for file in samples if PurePosixPath(file.path).parent.name == "inputs"]
    same_inputs = all(_alike(file, root / file.path, RTOL, ATOL) for file in inputs)
    tolerance = (RTOL, ATOL) if same_inputs else (LOOSE_RTOL, LOOSE_ATOL)
    return all(_alike(file, root / file.path, *tolerance) for file in samples)


def _alike(file: File, path: Path, rtol: float, atol: float) -> bool:
    """Whether both hold the same value; the suffixes tell how they are read."""
    from nbprod.values import first_difference, load

    if not path.is_file():
        return False
    if path.read_bytes() == file.content:
        return True
    with tempfile.TemporaryDirectory(prefix="nbprod-sample-") as folder:
        new = Path(folder) / path.name
        new.write_bytes(file.content)
        try:
            return first_difference(load(path), load(new), rtol=rtol, atol=atol) is None
        except NbprodError:
            return False
