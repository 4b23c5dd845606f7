"""pandera: is a frame annotated with a schema, and does it keep to it?"""

from __future__ import annotations

import sys
import typing
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_DASKS = "pandera.typing.dask"
INDEX = "(the index)"  # as a failure's column, where the index has no name


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

    with _without_dask():
        schema = model.to_schema()
    collected = frame.collect() if _is_lazy(frame) else frame
    if not _fits(collected, schema):
        raise TypeError(f"a {_library(schema)} frame is wanted, this is {_type_name(frame)}")
    try:
        valid = _validated(collected, schema)
    except SchemaErrors as errors:
        cases = _cases(errors.failure_cases)
        return Checked(frame, _failures(cases, collected), _rows(collected, cases))
    return Checked(valid if _transforms(schema) else frame)


@contextmanager
def _without_dask() -> Iterator[None]:
    """Build a model's schema without importing Dask, which is more than half of what a short step costs.

    pandera asks each library that it knows for its types; a model of Dask's has imported Dask already. What pandera
    remembers of the answers is forgotten after it, for a step may make models of Dask's of its own.
    """
    if "dask.dataframe" in sys.modules or _DASKS in sys.modules:
        yield
        return
    absent = ModuleType(_DASKS)
    vars(absent)["DASK_INSTALLED"] = False
    sys.modules[_DASKS] = absent
    try:
        yield
    finally:
        del sys.modules[_DASKS]
        for name in ("get_dataframe_types", "get_index_types", "get_series_types"):
            asked = getattr(sys.modules.get("pandera.typing"), name, None)
            getattr(asked, "cache_clear", lambda: None)()


def _validated(frame: Any, schema: Any) -> Any:
    """Validate without copying the data: what a schema changes, it changes in a shallow copy."""
    if hasattr(frame, "iloc"):
        return schema.validate(frame.copy(deep=False), lazy=True, inplace=True)
    return schema.validate(frame, lazy=True)


def _is_lazy(frame: object) -> bool:
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(frame, polars.LazyFrame)


def _fits(frame: object, schema: object) -> bool:
    return _type_name(frame).partition(".")[0] == _library(schema) and hasattr(frame, "columns")


def _library(schema: object) -> str:
    return "polars" if ".polars." in type(schema).__module__ else "pandas"


def _type_name(value: object) -> str:
    kinds = [each for each in type(value).__mro__ if str(each.__module__).partition(".")[0] in {"pandas", "polars"}]
    kind = kinds[0] if kinds else type(value)
    return f"{str(kind.__module__).partition('.')[0]}.{kind.__qualname__}"


def _transforms(schema: Any) -> bool:
    """Whether validation changes the frame: only then is what comes back taken in place of the frame."""
    parts = [schema, *schema.columns.values(), *([schema.index] if getattr(schema, "index", None) else [])]
    flags = ("coerce", "parsers", "drop_invalid_rows", "add_missing_columns")
    changes = any(getattr(part, flag, False) for part in parts for flag in flags)
    return changes or schema.strict == "filter" or any(each.default is not None for each in schema.columns.values())


@dataclass(frozen=True, slots=True)
class _Case:
    context: str
    column: str
    check: str
    value: str
    row: Any  # the row's label, None where the column as a whole fails


def _cases(table: Any) -> list[_Case]:
    names = ("schema_context", "column", "check", "failure_case", "index")
    rows = zip(*(table[name].to_list() for name in names), strict=True)
    return [_case(*row) for row in rows]


def _case(context: str, column: object, check: object, value: object, row: Any) -> _Case:
    missing = check in {"column_in_dataframe", "column_in_schema"}  # then `value` is the column
    name = "" if context == "DataFrameSchema" and not missing else str(value if missing else column)
    if context == "Index" and (column is None or column != column):  # noqa: PLR0124  (NaN)
        name = INDEX
    whole = str(check).startswith("dtype(") or row is None or row != row  # noqa: PLR0124  (NaN)
    return _Case(context, name, str(check), str(value), None if whole else row)


def _failures(cases: list[_Case], frame: Any) -> tuple[Failure, ...]:
    """Return the cases as text; a wrong type, which pandera tells for each row, is told once with the type."""
    whole = dict.fromkeys(_failure(case, frame) for case in cases if case.row is None)
    return (*whole, *(_failure(case, frame) for case in cases if case.row is not None))


def _failure(case: _Case, frame: Any) -> Failure:
    value = case.value
    if case.check.startswith("dtype("):
        typed = frame.index if case.column == INDEX else frame.get(case.column)
        value = value if typed is None else str(typed.dtype)
    return Failure(case.column, case.check, value, "" if case.row is None else str(case.row))


def _rows(frame: Any, cases: list[_Case]) -> Any:
    labels = [each.row for each in cases if each.row is not None]
    if not labels:
        return None
    if not hasattr(frame, "iloc"):
        return frame[sorted({int(each) for each in labels})]
    if frame.index.nlevels > 1:  # pandera gives the label of a MultiIndex as its text
        return frame[frame.index.map(str).isin({str(each) for each in labels})]
    return frame[frame.index.isin(labels)]
