"""Which rows of a dimension table a sample needs: those that it would join to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.values.formats.format import POLARS_FRAMES, is_a

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ENOUGH = 0.5  # share of the sample's rows that must find a partner for columns of different names to be a join


@dataclass(frozen=True, slots=True)
class Join:
    """One possible join: the table's rows that find a partner, and how likely it is what the notebook does."""

    positions: NDArray[Any]
    unique: bool  # each row of the table has its own key
    coverage: float  # share of the sample's rows that find a partner

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Better joins have a higher one: a real key first, then more partners, then fewer rows."""
        return self.unique, self.coverage, -len(self.positions)


def joined_rows(table: Any, sampled: Any, cap: int) -> NDArray[Any] | None:
    """The positions of the table's rows that join to the sample, at most `cap`; None if nothing joins.

    Tried are all columns of common name, each one of them, and then text columns that tell the table's rows apart
    against the sample's under other names (`faa` against `dest`).
    """
    import numpy as np

    left, right = _plain(table), _plain(sampled)
    if _is_alike(left, right):
        return None
    best = max(_joins_by_name(left, right), key=lambda join: join.rank, default=None)
    if best is not None:
        return thinned(best.positions, cap)
    found = [join.positions for join in _joins_by_value(left, right)]
    return thinned(np.unique(np.concatenate(found)), cap) if found else None


def _is_alike(left: Any, right: Any) -> bool:
    """Whether most of the table's columns are the sample's too: more rows of that kind, not a dimension of them."""
    common = [name for name in left.columns if name in right.columns]
    return len(common) > len(left.columns) / 2 and len(common) >= 0.8 * right.shape[1]


def thinned(positions: NDArray[Any], cap: int) -> NDArray[Any]:
    """At most `cap` of the positions, evenly.

    >>> import numpy as np
    >>> thinned(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    import numpy as np

    if len(positions) <= cap:
        return positions
    return np.asarray(positions[np.linspace(0, len(positions) - 1, cap).astype(np.intp)])


def _plain(table: Any) -> Any:
    """The table as a pandas frame, without repeated columns."""
    if not is_a(table, *POLARS_FRAMES):
        return table.loc[:, ~table.columns.duplicated()].reset_index(drop=True)
    import pandas as pd

    return pd.DataFrame({name: table[name].to_numpy() for name in table.columns})


def _joins_by_name(left: Any, right: Any) -> Iterator[Join]:
    common = [name for name in left.columns if name in right.columns]
    for names in ([common] if len(common) > 1 else []) + [[name] for name in common]:
        join = _join(left[names], right[names])
        if join:
            yield join


def _joins_by_value(left: Any, right: Any) -> Iterator[Join]:
    texts = [name for name in right.columns if _is_text(right[name])]
    for key in (name for name in left.columns if _is_text(left[name]) and left[name].is_unique):
        for name in texts:
            join = _join(left[[key]], right[[name]].set_axis([key], axis=1))
            if join and join.coverage >= ENOUGH:
                yield join


def _is_text(column: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_string_dtype(column.dtype))


def _join(left: Any, right: Any) -> Join | None:
    """The join of two frames on all of their columns; None if no row finds a partner, or types don't compare."""
    import numpy as np

    try:
        a, b = _keys(left), _keys(right)
        matches = np.asarray(a.isin(b)) & left.notna().all(axis=1).to_numpy()
        unique = not bool(a.duplicated()[matches].any())
        coverage = float(np.mean(b.isin(a))) if len(b) else 0.0
    except (TypeError, ValueError, NotImplementedError):
        return None
    return Join(np.flatnonzero(matches), unique, coverage) if matches.any() else None


def _keys(frame: Any) -> Any:
    """The rows of a frame as one index."""
    import pandas as pd

    return pd.Index(frame.iloc[:, 0]) if frame.shape[1] == 1 else pd.MultiIndex.from_frame(frame)
