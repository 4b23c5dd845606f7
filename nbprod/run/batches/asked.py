"""What a person asks for, on the command line or in Python, as a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbprod.errors import UsageError
from nbprod.run.batches import tables, words
from nbprod.run.batches.spec import Spec
from nbprod.run.parameters import Text

if TYPE_CHECKING:
    from pathlib import Path


def typed(
    folder: Path,
    fixed: Sequence[str],
    grid: Sequence[str],
    zipped: Sequence[str],
    table: str | None,
    each: tuple[str | None, str | None],
) -> Spec:
    """Return the spec that the words of the command line mean; all of it is text. `folder` is the notebook's."""
    return Spec(
        {name: Text(text) for name, text in words.single(fixed, "-p").items()},
        rows=tables.rows(table) if table else None,
        source=f"--file {table}",
        each=_each(each, folder),
        zipped=_texts(words.several(zipped, "--zip")) if zipped else None,
        grid=_texts(words.several(grid, "--grid")) if grid else None,
    )


def given(
    folder: Path,
    fixed: Mapping[str, Any] | None,
    grid: Mapping[str, Any] | None,
    zipped: Mapping[str, Any] | None,
    table: Any,
    each: Mapping[str, str] | None,
) -> Spec:
    """Return the spec that values of Python mean. `table` is a file's path, a frame, or a list of mappings."""
    return Spec(
        dict(fixed or {}),
        rows=_rows(table) if table is not None else None,
        source=f"file {table}" if isinstance(table, str) else "file",
        each=_each(_pattern(each), folder) if each else None,
        zipped={name: _listed(name, values) for name, values in zipped.items()} if zipped is not None else None,
        grid={name: _listed(name, values) for name, values in grid.items()} if grid is not None else None,
    )


def _texts(found: Mapping[str, Sequence[str]]) -> dict[str, tuple[Text, ...]]:
    return {name: tuple(map(Text, values)) for name, values in found.items()}


def _each(words: tuple[str | None, str | None], folder: Path) -> tuple[str, tuple[Any, ...]] | None:
    pattern, name = words
    if pattern is None and name is None:
        return None
    if pattern is None or name is None:
        raise UsageError("--each and --as belong together", hint="Write --each 'data/*.csv' --as path.")
    files = tables.found(pattern, folder)
    if not files:
        raise UsageError(f"--each {pattern} finds no file", hint="Quote it, so that the shell leaves it as it is.")
    return name, tuple(map(Text, files))


def _pattern(each: Mapping[str, str]) -> tuple[str, str]:
    if len(each) != 1:
        raise UsageError("each takes one parameter", hint='Write each={"path": "data/*.csv"}.')
    ((name, pattern),) = each.items()
    return str(pattern), name


def _listed(name: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__iter__"):
        raise UsageError(f"{name} needs a list of values, not {values!r}", hint=f"Write {{{name!r}: [{values!r}]}}.")
    return tuple(each.item() if hasattr(each, "item") and not hasattr(each, "isoformat") else each for each in values)


def _rows(table: Any) -> tuple[dict[str, Any], ...]:
    if isinstance(table, str) or hasattr(table, "__fspath__"):
        return tables.rows(str(table))
    listed = table.to_dict("records") if hasattr(table, "to_dict") else table
    return tuple({str(name): value for name, value in row.items() if not tables.is_missing(value)} for row in listed)
