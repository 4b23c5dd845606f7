"""A stored frame lies in memory as it lay, so that sums round as they did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbprod.values import load, save

ROWS = np.random.default_rng(0).normal(size=(120, 4)) * 1e3


def frame(index=None, **more):
    table = pd.DataFrame(ROWS, index, list("abcd"), copy=False)
    for name, value in more.items():
        table[name] = value
    return table


def strides(table, columns):
    found = table[list(columns)].to_numpy().strides
    return "rows" if found[1] < found[0] else "columns"


FRAMES = {
    "one array": (frame, "abcd", "rows"),
    "with other columns behind": (lambda: frame(kind=1, text="x"), "abcd", "rows"),
    "an index, too": (lambda: frame(pd.date_range("2024", periods=120), kind=1), "abcd", "rows"),
    "other columns before": (
        lambda: pd.concat([pd.DataFrame({"k": range(120)}), frame()], axis=1, **NO_COPY),
        "abcd",
        "rows",
    ),
    "columns by themselves": (
        lambda: pd.DataFrame({name: ROWS[:, at] for at, name in enumerate("abcd")}),
        "abcd",
        "columns",
    ),
    "one row": (lambda: frame().head(1), "abcd", None),
    "no rows": (lambda: frame().head(0), "abcd", None),
}
NO_COPY = {"copy": False} if pd.__version__.startswith("2.") else {}


@pytest.mark.parametrize("name", FRAMES)
def test_what_lay_row_by_row_does_so_again(tmp_path, name):
    make, columns, order = FRAMES[name]
    kept = make()
    saved = save(kept, tmp_path, "table")
    back = load(saved.path)
    assert saved.format == "parquet"
    pd.testing.assert_frame_equal(back, kept)
    if order:
        assert strides(kept, columns) == strides(back, columns) == order
        exact = kept[list(columns)].to_numpy().mean(axis=0), back[list(columns)].to_numpy().mean(axis=0)
        assert exact[0].tobytes() == exact[1].tobytes()
