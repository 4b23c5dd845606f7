"""pandera: is a frame annotated with a schema, and does it keep to it?"""

# ruff: noqa: PLC0415  (heavy libraries are imported where used, so that `import nbprod` stays light)

from __future__ import annotations

import sys
import typing
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed check of one value: `value` and `row` as text, `row` "" where the column as a whole fails."""

    column: str
    check: str
    value: str
    row: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What validation gave: the frame (changed only by a schema that coerces or parses), or its failures.

    `rows` are those that failed a check, with their index, as a frame of the same library; None if none is to blame.
    """

    frame: Any
    failures: tuple[Failure, ...] = ()
    rows: Any = None


def model_of(annotation: object) -> type[Any] | None:
    """Return the `DataFrameModel` that `DataFrame[Model]` or `LazyFrame[Model]` names, also inside `… | None`.

    Nothing of pandera is imported: an annotation can only name a model that is imported already.
    """
    if "pandera" not in sys.modules:
        return None
    for inner in typing.get_args(annotation):
        if isinstance(inner, type) and hasattr(inner, "to_schema"):
            return inner
        if (found := model_of(inner)) is not None:
            return found
    return None


def check(frame: Any, model: type[Any]) -> Checked:
    """Hold the frame to the model and return every failure at once; a LazyFrame is collected first.

    Raises:
        TypeError: The value is no frame of the library that the model is for.
    """
    from pandera.errors import SchemaErrors

    schema = model.to_schema()
    collected = frame.collect() if _is_lazy(frame) else frame
    if not _fits(collected, schema):
        raise TypeError(f"a {_library(schema)} frame is wanted, this is {_type_name(frame)}")
    shallow = collected.copy(deep=False) if hasattr(collected, "iloc") else collected
    try:
        valid = schema.validate(shallow, lazy=True, inplace=True)
    except SchemaErrors as errors:
        failures = _failures(errors.failure_cases)
        return Checked(frame, failures, _rows(collected, errors.failure_cases))
    return Checked(valid if _transforms(schema) else frame)


def _is_lazy(frame: object) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(frame, polars.LazyFrame)


def _fits(frame: object, schema: object) -> bool:
    return _type_name(frame).partition(".")[0] == _library(schema) and hasattr(frame, "columns")


def _library(schema: object) -> str:
    return "polars" if ".polars." in type(schema).__module__ else "pandas"


def _type_name(value: object) -> str:
    kinds = [each for each in type(value).__mro__ if each.__module__.partition(".")[0] in {"pandas", "polars"}]
    kind = kinds[0] if kinds else type(value)
    return f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"


def _transforms(schema: Any) -> bool:
    """Whether validation changes the frame: only then is what comes back taken in place of the frame."""
    parts = [schema, *schema.columns.values(), *([schema.index] if getattr(schema, "index", None) else [])]
    flags = ("coerce", "parsers", "drop_invalid_rows", "add_missing_columns")
    changes = any(getattr(part, flag, False) for part in parts for flag in flags)
    return changes or schema.strict == "filter" or any(each.default is not None for each in schema.columns.values())


def _failures(cases: Any) -> tuple[Failure, ...]:
    columns = ("schema_context", "column", "check", "failure_case", "index")
    as_lists = [cases[name].to_list() for name in columns]
    return tuple(_failure(*values) for values in zip(*as_lists, strict=True))


def _failure(context: str, column: object, check: object, value: object, row: object) -> Failure:
    missing = check == "column_in_dataframe" or check == "column_in_schema"  # then `column` names the schema
    name = "" if context == "DataFrameSchema" and not missing else str(value if missing else column)
    return Failure(name, str(check), str(value), "" if row is None or row != row else str(row))  # noqa: PLR0124


def _rows(frame: Any, cases: Any) -> Any:
    labels = [each for each in cases["index"].to_list() if each is not None and each == each]  # noqa: PLR0124
    if not labels:
        return None
    if not hasattr(frame, "iloc"):
        return frame[sorted({int(each) for each in labels})]
    if frame.index.nlevels > 1:  # pandera gives the label of a MultiIndex as its text
        return frame[frame.index.map(str).isin({str(each) for each in labels})]
    return frame[frame.index.isin(labels)]
