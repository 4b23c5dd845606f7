"""The injected cell: a line for each value, as a person would write it at that place of the notebook."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbprod.run.parameters.layout import assignment, quoted
from nbprod.run.parameters.mismatch import Mismatch
from nbprod.run.parameters.source import code_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.run.parameters.declaring import Declarations, Declared
    from nbprod.run.parameters.scope import Place, Scope

HEADING = "# Parameters"  # as papermill has it
_SHORT = {"numpy": "np", "pandas": "pd"}


@dataclass(frozen=True, slots=True)
class Naming:
    """How the code at a place calls classes: by the notebook's own names, or by an import that it needs for that."""

    scope: Scope
    place: Place
    imports: dict[str, None] = field(default_factory=dict)  # in order

    def __call__(self, kind: type) -> str:
        """Return the class's name there; Mismatch if none leads to it."""
        if found := self.scope.spelling(kind, self.place):
            return found
        module = kind.__module__.partition("._")[0]
        if module == "__main__":
            raise Mismatch(f"is one of {kind.__name__}, whose name means something else below the parameters cell")
        if short := _SHORT.get(module):
            name = self._free(short)
            self.imports[f"import {module} as {name}"] = None
            return f"{name}.{kind.__name__}"
        name = self._free(kind.__name__)
        self.imports[f"from {module} import {kind.__name__}" + (f" as {name}" if name != kind.__name__ else "")] = None
        return name

    def _free(self, name: str) -> str:
        """Return a name that the notebook has no other use for."""
        return f"_{name}" if name in self.scope.words else name


def injected(declarations: Declarations, values: Mapping[str, Any], *, at: Place | None = None) -> str:
    """Return the source of the cell that sets the values: with annotations and comments as in the parameters cell.

    It stands behind the cell `declarations.after`, and needs nothing that the notebook has not imported before it.
    """
    naming = Naming(declarations.scope, at or declarations.place)
    lines = [
        _line(declared, values[declared.name], naming) for declared in declarations.each if declared.name in values
    ]
    imports = [*sorted(naming.imports), ""] if naming.imports else []
    return "\n".join([HEADING, *imports, *lines])


def _line(declared: Declared, value: Any, naming: Naming) -> str:
    annotation = _kept(declared, naming)
    target = f"{declared.name}: {annotation}" if annotation else declared.name
    return assignment(target, code_of(value, naming), declared.comment)


def _kept(declared: Declared, naming: Naming) -> str:
    """Return the annotation, if its names still mean there what they meant in the parameters cell."""
    if not declared.annotation:
        return ""
    names = {each.id for each in ast.walk(ast.parse(declared.annotation)) if isinstance(each, ast.Name)}
    before = (declared.cell, declared.line)
    same = all(naming.scope.is_same(name, before, naming.place) for name in names)
    return _double_quoted(declared.annotation) if same else ""


def _double_quoted(code: str) -> str:
    """Return the code with its texts in double quotes, as formatters have them."""
    tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
    for token in reversed(tokens):
        if token.type == tokenize.STRING and token.string[0] in "'\"":
            text = quoted(ast.literal_eval(token.string))
            code = code[: token.start[1]] + text + code[token.end[1] :]
    return code
