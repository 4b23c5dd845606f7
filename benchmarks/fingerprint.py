"""How fast fingerprints are: GB/s by kind of frame, and how many times faster than joblib.hash and pandas' own hash.

Run: python benchmarks/fingerprint.py [rows]
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd

from nbprod.values import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 5


def frames(rows: int) -> dict[str, Any]:
    """The values measured, by name."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(rows, 10))
    words = np.array([f"word {n}" for n in range(1000)], dtype=object)
    texts = pd.DataFrame({f"t{n}": words[rng.integers(0, 1000, rows)] for n in range(4)})
    mixed = pd.DataFrame({f"n{n}": numbers[:, n] for n in range(5)})
    mixed = mixed.assign(day=pd.Timestamp("2024-01-01"), kind=pd.Categorical(texts["t0"]), text=texts["t1"])
    return {
        "numeric, by column": pd.DataFrame({f"n{n}": numbers[:, n].copy() for n in range(10)}),
        "numeric, by row": pd.DataFrame(numbers, copy=False),
        "array, column-major": np.asfortranarray(numbers),
        "texts": texts,
        "texts as objects": texts.astype(object),
        "mixed": mixed,
    }


def seconds(measured: Callable[[Any], object], value: Any) -> float:
    """The best of a few runs."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        measured(value)
        best = min(best, time.perf_counter() - start)
    return best


def size(value: Any) -> int:
    """Bytes of content, texts counted as what they say."""
    return int(value.memory_usage(deep=True, index=False).sum()) if isinstance(value, pd.DataFrame) else value.nbytes


def pandas_hash(value: Any) -> object:
    """The hash of each row that pandas offers."""
    return pd.util.hash_pandas_object(value if isinstance(value, pd.DataFrame) else pd.DataFrame(value))


def main(rows: int) -> None:
    """Print the table."""
    print(f"{rows:,} rows; pandas {pd.__version__}, numpy {np.__version__}; best of {REPEATS}")
    print(f"{'':22}{'MB':>8}{'ms':>10}{'GB/s':>8}{'joblib.hash':>14}{'pandas hash':>14}")
    for name, value in frames(rows).items():
        own = seconds(fingerprint, value)
        others = (f"{seconds(other, value) / own:.0f}×" for other in (joblib.hash, pandas_hash))
        speed = size(value) / own / 1e9
        print(f"{name:22}{size(value) / 1e6:8.0f}{own * 1e3:10.1f}{speed:8.1f}{next(others):>14}{next(others):>14}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
