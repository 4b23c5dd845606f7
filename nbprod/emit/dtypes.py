"""The annotation under which pandera accepts a column of a recorded dtype; found by trying, held by tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.model.record import ColumnSeen

PANDAS = {
    "int64": "int", "float64": "float", "bool": "bool", "str": "str", "category": "pd.CategoricalDtype",
    "string": "pd.StringDtype", "boolean": "pd.BooleanDtype", "complex128": "complex",
} | {
    f"{kind}{bits}": f"np.{kind}{bits}"
    for kind, sizes in {"int": (8, 16, 32), "uint": (8, 16, 32, 64), "float": (16, 32), "complex": (64,)}.items()
    for bits in sizes
} | {
    f"{kind}{bits}": f"pd.{kind}{bits}Dtype"
    for kind, sizes in {"Int": (8, 16, 32, 64), "UInt": (8, 16, 32, 64), "Float": (32, 64)}.items()
    for bits in sizes
}  # fmt: skip
POLARS = {"Int64": "int", "Float64": "float", "String": "str", "Boolean": "bool"}
ARROW = {
    "bool": "bool_", "double": "float64", "float": "float32", "string": "string", "large_string": "large_string",
    "binary": "binary", "date32[day]": "date32",
} | {f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}  # fmt: skip
# pandera takes a bare Timestamp for any unit, but a time zone only with its unit.
PATTERNS = {
    r"datetime64\[(\w+), ([^()]+)\]": 'Annotated[pd.DatetimeTZDtype, "{}", "{}"]',
    r"datetime64\[\w+\]": "pd.Timestamp",
    r"timedelta64\[\w+\]": "pd.Timedelta",
    r"period\[([\w-]+)\]": 'Annotated[pd.PeriodDtype, "{}"]',
    r"interval\[(\w+), (\w+)\]": 'Annotated[pd.IntervalDtype, "{}", "{}"]',
    r"(.+)\[pyarrow\]": "Annotated[pd.ArrowDtype, pyarrow.{}()]",
}


def annotation(column: ColumnSeen, library: str) -> str:
    """Return the type to write for the column: its dtype, or Any where pandera can't say it.

    >>> from nbprod.model.record import ColumnSeen
    >>> annotation(ColumnSeen("at", "datetime64[ns, UTC]", "datetime", nullable=False), "pandas")
    'Annotated[pd.DatetimeTZDtype, "ns", "UTC"]'
    >>> annotation(ColumnSeen("n", "List(Int64)", "other", nullable=False), "polars")
    'pl.List(pl.Int64)'
    """
    return _polars(column.dtype) if library == "polars" else _pandas(column)


def _pandas(column: ColumnSeen) -> str:
    if column.dtype == "object":
        return "str" if column.kind == "str" else "object"
    if column.dtype in PANDAS:
        return PANDAS[column.dtype]
    for pattern, template in PATTERNS.items():
        if given := re.fullmatch(pattern, column.dtype):
            parts = [ARROW.get(each, "") for each in given.groups()] if "pyarrow" in template else given.groups()
            return template.format(*parts) if all(parts) else "Any"
    return "Any"


def _polars(dtype: str) -> str:
    if dtype in POLARS:
        return POLARS[dtype]
    if timed := re.fullmatch(r"(Datetime|Duration)\((.*)\)", dtype):
        given = ", ".join(part.partition("=")[2].strip() or part.strip() for part in timed[2].split(","))
        return f"Annotated[pl.{timed[1]}, {given}]".replace("'", '"')
    if categories := re.fullmatch(r"Enum\((?:categories=)?(\[.*\])\)", dtype):
        return f"Annotated[pl.Enum, {categories[1]}]"
    if dtype.startswith("Categorical"):
        return "pl.Categorical"
    # A nested type is written as polars prints it, with its module before each name outside of quotes.
    return re.sub(r"('[^']*')|\b([A-Z]\w*)\b", lambda found: found[1] or _qualified(found[2]), dtype)


def _qualified(name: str) -> str:
    return name if name in ("None", "True", "False") else f"pl.{name}"
