"""Values held to a notebook's declarations: all that is wrong is told at once, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.errors import ParametersRefused
from nbprod.run.nearest import did_you_mean
from nbprod.run.parameters.converting import convert
from nbprod.run.parameters.mismatch import Mismatch
from nbprod.run.parameters.source import code_of
from nbprod.run.parameters.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbprod.run.parameters.declaring import Declarations, Declared


def from_text(declarations: Declarations, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that texts spell, as a command line or a CSV file has them: "001" is 1 where an int is wanted.

    Raises:
        ParametersRefused: All that is wrong, at once.
    """
    return from_data(declarations, {name: Text(text) for name, text in given.items()})


def from_data(declarations: Declarations, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values that have types already (from YAML, parquet, Python) as what is declared; `Text` may be among them.

    Raises:
        ParametersRefused: All that is wrong, at once.
    """
    values: dict[str, Any] = {}
    faults = list(_misnamed(declarations, given))
    for declared in declarations.each:
        if declared.name in given:
            try:
                values[declared.name] = held(given[declared.name], declared)
            except Mismatch as mismatch:
                faults.append(f"{declared.name}{mismatch.at} {mismatch}")
        elif not declared.default:
            faults.append(f"{declared.name} must be given: the parameters cell has no value for it")
        elif changed := sorted(declared.uses & given.keys()):
            faults.append(
                f"{declared.name} is computed from {' and '.join(changed)} within the parameters cell, "
                "and would keep its old value: give it too, or compute it in a cell below"
            )
    if faults:
        raise refused(declarations.notebook, faults)
    return values


def refused(notebook: str, faults: list[str]) -> ParametersRefused:
    """Return the error that tells all the faults."""
    said = faults[0] if len(faults) == 1 else "".join(f"\n  {each}" for each in faults)
    count = "a parameter is" if len(faults) == 1 else f"{len(faults)} parameters are"
    return ParametersRefused(f"{count} not what {notebook} takes: {said}", faults, hint="Nothing was run.")


def held(value: Any, declared: Declared) -> Any:
    """Return the value as the declared type; Mismatch says what was wanted, and why."""
    if declared.trouble:
        raise Mismatch(f"cannot be given: its annotation {declared.annotation} is unknown, for {declared.trouble}")
    try:
        converted = convert(value, declared.type)
        code_of(converted, lambda kind: kind.__name__)
    except Mismatch as mismatch:
        if declared.annotation:
            raise
        mismatch.args = (f"{mismatch}, as in its default {_short(declared.default)}{_advice(declared)}",)
        raise
    return converted


def _advice(declared: Declared) -> str:
    return f" (annotate it for others: {declared.name}: float = {declared.default})" if declared.type is int else ""


def _misnamed(declarations: Declarations, given: Mapping[str, Any]) -> Iterator[str]:
    for name in given:
        if name not in declarations.names:
            yield f"{name} is no parameter of the notebook. {_instead(name, declarations)}".strip()


def _instead(name: str, declarations: Declarations) -> str:
    if declarations.after is None:
        return "No cell has the tag 'parameters': give it to the cell that assigns them"
    if near := did_you_mean(name, declarations.names):
        return near
    return f"It has {', '.join(declarations.names)}" if declarations.names else "Its parameters cell assigns nothing"


def _short(code: str) -> str:
    return code if len(code) <= 40 else f"{code[:39]}…"
