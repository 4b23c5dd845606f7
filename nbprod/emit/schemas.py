"""Pandera models of the frames that a step makes: what generalises, as code that a person can edit."""

from __future__ import annotations

import builtins
import keyword
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.docstrings import quoted, summary
from nbprod.emit.dtypes import annotation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.emit.plan import Plan, StepPlan
    from nbprod.model.record import ColumnSeen, FrameSeen

# What a model's class has already, and what its own text uses.
TAKEN = frozenset({
    "Config", "build_schema_", "empty", "example", "from_json", "from_yaml", "get_metadata",
    "pydantic_validate", "strategy", "to_json", "to_json_schema", "to_schema", "to_yaml", "validate",
    "pa", "pd", "np", "pl", "pyarrow", "Series", "Index", "Any", "Annotated",
}) | frozenset(dir(builtins))  # fmt: skip


def schema_module(step: StepPlan, plan: Plan) -> str:
    """Return the text of `<package>/schemas/<step>.py`, not yet formatted; "" for a step that makes no frames."""
    frames = [
        (name, plan.schemas[step.name, name], plan.frame(step.name, name))
        for name in step.returns
        if (step.name, name) in plan.schemas
    ]
    known = [(name, title, frame) for name, title, frame in frames if frame is not None]
    if not known:
        return ""
    doc = f"What {step.name} makes, inferred from a recorded run. Yours to edit: export keeps your edits."
    alone = len(step.returns) == 1
    docs = {name: summary(step) if alone else f"`{name}`, as {step.name} makes it." for name, _, _ in known}
    return module(doc, [(title, docs[name], frame) for name, title, frame in known])


def module(doc: str, models: Iterable[tuple[str, str, FrameSeen]]) -> str:
    """Return a module of pandera models, each given as (class name, docstring, frame); not yet formatted."""
    models = tuple(models)
    polars = any(frame.library == "polars" for _, _, frame in models)
    mixed = polars and any(frame.library != "polars" for _, _, frame in models)
    written = [
        _model(title, about, frame, "ppl" if mixed and frame.library == "polars" else "pa")
        for title, about, frame in models
    ]
    body = "\n\n\n".join(written)
    imports = "\n".join(_imports(body, polars=polars, mixed=mixed))
    return f"{quoted(doc)}\n\n{imports}\n\n\n{body}\n"


def _imports(body: str, *, polars: bool, mixed: bool) -> list[str]:
    lines = ["import pandera.polars as pa" if polars and not mixed else "import pandera.pandas as pa"]
    if mixed:
        lines.append("import pandera.polars as ppl")
    names = source.mentioned(body)
    known = {
        "pd": "import pandas as pd",
        "np": "import numpy as np",
        "pl": "import polars as pl",
        "pyarrow": "import pyarrow",
    }
    lines += [line for name, line in known.items() if name in names]
    typing = [name for name in ("Annotated", "Any") if name in names]
    lines += [f"from typing import {', '.join(typing)}"] if typing else []
    pandera = [name for name in ("Index", "Series") if name in names]
    return lines + ([f"from pandera.typing import {', '.join(pandera)}"] if pandera else [])


def _model(title: str, about: str, frame: FrameSeen, pa: str) -> str:
    fields = _fields(frame)
    rows = f" Inferred from {frame.rows:,} row{'' if frame.rows == 1 else 's'}."
    lines = [quoted(about + rows if "\n" not in about else f"{about}\n\n{rows.strip()}"), ""]
    lines += [each.text(pa) for each in fields] or ["# It had no columns."]
    return f"class {title}({pa}.DataFrameModel):\n" + "\n".join(source.indent(each) for each in lines)


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a model: an attribute, its annotation, and what pandera checks beyond the type."""

    name: str
    annotation: str
    checks: tuple[tuple[str, str], ...]

    def text(self, pa: str) -> str:
        """The line as code."""
        checks = ", ".join(f"{key}={value}" for key, value in self.checks)
        return f"{self.name}: {self.annotation}" + (f" = {pa}.Field({checks})" if checks else "")


def _fields(frame: FrameSeen) -> list[Field]:
    used: set[str] = set()
    fields: list[Field] = []
    labels: set[str] = set()
    columns = [each for each in frame.columns if _nameable(each)]
    taken = {each.name for each in columns}
    for number, each in enumerate(_checkable(frame.index, taken)):
        name = _attribute(each.name or (f"index_{number}" if len(frame.index) > 1 else "index"), used | taken)
        used.add(name)
        fields.append(_index_field(name, each, alone=len(frame.index) == 1))
    for each in columns:
        if (label := each.label or repr(each.name)) in labels:
            continue
        labels.add(label)
        name = _attribute(each.name, used)
        used.add(name)
        fields.append(_column_field(name, each, frame.library))
    return fields


def _checkable(levels: tuple[ColumnSeen, ...], columns: set[str]) -> tuple[ColumnSeen, ...]:
    """The levels of the index; pandera mistakes a level of several for the column that has its name."""
    return () if len(levels) > 1 and columns & {each.name for each in levels} else levels


def _nameable(column: ColumnSeen) -> bool:
    """Whether the column's label can be written in code; a date as label, say, can't."""
    return not column.label or source.literal(column.label)


def _column_field(name: str, column: ColumnSeen, library: str) -> Field:
    alias = (("alias", column.label or _quoted(column.name)),) if column.label or column.name != name else ()
    typed = annotation(column, library)
    written = typed if library == "polars" else f"Series[{typed}]"
    return Field(name, written, (*alias, *_checks(column)))


def _index_field(name: str, column: ColumnSeen, *, alone: bool) -> Field:
    alias = (("alias", _quoted(column.name)),) if column.name and column.name != name else ()
    named = (("check_name", "True"),) if column.name else () if alone else (("check_name", "False"),)
    if not column.name and column.sign == "positive":
        column = replace(column, sign="nonnegative")  # rows are counted from 0, and another run may keep the first
    return Field(name, f"Index[{annotation(column, 'pandas')}]", (*alias, *named, *_checks(column)))


def _checks(column: ColumnSeen) -> Iterable[tuple[str, str]]:
    if column.calendar:
        low, high = column.calendar
        yield "in_range", f"{{'min_value': {low}, 'max_value': {high}}}".replace("'", '"')
    elif column.sign and column.kind in ("int", "float"):
        yield {"positive": "gt", "nonnegative": "ge", "negative": "lt", "nonpositive": "le"}[column.sign], "0"
    if column.values is not None and column.kind != "bool":
        yield "isin", f"[{', '.join(_quoted(each) for each in column.values)}]"
    if column.unique and not column.nullable:
        yield "unique", "True"
    if column.nullable:
        yield "nullable", "True"


def _quoted(value: str | int) -> str:
    text = repr(value)
    simple = isinstance(value, str) and '"' not in value and "\\" not in text
    return f'"{value}"' if simple and text.startswith("'") else text


def _attribute(name: str, used: set[str]) -> str:
    """An attribute's name for a column: its own where that is possible.

    >>> _attribute("arr_delay", set()), _attribute("2nd class", set()), _attribute("validate", set())
    ('arr_delay', 'column_2nd_class', 'validate_')
    """
    plain = name if name.isidentifier() and name.isascii() else re.sub(r"\W+", "_", name).strip("_")
    plain = plain.lstrip("_") or "column"
    if not plain.isidentifier():
        plain = f"column_{plain}"
    if keyword.iskeyword(plain) or plain in TAKEN:
        plain += "_"
    number = 2
    found = plain
    while found in used:
        found = f"{plain}_{number}"
        number += 1
    return found
