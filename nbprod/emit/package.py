"""The package's own files: its steps by name, and what its folders are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.emit.docstrings import quoted

if TYPE_CHECKING:
    from nbprod.emit.plan import Plan


def package_module(plan: Plan) -> str:
    """Return the text of `<package>/__init__.py`: each step is imported when it is first asked for."""
    names = sorted(each.name for each in plan.steps)
    imports = "\n".join(f"    from {plan.package}.steps.{name} import {name}" for name in names)
    example = plan.steps[0].name if plan.steps else ""
    doc = quoted(
        f"The steps of {plan.notebook} as functions: `from {plan.package} import {example}`."
        if example
        else f"The steps of {plan.notebook} as functions."
    )
    exported = ", ".join(f'"{name}"' for name in ("NOTEBOOK", "STEPS", *names))
    ordered = ", ".join(f'"{each.name}"' for each in plan.steps) + ("," if len(plan.steps) == 1 else "")
    return f"""{doc}

from importlib import import_module
from typing import TYPE_CHECKING, Any

{f"if TYPE_CHECKING:{chr(10)}{imports}" if names else ""}

__all__ = [{exported}]

NOTEBOOK = "{plan.notebook}"
STEPS = ({ordered})


def __getattr__(name: str) -> Any:
    \"\"\"Import a step when it is first asked for: none waits for another's imports.\"\"\"
    if name in STEPS:
        return getattr(import_module(f"{{__name__}}.steps.{{name}}"), name)
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
"""


def folder_module(text: str) -> str:
    """Return the text of an `__init__.py` that says what its folder holds."""
    return quoted(text) + "\n"
