"""A small version of a step's inputs on which the step still has everything to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.values.formats.format import PANDAS_FRAMES, PANDAS_SERIES, POLARS_FRAMES, POLARS_SERIES, is_a
from nbprod.values.joining import joined_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

SMALL_SET = 50  # a column with more distinct texts is not a set of categories to keep whole
EDGES = 3  # rows kept at either end: what reads `.head()` or `.iloc[-1]` finds them
JOIN_CAP = 2  # a dimension table keeps at most so many times the rows asked for


def sample(values: Mapping[str, object], rows: int = 200) -> dict[str, object]:
    """Return the values with about `rows` rows each; the originals are left as they are.

    Values of equal length (and index) keep the same rows, in their order: the first and last ones, each rare category,
    missing values and present ones, then an even spread. Other frames keep the rows that join to the largest one.
    What has no rows is kept as it is.

    >>> len(sample({"numbers": list(range(1000))}, rows=50)["numbers"])
    50
    """
    long = {name: value for name, value in values.items() if row_count(value) > rows}
    families = _families(long)
    if not families:
        return dict(values)
    main = max(families, key=lambda names: row_count(long[names[0]]) * _is_table(long[names[0]]))
    small = _kept(long, main, chosen_rows([long[name] for name in main], rows))
    for names in families:
        if names is not main:
            small |= _kept_beside(long, names, small, rows)
    return {name: small.get(name, value) for name, value in values.items()}


def row_count(value: Any) -> int:
    """How many rows a value has; 0 for what isn't made of rows.

    >>> row_count([1, 2]), row_count("text")
    (2, 0)
    """
    if type(value) is list or is_a(value, *PANDAS_FRAMES, *PANDAS_SERIES, *POLARS_FRAMES, *POLARS_SERIES):
        return len(value)
    return len(value) if _is_row_array(value) else 0


def _is_row_array(value: Any) -> bool:
    return is_a(value, "numpy.ndarray") and value.ndim in {1, 2}


def _is_table(value: object) -> bool:
    return is_a(value, *PANDAS_FRAMES, *POLARS_FRAMES)


def _families(long: Mapping[str, object]) -> list[list[str]]:
    """The names whose rows belong together: of one length, and of one index where they have one."""
    families: list[list[str]] = []
    for name, value in long.items():
        home = next((names for names in families if all(_belongs(value, long[each]) for each in names)), None)
        if home is None:
            families.append([name])
        else:
            home.append(name)
    return families


def _belongs(left: Any, right: Any) -> bool:
    if row_count(left) != row_count(right):
        return False
    indexed = all(is_a(each, *PANDAS_FRAMES, *PANDAS_SERIES) for each in (left, right))
    return not indexed or bool(left.index.equals(right.index))


def _kept(long: Mapping[str, object], names: Sequence[str], positions: NDArray[Any]) -> dict[str, object]:
    return {name: take(long[name], positions) for name in names}


def take(value: Any, positions: NDArray[Any]) -> Any:
    """Return a new value with the rows at these positions."""
    if type(value) is list:
        return [value[at] for at in positions.tolist()]
    if is_a(value, *PANDAS_FRAMES, *PANDAS_SERIES):
        return value.iloc[positions].copy()
    return value[positions]


def _kept_beside(
    long: Mapping[str, object], names: Sequence[str], small: Mapping[str, object], rows: int
) -> dict[str, object]:
    """The values of another length: tables that join to what is sampled keep those rows, the others their own."""
    against = max((each for each in small.values() if _is_table(each)), key=row_count, default=None)
    tables = [name for name in names if _is_table(long[name])] if against is not None else []
    found = {name: joined_rows(long[name], against, JOIN_CAP * rows) for name in tables}
    joined = {name: positions for name, positions in found.items() if positions is not None}
    shared = next(iter(joined.values())) if joined else chosen_rows([long[name] for name in names], rows)
    return {name: take(long[name], joined.get(name, shared)) for name in names}


def chosen_rows(values: Sequence[object], rows: int) -> NDArray[Any]:
    """The positions to keep of values that belong together, in order; always the same ones."""
    import numpy as np

    total = row_count(values[0])
    if total <= rows:
        return np.arange(total)
    needed = {*range(min(EDGES, total)), *range(total - min(EDGES, total), total)}
    for column in _columns(values):
        for position in _telling_rows(column):
            if len(needed) >= rows:
                break
            needed.add(position)
    spread = _spread(total, rows, needed)
    return np.array(sorted(needed | spread), dtype=np.intp)


def _spread(total: int, rows: int, needed: set[int]) -> set[int]:
    """Positions, evenly over all rows with a little jitter against patterns, to fill up what is asked for."""
    import numpy as np

    free = rows - len(needed)
    rest = np.setdiff1d(np.arange(total), np.fromiter(needed, np.intp), assume_unique=True)
    if free <= 0:
        return set()
    bounds = np.linspace(0, len(rest), free + 1).astype(np.intp)
    jitter = np.random.default_rng(0).random(free)
    picked = bounds[:-1] + (jitter * np.diff(bounds)).astype(np.intp)
    return set(rest[picked].tolist())


def _columns(values: Sequence[Any]) -> Iterator[Any]:
    """Each column of the values as a pandas series with plain numbering; short ones of 2-d arrays too."""
    import pandas as pd

    for value in values:
        if is_a(value, *PANDAS_FRAMES):
            yield from (value.iloc[:, at].reset_index(drop=True) for at in range(value.shape[1]))
        elif is_a(value, *PANDAS_SERIES):
            yield value.reset_index(drop=True)
        elif is_a(value, *POLARS_FRAMES):
            yield from (_from_polars(series) for series in value.iter_columns())
        elif is_a(value, *POLARS_SERIES):
            yield _from_polars(value)
        elif _is_row_array(value) and value.ndim == 1 and value.dtype.names is None:
            yield pd.Series(value)
        elif type(value) is list:
            yield pd.Series(value, dtype=object)


def _from_polars(series: Any) -> Any:
    import pandas as pd

    try:
        return pd.Series(series.to_numpy())
    except Exception:  # noqa: BLE001 - nested and foreign types: such a column tells nothing about which rows to keep
        return pd.Series(dtype=object)


def _telling_rows(column: Any) -> list[int]:
    """The first row of each category of a small set, a missing value and a present one."""
    import numpy as np

    missing = column.isna().to_numpy()
    gaps = np.flatnonzero(missing)[:1].tolist() + np.flatnonzero(~missing)[:1].tolist() if missing.any() else []
    if not _may_be_categories(column):
        return gaps
    try:
        firsts = column.drop_duplicates()
    except TypeError:  # cells that hold lists or dicts
        return gaps
    return gaps + (firsts.index.tolist() if len(firsts) <= SMALL_SET else [])


def _may_be_categories(column: Any) -> bool:
    """Whether it holds texts, categories, truths or whole numbers, and not too many different ones at first sight."""
    import pandas as pd

    if pd.api.types.is_float_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    try:
        return int(column.iloc[:: max(1, len(column) // 1000)].nunique()) <= SMALL_SET
    except TypeError:
        return False
