"""Frames are held to their schemas at a step's border: all failures at once, short here, whole in files."""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.adapters import pandera
from nbprod.errors import SchemaViolated
from nbprod.values import save, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from nbprod.adapters.pandera import Failure

_LINES = 12
_EXAMPLES = 3
_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Border:
    """Where values are checked: the step, the side ("input" or "output"), and where its failures are kept."""

    step: str
    side: str
    root: Path

    @property
    def folder(self) -> Path:
        """The folder that keeps what failed."""
        return self.root / ".nbprod" / "failed" / self.step


def validated(values: Mapping[str, Any], annotations: Mapping[str, Any], border: Border) -> dict[str, Any]:
    """Return the values, as their schemas coerce them; those without a schema are passed through.

    Raises:
        SchemaViolated: One or more frames break their schemas; every failure and the rows are in `border.folder`.
    """
    results = dict(values)
    broken: dict[str, tuple[type[Any], pandera.Checked]] = {}
    for name, value in values.items():
        model = pandera.model_of(annotations.get(name))
        if model is None or (value is None and type(None) in getattr(annotations[name], "__args__", ())):
            continue
        checked = _checked(value, model)
        results[name] = checked.frame
        if checked.failures:
            broken[name] = (model, checked)
    if broken:
        raise _violation(broken, border)
    return results


def forget(border: Border) -> None:
    """Remove what an earlier run of the step kept of its failures."""
    shutil.rmtree(border.folder, ignore_errors=True)


def _checked(value: Any, model: type[Any]) -> pandera.Checked:
    try:
        return pandera.check(value, model)
    except TypeError as error:
        return pandera.Checked(value, (pandera.Failure("", str(error), type(value).__name__, ""),))


def _violation(broken: Mapping[str, tuple[type[Any], pandera.Checked]], border: Border) -> SchemaViolated:
    report = border.folder / "failures.csv"
    write_whole(report, _table({name: checked.failures for name, (_, checked) in broken.items()}))
    lines = [line for name, (model, checked) in broken.items() for line in _summary(name, model, checked, border)]
    models = sorted({f"{model.__name__} in {_file(model)}" for model, _ in broken.values()})
    shown = report.relative_to(border.root).as_posix()
    return SchemaViolated(
        "\n".join([*lines, f"  every failure: {shown}"]),
        step=border.step,
        report=str(report),
        hint=f"Mend the data, or if they are right change {' and '.join(models)}.",
    )


def _summary(name: str, model: type[Any], checked: pandera.Checked, border: Border) -> list[str]:
    grouped: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in checked.failures:
        grouped[failure.column, failure.check].append(failure)
    head = f"step {border.step!r}: {border.side} {name!r} breaks its schema {model.__name__}{_extent(checked)}"
    lines = [_line(column, check, failures) for (column, check), failures in grouped.items()]
    more = [f"  … and {len(lines) - _LINES} more checks"] if len(lines) > _LINES else []
    return [head, *lines[:_LINES], *more, *_kept_rows(name, checked, border)]


def _extent(checked: pandera.Checked) -> str:
    rows = len(checked.rows) if checked.rows is not None else 0
    return f" in {rows:,} of {len(checked.frame):,} rows" if rows and hasattr(checked.frame, "__len__") else ""


def _line(column: str, check: str, failures: list[Failure]) -> str:
    rows = [f"row {each.row}: {_clipped(each.value)}" for each in failures[:_EXAMPLES] if each.row]
    count = f"{len(failures):,} × " if rows else ""
    shown = ", ".join(rows) or ("" if failures[0].value == column else f"is {_clipped(failures[0].value)}")
    more = ", …" if len(failures) > len(rows) > 0 else ""
    return f"  {column or '(the frame)'}: {count}{_clipped(check, 60)}   {shown}{more}".rstrip()


def _clipped(text: str, width: int = _WIDTH) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _kept_rows(name: str, checked: pandera.Checked, border: Border) -> list[str]:
    if checked.rows is None:
        return []
    saved = save(checked.rows, border.folder, name)
    return [f"  its rows: {saved.path.relative_to(border.root).as_posix()}"]


def _table(failures: Mapping[str, Iterable[Failure]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["value", "column", "check", "failure_case", "index"])
    for name, each in failures.items():
        writer.writerows([name, one.column, one.check, one.value, one.row] for one in each)
    return text.getvalue().encode()


def _file(model: type[Any]) -> str:
    return model.__module__.replace(".", "/") + ".py"
