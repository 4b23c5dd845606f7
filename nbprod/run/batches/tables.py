"""Runs from files: a table with a row for each run, or a pattern that finds a file for each."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nbprod.adapters import fsspec, yaml
from nbprod.errors import UsageError
from nbprod.run.parameters import Text

if TYPE_CHECKING:
    from nbprod.run.batches.spec import Values


def rows(path: str) -> tuple[Values, ...]:
    """Return the rows of a CSV, YAML or parquet file: what CSV holds is text, the others have types.

    An empty cell of a CSV file, and a missing value of a parquet file, leave the notebook's default.

    Raises:
        UsageError: There is no such file, or it is no table.
    """
    readers = {".csv": _csv, ".yaml": _yaml, ".yml": _yaml, ".json": _yaml, ".parquet": _parquet}
    reader = readers.get(PurePosixPath(path).suffix.lower())
    if reader is None:
        raise UsageError(f"--file {path} has no extension that is read", hint="It may be .csv, .yaml or .parquet.")
    try:
        content = fsspec.read(path)
    except FileNotFoundError as error:
        raise UsageError(f"--file {path} is not there", hint="Give a .csv, .yaml or .parquet file.") from error
    return reader(content, path)


def _csv(content: bytes, path: str) -> tuple[Values, ...]:
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--file {path} is no CSV file: {error}", hint="Save it as UTF-8, with commas.") from error
    header = [name.strip() for name in lines[0]] if lines else []
    return tuple(_csv_row(header, cells, at, path) for at, cells in enumerate(lines[1:], 2) if any(cells))


def _csv_row(header: list[str], cells: list[str], line: int, path: str) -> Values:
    if len(cells) != len(header):
        raise UsageError(
            f"--file {path}: line {line} has {len(cells)} cells, and the header {len(header)}", hint="Mend that line."
        )
    return {name: Text(cell) for name, cell in zip(header, cells, strict=True) if cell.strip()}


def _yaml(content: bytes, path: str) -> tuple[Values, ...]:
    found = yaml.parse(content.decode("utf-8", errors="replace"), path)
    if isinstance(found, dict) and all(isinstance(row, dict) for row in found.values()):
        found = [{"run": str(name)} | row for name, row in found.items()]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise UsageError(
            f"--file {path} is no list of runs",
            hint="Write it as `- {strength: 0.5, seed: 1}`, a line a run, or as `name: {strength: 0.5}`.",
        )
    return tuple({str(name): value for name, value in row.items()} for row in found)


def _parquet(content: bytes, path: str) -> tuple[Values, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(content))
    except pa.ArrowException as error:
        raise UsageError(f"--file {path} is no parquet file: {error}", hint="Use frame.to_parquet.") from error
    hidden = [name for name in table.column_names if name.startswith("__index_level_")]
    return tuple(_given(row) for row in table.drop_columns(hidden).to_pylist())


def _given(row: Values) -> Values:
    return {name: value for name, value in row.items() if not is_missing(value)}


def is_missing(value: Any) -> bool:
    """Whether a table has no value there."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")  # pandas'


def found(pattern: str, folder: Path) -> tuple[str, ...]:
    """Return the files that a pattern finds, sorted, as the notebook in `folder` opens them.

    Those below the folder, or beside it in the same project, have a relative path, so that what they are called does
    not depend on where the project lies.
    """
    if "://" in pattern:
        return tuple(fsspec.glob(pattern))
    return tuple(_seen_from(folder, Path(path)) for path in fsspec.glob(pattern))


def version(file: str, folder: Path) -> str:
    """Return what changes when the content of a file of `found` changes, "" if it is gone."""
    if "://" in file:
        return fsspec.version(file)
    path = folder / file
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _seen_from(folder: Path, path: Path) -> str:
    relative = os.path.relpath(path.absolute(), folder.absolute())
    return PurePosixPath(path.absolute()).as_posix() if relative.count("..") > 2 else PurePosixPath(relative).as_posix()
