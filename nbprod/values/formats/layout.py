"""How a pandas frame lies in memory: row by row where it was made of one array in pandas 2, else column by column.

A sum adds in the order of the memory, so that the last digits of what is computed from a frame depend on it. Parquet
brings a frame back column by column.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

NUMBERS = "iufcb"  # kinds of NumPy dtypes


def row_by_row(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the runs of columns that lie row by row, each as its first column and the one behind its last.

    >>> import numpy as np, pandas as pd
    >>> row_by_row(pd.DataFrame(np.ones((3, 2)), copy=False)), row_by_row(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    ([(0, 2)], [])
    """
    return [run for run in _of_one_type(frame) if _is_row_by_row(frame.iloc[:, slice(*run)])]


def _of_one_type(frame: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """The runs of neighbouring columns that hold numbers of one type."""
    at = 0
    for dtype, columns in groupby(frame.dtypes):
        width = len(list(columns))
        if width > 1 and getattr(dtype, "kind", "") in NUMBERS and hasattr(dtype, "newbyteorder"):
            yield at, at + width
        at += width


def _is_row_by_row(part: pd.DataFrame) -> bool:
    strides = part.to_numpy().strides
    return len(part) > 1 and strides[1] < strides[0]


def laid_out(frame: pd.DataFrame, runs: Iterable[tuple[int, int]]) -> pd.DataFrame:
    """Return the frame with those runs of its columns row by row."""
    import pandas as pd

    at, parts = 0, []
    for first, behind in runs:
        parts += [frame.iloc[:, at:first], _row_by_row(frame.iloc[:, first:behind])]
        at = behind
    parts = [each for each in (*parts, frame.iloc[:, at:]) if each.shape[1]]
    if len(parts) == 1:
        return parts[0]
    # Before pandas 3, a copy would bring it back to column by column.
    unchanged = {"copy": False} if pd.__version__.startswith("2.") else {}
    joined: pd.DataFrame = pd.concat(parts, axis=1, **unchanged)  # type: ignore[call-overload]
    joined.columns = frame.columns
    return joined


def _row_by_row(part: pd.DataFrame) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    return pd.DataFrame(np.ascontiguousarray(part.to_numpy()), part.index, part.columns, copy=False)
