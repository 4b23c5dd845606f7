"""Recorded samples beside those that are committed: last digits that another processor gives change nothing."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError
from nbprod.model.files import File, Ownership

if TYPE_CHECKING:
    from collections.abc import Iterable

# What the generated tests allow, too (emit/tests.py): more than rounding, less than any change of the code.
RTOL, ATOL = 1e-9, 1e-12


def steady(files: Iterable[File], root: Path) -> tuple[File, ...]:
    """Return the files; a sample that differs from the one that stands only in last digits is left as it stands."""
    return tuple(_steady(file, root / file.path) for file in files)


def _steady(file: File, path: Path) -> File:
    if file.ownership is not Ownership.REPLACED or not path.is_file():
        return file
    standing = path.read_bytes()
    return replace(file, content=standing) if standing != file.content and _alike(file, path) else file


def _alike(file: File, path: Path) -> bool:
    """Whether both hold the same value; the suffixes tell how they are read."""
    from nbprod.values import first_difference, load

    with tempfile.TemporaryDirectory(prefix="nbprod-sample-") as folder:
        new = Path(folder) / path.name
        new.write_bytes(file.content)
        try:
            return first_difference(load(path), load(new), rtol=RTOL, atol=ATOL) is None
        except NbprodError:
            return False
