"""A step's function: found in its package, with its arguments and what it returns."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
import typing
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.errors import ProjectBroken
from nbprod.run.failures import failed
from nbprod.run.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class Function:
    """The function of one step: `arguments` by name with their resolved annotations, `returned` likewise.

    `returned` has the fields of the NamedTuple that comes back, {"": annotation} for one plain value, and is empty for
    a function that returns None. `notebook` is where the package says that it came from, relative to the root.
    """

    target: str
    call: Callable[..., Any]
    notebook: str
    arguments: Mapping[str, inspect.Parameter]
    annotations: Mapping[str, Any] = field(default_factory=dict)
    returned: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """The step's name."""
        return self.target.partition(".")[2]

    @property
    def returned_name(self) -> str:
        """The name that stands behind its last `return`, "" where that is no name."""
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(self.call)))
        except (OSError, SyntaxError):
            return ""
        last = tree.body[0].body[-1] if isinstance(tree.body[0], ast.FunctionDef | ast.AsyncFunctionDef) else None
        return last.value.id if isinstance(last, ast.Return) and isinstance(last.value, ast.Name) else ""

    @property
    def required(self) -> tuple[str, ...]:
        """The arguments that have no default."""
        return tuple(name for name, each in self.arguments.items() if each.default is inspect.Parameter.empty)


def find(target: str, root: Path) -> Function:
    """Return the function of `package.step`, with `root` first on the path.

    Raises:
        ProjectBroken: The package or the function is not there, or an annotation cannot be resolved.
        StepFailed: The module raised while it was imported.
    """
    package_name, _, step = target.partition(".")
    _forget_other(package_name, root)
    with first_on_path(root):
        package = _import(package_name, root, target)
        module = _import(f"{package_name}.steps.{step}", root, target, package)
        call = inspect.unwrap(_function(module, step, target))
        arguments = dict(inspect.signature(call).parameters)
        hints = _hints(call, target)
    return Function(
        target,
        call,
        str(getattr(package, "NOTEBOOK", "")),
        arguments,
        hints,
        _returned(hints, target),
    )


@contextmanager
def first_on_path(root: Path, below: Iterable[str] = ()) -> Iterator[None]:
    """Have `root`, and behind it those folders below it, first on `sys.path` for the length of the block."""
    folders = [str(root), *(str(root / each) for each in below)]
    sys.path[:0] = folders
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for each in folders:
            if each in sys.path:
                sys.path.remove(each)


def _forget_other(package: str, root: Path) -> None:
    """Drop a package of the same name that another project, or this one's earlier text, left imported."""
    for name in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
        if (root / package).is_dir():
            del sys.modules[name]


def _import(name: str, root: Path, target: str, package: ModuleType | None = None) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name and not name.startswith(f"{error.name}."):
            raise failed(error, target, root) from error
        raise _not_there(name, root, package) from error
    except Exception as error:
        raise failed(error, target, root) from error


def _not_there(name: str, root: Path, package: ModuleType | None) -> ProjectBroken:
    top, _, below = name.partition(".")
    if package is None:
        known = [each.parent.name for each in root.glob("*/__init__.py")]
        message, word, prefix = f"{root} has no package {top!r}", top, ""
    else:
        steps = Path(package.__file__ or "").parent / "steps"
        known, word, prefix = [each.name for each in pkgutil.iter_modules([str(steps)])], below[6:], f"{top}."
        message = f"package {top!r} has no module steps/{word}.py"
    hint = did_you_mean(f"{prefix}{word}", [f"{prefix}{each}" for each in known])
    return ProjectBroken(message, hint=hint or "Export the notebook again: nbprod export NOTEBOOK")


def _function(module: ModuleType, step: str, target: str) -> Callable[..., Any]:
    found = getattr(module, step, None)
    if callable(found):
        return typing.cast("Callable[..., Any]", found)
    functions = [name for name, each in vars(module).items() if inspect.isfunction(each)]
    hint = did_you_mean(step, functions) or f"Define it there, or export the notebook again to get {target} back"
    raise ProjectBroken(f"{module.__file__} has no function {step!r}", hint=hint)


def _hints(call: Any, target: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(call, include_extras=True)
    except Exception as error:
        raise ProjectBroken(
            f"the annotations of {target} cannot be resolved: {error}",
            hint="Import what they name at the top of the step's module, not under TYPE_CHECKING",
        ) from error


def _returned(hints: Mapping[str, Any], target: str) -> dict[str, Any]:
    annotation = hints.get("return", Any)
    if annotation is type(None):
        return {}
    if fields_of(annotation):
        return _hints(annotation, target)
    return {"": annotation}


def fields_of(annotation: object) -> tuple[str, ...]:
    """Return the fields of a NamedTuple class or value; () for anything else."""
    is_tuple = isinstance(annotation, tuple) or (isinstance(annotation, type) and issubclass(annotation, tuple))
    return tuple(getattr(annotation, "_fields", ())) if is_tuple else ()
