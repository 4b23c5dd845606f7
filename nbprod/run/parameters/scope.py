"""The names that stand at a place of the notebook, read from its text: what each is, without running the notebook.

Imports are followed, enums that the notebook defines are made, and so are its names for types (`Mode = Literal["a"]`).
Nothing else of it is executed, and a module is imported only when a name that leads into it is asked for.
"""

from __future__ import annotations

import ast
import builtins
import enum
import importlib
import sys
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbprod.run.parameters.annotations import typed
from nbprod.run.parameters.mismatch import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nbprod.model.notebook import Notebook

_ASSIGNED = ("Assign", "AnnAssign", "TypeAlias")
Place = tuple[int, int]  # cell and line


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a name gets its meaning: `node` is the statement, `attribute` what of the module an import takes."""

    name: str
    place: Place
    node: ast.stmt
    module: str = ""
    attribute: str = ""

    @property
    def is_import(self) -> bool:
        """Whether it is what some module has."""
        return bool(self.module)


@dataclass(frozen=True, slots=True)
class Scope:
    """The bindings of a notebook's cells, in their order; modules beside the notebook are found in `folder`."""

    bindings: Mapping[str, tuple[Binding, ...]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()  # every name that the notebook's code has
    folder: Path | None = None
    made: dict[Binding, Any] = field(default_factory=dict, hash=False, compare=False)

    def binding(self, name: str, at: Place) -> Binding | None:
        """Return the last binding of the name before the place."""
        before = [each for each in (*self.bindings.get("*", ()), *self.bindings.get(name, ())) if each.place < at]
        for each in sorted(before, key=lambda each: each.place, reverse=True):
            if each.name != "*" or self._has(each, name):
                return each
        return None

    def _has(self, star: Binding, name: str) -> bool:
        with suppress(Unknown):
            return hasattr(self._object(star), name)
        return False

    def value(self, name: str, at: Place) -> Any:
        """Return what the name stands for; Unknown says why that can't be told."""
        found = self.binding(name, at)
        if found is None:
            if hasattr(builtins, name):
                return getattr(builtins, name)
            raise Unknown(f"nothing before it makes {name!r}")
        return getattr(self._object(found), name) if found.name == "*" else self._object(found)

    def spelling(self, kind: Any, at: Place) -> str:
        """Return how the code at the place can call the class; "" if no name leads to it."""
        home, own = str(kind.__module__).partition(".")[0], str(kind.__name__)
        for name in sorted({own, *self.bindings} - {"*"}):
            found = self.binding(name, at)
            if found is None or not (found in self.made or found.module.partition(".")[0] == home):
                continue
            with suppress(Unknown):
                known: Any = self.value(name, at)
                if known is kind:
                    return name
                if isinstance(known, ModuleType) and getattr(known, own, None) is kind:
                    return f"{name}.{own}"
        return ""

    def is_same(self, name: str, one: Place, other: Place) -> bool:
        """Whether the name stands for the same thing at both places."""
        return self.binding(name, one) == self.binding(name, other)

    def _object(self, found: Binding) -> Any:
        if found not in self.made:
            with self._at_home():
                self.made[found] = self._make(found)
        return self.made[found]

    def _make(self, found: Binding) -> Any:
        if found.is_import:
            return _imported(found)
        if isinstance(found.node, ast.ClassDef):
            return self._enum(found.node, found)
        value = getattr(found.node, "value", None)
        if type(found.node).__name__ in _ASSIGNED and isinstance(value, ast.expr):
            return typed(value, self, found.place)
        raise Unknown(f"{found.name!r} is no type")

    def _enum(self, node: ast.ClassDef, found: Binding) -> Any:
        """Make the class, which must be an enum: its body is values, and methods that nobody calls."""
        bases = [typed(each, self, found.place) for each in node.bases]
        if not any(isinstance(each, enum.EnumMeta) for each in bases):
            raise Unknown(f"{found.name!r} is a class of the notebook's own, and no enum")
        names: dict[str, Any] = {"__name__": "__main__"}
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) and each.id not in names:
                with suppress(Unknown):
                    names[each.id] = self._constant(each.id, found.place)
        try:
            exec(compile(ast.Module([node], []), "<notebook>", "exec"), names)  # noqa: S102 - the notebook's own enum
        except Exception as error:
            raise Unknown(f"the enum {found.name!r} cannot be made: {error}") from error
        return names[found.name]

    def _constant(self, name: str, at: Place) -> Any:
        """Return what the name stands for where a text is a text, and names no type."""
        value = getattr(getattr(self.binding(name, at), "node", None), "value", None)
        try:
            return ast.literal_eval(value) if isinstance(value, ast.expr) else self.value(name, at)
        except (ValueError, TypeError):
            return self.value(name, at)

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        """Have the notebook's folder first on the path, as its kernel has."""
        home = [str(self.folder)] if self.folder else []
        sys.path[:0] = home
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            for each in home:
                if each in sys.path:
                    sys.path.remove(each)


def _imported(found: Binding) -> Any:
    try:
        module = importlib.import_module(found.module)
        if not found.attribute:
            return module
        if not hasattr(module, found.attribute):
            return importlib.import_module(f"{found.module}.{found.attribute}")
        return getattr(module, found.attribute)
    except BaseException as error:  # a module may raise anything, and even exit
        if isinstance(error, KeyboardInterrupt):
            raise
        what = f"{found.attribute} of {found.module}" if found.attribute else found.module
        raise Unknown(f"{what} cannot be imported: {error or type(error).__name__}") from error


def scope_of(notebook: Notebook, folder: Path | None = None) -> Scope:
    """Return what the notebook's cells bind, whatever their role: papermill runs them all."""
    bindings: dict[str, list[Binding]] = {}
    words: set[str] = set()
    for cell in notebook.code_cells:
        try:
            tree = ast.parse(cell.python)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        words.update(each.id for each in ast.walk(tree) if isinstance(each, ast.Name))
        for statement in tree.body:
            for found in _bound(statement, cell.index):
                bindings.setdefault(found.name, []).append(found)
    words |= bindings.keys()
    return Scope({name: tuple(each) for name, each in bindings.items()}, frozenset(words), folder)


def _bound(node: ast.stmt, cell: int) -> Iterator[Binding]:
    """Yield what a statement binds, those within `if`, `try` and `with` included."""
    at = (cell, node.lineno)
    match node:
        case ast.Import(names=names):
            for each in names:
                yield Binding(each.asname or each.name.partition(".")[0], at, node, _module(each))
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (_from(each, module, at, node) for each in names)
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield Binding(name, at, node)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield Binding(name, at, node)
        case _ if type(node).__name__ == "TypeAlias":  # since Python 3.12: type Mode = Literal["a"]
            yield Binding(vars(node)["name"].id, at, node)
        case _:
            yield from _bound_within(node, at)


def _bound_within(node: ast.stmt, at: Place) -> Iterator[Binding]:
    """Yield what the parts of a statement bind; what a `for` or a `del` makes of a name is no type."""
    other = ast.Pass(lineno=node.lineno)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _bound(child, at[0])
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from (each for inner in child.body for each in _bound(inner, at[0]))
        elif not isinstance(node, ast.AnnAssign):
            names = [each for each in ast.walk(child) if isinstance(each, ast.Name)]
            yield from (Binding(each.id, at, other) for each in names if not isinstance(each.ctx, ast.Load))


def _module(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]


def _from(alias: ast.alias, module: str, at: Place, node: ast.stmt) -> Binding:
    attribute = "" if alias.name == "*" else alias.name
    return Binding(alias.asname or alias.name, at, node, module, attribute)
