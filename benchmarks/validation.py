"""What a step's border costs: frames held to their schemas, against pandera alone, in one run.

python benchmarks/validation.py
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pandera.polars as pp
import polars as pl
from pandera.typing import DataFrame
from pandera.typing import polars as typed

from nbprod.errors import SchemaViolated
from nbprod.run.validate import Border, validated

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 1_000_000
COLUMNS = 10


def schema(base: Any, field: Any) -> Any:
    """A model of integer, float and text columns, each with a check, as export writes them."""
    kinds = {f"n{at}": int for at in range(4)} | {f"x{at}": float for at in range(4)} | {"a": str, "b": str}
    checks = {name: field(isin=list("pqr")) if kind is str else field(ge=0) for name, kind in kinds.items()}
    return type("Made", (base,), {"__annotations__": kinds, **checks, "__module__": __name__})


def frame() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    columns: dict[str, Any] = {f"n{at}": draw.integers(0, 100, ROWS) for at in range(4)}
    columns |= {f"x{at}": draw.random(ROWS) for at in range(4)}
    return pd.DataFrame(columns | {name: draw.choice(list("pqr"), ROWS) for name in "ab"})


def milliseconds(call: Callable[[], object], repeats: int = 5) -> float:
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


def main() -> None:
    pandas_model, polars_model = schema(pa.DataFrameModel, pa.Field), schema(pp.DataFrameModel, pp.Field)
    whole = frame()
    broken = whole.assign(n0=whole["n0"].where(np.arange(ROWS) % 1000 != 0, -1))
    with tempfile.TemporaryDirectory() as folder:
        border = Border("clean", "output", Path(folder))

        def failing() -> None:
            try:
                validated({"x": broken}, {"x": DataFrame[pandas_model]}, border)
            except SchemaViolated:
                return
            raise AssertionError

        for name, value, model, annotation in (
            ("pandas", whole, pandas_model, DataFrame[pandas_model]),
            ("polars", pl.from_pandas(whole), polars_model, typed.DataFrame[polars_model]),
        ):
            alone = milliseconds(lambda v=value, m=model: m.to_schema().validate(v, lazy=True))
            ours = milliseconds(lambda v=value, a=annotation: validated({"x": v}, {"x": a}, border))
            print(
                f"{name}, {ROWS:,} × {COLUMNS}: pandera {alone:.0f} ms, nbprod {ours:.0f} ms, ratio {ours / alone:.2f}"
            )
        print(f"pandas, 1 row in 1,000 failing, report and rows written: {milliseconds(failing, 3):.0f} ms")


if __name__ == "__main__":
    main()
