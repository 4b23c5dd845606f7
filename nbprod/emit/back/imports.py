"""Imports that cells come to need, and where new definitions go."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.back.edits import Edit
from nbprod.emit.back.modules import single_imports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.emit.back.cells import Source, Sources

IMPORTS = (ast.Import, ast.ImportFrom)


def needed(found: Sources, imports: Mapping[str, str], statements: Iterable[ast.stmt], step: str) -> list[Edit]:
    """Return the imports that the statements need and no cell has, as edits of the cell that imports."""
    names = {name for each in statements for name in source.mentioned(each)}
    known = {
        text for each in found.cells.values() for one in ast.walk(each.tree) if isinstance(one, IMPORTS)
        for text, _ in single_imports(one)
    }  # fmt: skip
    own = {"__future__", found.package}
    lacking = [text for text, name in imports.items() if name in names and text not in known]
    return [edit for text in lacking if _module(text) not in own and (edit := _imported(found, text, step))]


def definitions_end(found: Sources, step: str) -> tuple[int, int] | None:
    """The cell and line at which a new definition goes in: the end of the last cell above the step that has some."""
    kinds = {each.index: str(each.kind) for each in found.graph.cells}
    first = found.begin(step)
    cells = [
        each for each in found.plain()
        if kinds.get(each.cell.index) == "definitions" and (first is None or each.cell.index < first[0])
    ]  # fmt: skip
    if not cells:
        return None
    last = cells[-1]
    return last.cell.index, len(last.lines) + 1


def _module(text: str) -> str:
    match ast.parse(text).body[0]:
        case ast.ImportFrom(module=str(module), level=0):
            return module.partition(".")[0]
        case _:
            return ""


def _imported(found: Sources, text: str, step: str) -> Edit | None:
    """The import beside its like in the first cell that imports; without one, above the step's own code."""
    cell = next((each for each in found.plain() if _own(each)), None)
    if cell is not None:
        return Edit(cell.cell.index, line := _line(cell, text), line - 1, (text,))
    begin = found.begin(step)
    return Edit(begin[0], begin[1], begin[1] - 1, (text,)) if begin else None


def _own(cell: Source) -> list[ast.stmt]:
    return [each for each in cell.tree.body if isinstance(each, IMPORTS)]


def _line(cell: Source, text: str) -> int:
    """Above the first import of its kind that sorts behind it, else below the last of its kind, or below all."""
    kind = type(ast.parse(text).body[0])
    alike = [each for each in _own(cell) if type(each) is kind]
    behind = next((each for each in alike if ast.unparse(each) > text), None)
    if behind is not None and all(each.lineno >= behind.lineno or ast.unparse(each) < text for each in alike):
        return behind.lineno
    last = (alike or _own(cell))[-1]
    return (last.end_lineno or last.lineno) + 1
