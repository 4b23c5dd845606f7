"""Types of arguments and of what comes back, from what the record saw."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbprod.emit import source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbprod.emit.plan import Plan, StepPlan
    from nbprod.model.graph import Definition, Parameter
    from nbprod.model.record import ValueSeen

ALIASES = {"pandas": "pd", "numpy": "np", "polars": "pl", "matplotlib.pyplot": "plt"}
# Where annotations and defaults of a parameters cell find their names when no step imports them.
WELL_KNOWN = {
    "Path": "pathlib", "date": "datetime", "datetime": "datetime", "timedelta": "datetime", "time": "datetime",
    "Decimal": "decimal", "Fraction": "fractions", "Literal": "typing", "Optional": "typing", "Union": "typing",
    "Any": "typing", "Sequence": "collections.abc", "Mapping": "collections.abc", "Annotated": "typing",
    "UUID": "uuid", "PurePath": "pathlib", "PurePosixPath": "pathlib",
}  # fmt: skip
MODULES = {
    "dt": "import datetime as dt", "pathlib": "import pathlib", "decimal": "import decimal",
    "fractions": "import fractions", "uuid": "import uuid",
}  # fmt: skip
PLAIN = frozenset({
    "int", "float", "str", "bool", "bytes", "complex", "list", "dict", "tuple", "set", "frozenset",
    "range",
})  # fmt: skip
HOLDING = {"list": "{}", "set": "{}", "frozenset": "{}", "tuple": "{}, ...", "dict": "{}, {}"}
# Calls that make something which nobody can change, so that they may stand as a default.
CONSTANT_CALLS = frozenset({
    "Path", "date", "datetime", "timedelta", "time", "Decimal", "Fraction", "UUID", "PurePath",
    "PurePosixPath", "frozenset", "tuple",
})  # fmt: skip


@dataclass(slots=True)
class Imports:
    """The import lines that a module collects while it is written; `standing` are those that its own code has.

    The only mutable value here: it lives within the writing of one module.
    """

    standing: tuple[Definition, ...] = ()
    avoid: frozenset[str] = frozenset()
    lines: dict[str, None] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Add an import statement."""
        self.lines[text] = None

    def module(self, name: str) -> str:
        """Return the name under which a module is known here, importing it if need be."""
        usual = ALIASES.get(name, name)
        for each in self.standing:
            if each.source in (f"import {name}", f"import {name} as {each.name}"):
                self.line(each.source)
                return each.name
        if usual in self.avoid:
            usual = f"_{usual.replace('.', '_')}"
        self.line(f"import {name} as {usual}" if usual != name else f"import {name}")
        return usual

    def member(self, module: str, name: str) -> str:
        """Return how a module's member is called here, importing it if need be."""
        line = f"from {module} import {name}"
        if line in self.lines or any(each.source == line for each in self.standing) or name not in self.avoid:
            self.line(line)
            return name
        return f"{self.module(module)}.{name}"


def value_type(name: str, maker: str, seen: ValueSeen | None, plan: Plan, step: StepPlan, imports: Imports) -> str:
    """The annotation of a value that crosses a step's border; frames name their schema."""
    schema = plan.schemas.get((maker, name))
    if schema and seen is not None and seen.frame is not None:
        imports.line(f"from {plan.package}.schemas.{maker} import {schema}")
        return f"{_frame_type(seen, imports)}[{schema}]"
    return _container_type(seen, step, imports) if seen else imports.member("typing", "Any")


def _container_type(seen: ValueSeen, step: StepPlan, imports: Imports) -> str:
    """The class, and for a list, set, tuple or dict what it holds."""
    held = HOLDING.get(seen.type)
    if held is None:
        return class_type(seen.type, step, imports)
    known = seen.items or ("",) * held.count("{}")
    items = (class_type(each, step, imports) if each not in HOLDING else "" for each in known)
    return f"{seen.type}[{held}]".format(*(each or imports.member("typing", "Any") for each in items))


def _frame_type(seen: ValueSeen, imports: Imports) -> str:
    polars = seen.frame is not None and seen.frame.library == "polars"
    kind = "LazyFrame" if seen.type.endswith("LazyFrame") else "DataFrame"
    return imports.member("pandera.typing.polars" if polars else "pandera.typing", kind)


