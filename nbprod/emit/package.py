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

{"import sys" + chr(10) if plan.record.search_path else ""}from importlib import import_module
{"from pathlib import Path" + chr(10) if plan.record.search_path else ""}from typing import TYPE_CHECKING, Any

{f"if TYPE_CHECKING:{chr(10)}{imports}" if names else ""}

__all__ = [{exported}]

NOTEBOOK = "{plan.notebook}"
STEPS = ({ordered})
{_path(plan)}

def __getattr__(name: str) -> Any:
    \"\"\"Import a step when it is first asked for: none waits for another's imports.\"\"\"
    if name in STEPS:
        return getattr(import_module(f"{{__name__}}.steps.{{name}}"), name)
    raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
"""


def _path(plan: Plan) -> str:
    """Where the steps find the modules that the notebook imports from beside it."""
    if not plan.record.search_path:
        return ""
    folders = ", ".join(f'"{each}"' for each in plan.record.search_path)
    comma = "," if len(plan.record.search_path) == 1 else ""
    return f"""
# The notebook imports modules of its own from these folders.
sys.path[1:1] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ({folders}{comma})]
"""


def folder_module(text: str) -> str:
    """Return the text of an `__init__.py` that says what its folder holds."""
    return quoted(text) + "\n"
