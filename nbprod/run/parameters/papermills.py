"""The cell that papermill has injected, which knows no types: looked at before it runs, and written anew."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbprod.run.nearest import did_you_mean
from nbprod.run.parameters.cell import HEADING, injected
from nbprod.run.parameters.checking import held
from nbprod.run.parameters.mismatch import Mismatch
from nbprod.run.parameters.source import code_of
from nbprod.run.parameters.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.run.parameters.declaring import Declarations, Declared


@dataclass(frozen=True, slots=True)
class Checked:
    """The injected cell's new source; `faults` are what cannot run so, `notes` what papermill itself only warns of."""

    source: str
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Given:
    """What the injected cell assigns: a value, and the line."""

    name: str
    value: Any
    code: str


def checked_injection(declarations: Declarations, source: str) -> Checked:
    """Return papermill's injected cell with its values as what is declared: the text of a day becomes the day.

    `declarations` are those of the notebook that has the cell already. Where all values are what is declared, the
    source is returned as it is. A text may stand for any type, since papermill makes texts of what it does not know.
    """
    given = tuple(_given(source))
    values, faults = {}, []
    known = [each for each in given if each.name in declarations.names]
    for each in known:
        declared = declarations[each.name]
        try:
            values[each.name] = _in_force(each, declared, declarations)
        except Mismatch as mismatch:
            faults.append(f"{each.name}{mismatch.at} {mismatch}")
    unknown = [each for each in given if each.name not in declarations.names]
    notes = tuple(
        f"{each.name} is no parameter of the notebook. {did_you_mean(each.name, declarations.names)}".strip()
        for each in unknown
    )
    if faults or all(_is_same(each.value, values[each.name]) for each in known):
        return Checked(source, tuple(faults), notes)
    at = None if declarations.replaces is None else (declarations.replaces, 0)
    written = injected(declarations, values, at=at).removeprefix(HEADING)
    return Checked("\n".join([_heading(source) + written, *(each.code for each in unknown)]), (), notes)


def _given(source: str) -> Iterator[_Given]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                value = _value(node.value)
            except (ValueError, TypeError):
                continue
            yield _Given(node.targets[0].id, value, ast.get_source_segment(source, node) or "")


def _value(node: ast.expr) -> Any:
    """Return what papermill writes: literals, and `float('nan')` anywhere among them."""
    match node:
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=text)]):
            return float(str(text))
        case ast.List(elts=elements):
            return [_value(each) for each in elements]
        case ast.Dict(keys=keys, values=values):
            return {ast.literal_eval(key or node): _value(each) for key, each in zip(keys, values, strict=True)}
        case _:
            return ast.literal_eval(node)


def _in_force(given: _Given, declared: Declared, declarations: Declarations) -> Any:
    if declarations.replaces is not None and declared.cell > declarations.replaces:
        raise Mismatch(
            f"would be set again by cell {declared.cell}, which is tagged 'parameters' too and stands behind the cell "
            "that papermill injects: tag one cell only"
        )
    try:
        return held(given.value, declared)
    except Mismatch as mismatch:
        return _from_text(given.value, declared, mismatch)


def _from_text(value: Any, declared: Declared, mismatch: Mismatch) -> Any:
    """Return what the value stands for when its texts may be of any type, as in `-r n 30` or for `(1, 2)`."""
    try:
        return held(_opened(value), declared)
    except Mismatch:
        if isinstance(value, str) or not _takes_text(declared):
            raise mismatch from None
    raise Mismatch(f"{mismatch}. papermill makes numbers of what looks like one: give it with -r {declared.name} TEXT")


def _takes_text(declared: Declared) -> bool:
    try:
        held("text", declared)
    except Mismatch:
        return False
    return True


def _opened(value: Any) -> Any:
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, dict):
        return {_opened(key): _opened(each) for key, each in value.items()}
    return [_opened(each) for each in value] if isinstance(value, list) else value


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and str(code_of(one, _name)) == str(code_of(other, _name))


def _name(kind: type) -> str:
    return kind.__qualname__


def _heading(source: str) -> str:
    first = source.partition("\n")[0]
    return first if first.startswith("#") else HEADING