def class_type(type_name: str, step: StepPlan, imports: Imports) -> str:
    """The annotation for a class by its importable name; Any where it can't be imported.

    >>> from nbprod.emit.signatures import Imports
    >>> imports = Imports()
    >>> class_type("numpy.ndarray", None, imports), class_type("int", None, imports), list(imports.lines)
    ('np.ndarray', 'int', ['import numpy as np'])
    """
    if type_name == "NoneType":
        return "None"
    if type_name in PLAIN:
        return type_name
    module, _, name = type_name.rpartition(".")
    if module == "__main__":
        here = {each.name for each in (*step.above, *step.shared)}
        return name if name in here else imports.member("typing", "Any")
    private = any(part.startswith("_") for part in module.split("."))
    if not module or private or not all(part.isidentifier() for part in type_name.split(".")):
        return imports.member("typing", "Any")
    if module in ALIASES:
        return f"{imports.module(module)}.{name}"
    return imports.member(module, name)


@dataclass(frozen=True, slots=True)
class Argument:
    """A keyword-only argument: annotation, default, and the statements that make a default nobody may share."""

    name: str
    annotation: str
    default: str = ""
    fresh: str = ""

    def __str__(self) -> str:
        written = f"{self.name}: {self.annotation}"
        return f"{written} = {self.default}" if self.default else written


def parameter(each: Parameter, imports: Imports, known: Iterable[Definition]) -> Argument:
    """Return the argument of a parameter; a list or dict as default is made anew with each call."""
    found = {one.name: one.source for one in known}
    annotation = each.annotation or _plain_type(each)
    if not _importable(annotation, found, imports):
        annotation = imports.member("typing", "Any")
    if annotation == "Any":
        imports.member("typing", "Any")
    if not _importable(each.default, found, imports):
        return Argument(each.name, annotation)
    if _shareable(each.default):
        return Argument(each.name, annotation, each.default)
    fresh = f"if {each.name} is None:\n    {each.name} = {each.default}"
    optional = annotation if annotation == "Any" or "None" in annotation else f"{annotation} | None"
    return Argument(each.name, optional, "None", fresh)


def _plain_type(each: Parameter) -> str:
    made = each.type.rpartition(".")[2] in CONSTANT_CALLS
    return each.type if each.type in PLAIN or made else "Any"


def _importable(code: str, found: dict[str, str], imports: Imports) -> bool:
    """Whether every name in the code can be had; those that aren't builtins are imported."""
    names = source.mentioned(code) - source.BUILTINS
    modules = MODULES | {short: f"import {long} as {short}" for long, short in ALIASES.items()}
    if any(name not in found and name not in WELL_KNOWN and name not in modules for name in names):
        return False
    for name in sorted(names):
        if name in found:
            imports.line(found[name])
        elif name in modules:
            imports.line(modules[name])
        else:
            imports.line(f"from {WELL_KNOWN[name]} import {name}")
    return True


def _shareable(default: str) -> bool:
    """Whether a default may be one object for all calls.

    >>> [_shareable(code) for code in ("30", "(1, 2)", "Path('a') / 'b'", "[1]", "pd.Timestamp('2013-01-01')")]
    [True, True, True, False, False]
    """
    tree = source.parse(default)
    for node in ast.walk(tree):
        if isinstance(node, (ast.List, ast.Dict, ast.Set, ast.Lambda, *source.COMPREHENSIONS)):
            return False
        if isinstance(node, ast.Call) and not _makes_constant(node.func):
            return False
    return True


def _makes_constant(called: ast.expr) -> bool:
    """Whether it is `date`, `dt.date` or `date.fromisoformat`."""
    if isinstance(called, ast.Attribute):
        module = isinstance(called.value, ast.Name) and called.value.id in MODULES
        return (
            _makes_constant(called.value)
            if called.attr == "fromisoformat"
            else module and called.attr in CONSTANT_CALLS
        )
    return isinstance(called, ast.Name) and called.id in CONSTANT_CALLS
