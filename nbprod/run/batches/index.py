"""The index of a batch: what became of all its runs, as a table and as the files that hold it."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from nbprod.model.batch import Index
from nbprod.run.batches.endings import RUNS
from nbprod.run.batches.performing import NOTEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from nbprod.model.batch import Entry

CSV, PARQUET = "index.csv", "index.parquet"
LEAST, MOST = -(2**63), 2**63 - 1  # what a column of whole numbers holds
OURS = ("run", "status", "seconds", "error", "cell", "step", "notebook")


def index(entries: Sequence[Entry], parameters: Sequence[str], varied: Sequence[str], notebook: str) -> Index:
    """Return the table of the entries; parameters and metrics whose names are taken get longer ones."""
    given = dict(zip(parameters, _free(parameters, OURS, "parameter"), strict=True))
    measured = _metric_columns(entries, (*OURS, *given.values()))
    rows = tuple(_row(each, given, measured) for each in entries)
    shown = tuple(given[name] for name in parameters if name in varied)
    return Index(notebook, tuple(given.values()), shown, tuple(dict.fromkeys(measured.values())), rows)


def _row(entry: Entry, given: Mapping[str, str], measured: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "run": entry.name,
        "status": str(entry.status),
        **{column: entry.parameters.get(name) for name, column in given.items()},
        **{column: entry.metrics.get(owner, {}).get(key) for (owner, key), column in measured.items()},
        "seconds": entry.seconds,
        "error": entry.error or None,
        "cell": entry.cell,
        "step": entry.step or None,
        "notebook": f"{RUNS}/{entry.name}/{NOTEBOOK}" if entry.ended else None,
    }


def _metric_columns(entries: Sequence[Entry], taken: Iterable[str]) -> dict[tuple[str, str], str]:
    """The column of each number: its path in the metric, after the metric's name where others have that path."""
    keys = list(dict.fromkeys((owner, key) for each in entries for owner, keys in each.metrics.items() for key in keys))
    counts = Counter(key for _, key in keys)
    taken = set(taken)
    return {(owner, key): key if counts[key] == 1 and key not in taken else f"{owner}.{key}" for owner, key in keys}


def _free(names: Sequence[str], taken: Iterable[str], kind: str) -> list[str]:
    return [f"{kind}.{name}" if name in taken else name for name in names]


def frame(index: Index) -> pd.DataFrame:
    """Return the index as a frame; what is no plain value in it is JSON text."""
    import pandas as pd

    columns = {name: [_cell(row[name]) for row in index.rows] for name in index.columns}
    made = pd.DataFrame({name: _column(values) for name, values in columns.items()})
    return made.astype({"cell": "Int64", "seconds": "float64"})


def _column(values: list[Any]) -> Any:
    """One type for a column: whole numbers stay whole where some are missing; mixed or huge ones are text."""
    import pandas as pd

    kinds = {type(each) for each in values if each is not None}
    if int in kinds and any(isinstance(each, int) and not LEAST <= each <= MOST for each in values):
        kinds = {int, str}
    if kinds == {int} and None in values:
        return pd.array(values, dtype="Int64")
    if kinds == {bool} and None in values:
        return pd.array(values, dtype="boolean")
    if len(kinds - {int, float}) and len(kinds) > 1:
        return [each if each is None or isinstance(each, str) else json.dumps(each) for each in values]
    return values


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | tuple) else value


def files(index: Index) -> dict[str, bytes]:
    """Return the files of the index by their names."""
    table = frame(index)
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    return {CSV: table.to_csv(index=False, lineterminator="\n").encode(), PARQUET: parquet.getvalue()}
