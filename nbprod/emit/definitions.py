"""definitions.py: what several steps use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.emit import source
from nbprod.emit.docstrings import WIDTH, laid_out, listed, quoted
from nbprod.emit.modules import joined
from nbprod.emit.plan import is_import

if TYPE_CHECKING:
    from nbprod.emit.plan import Plan


def definitions_module(plan: Plan) -> str:
    """Return the text of `<package>/definitions.py`, not yet formatted; "" when no two steps share a definition."""
    if not plan.shared:
        return ""
    parts = joined(plan.shared)
    names = source.mentioned("\n\n".join(parts))
    shared = {each.source for each in plan.shared}
    users = [step for step in plan.steps if any(each.source in shared for each in step.shared)]
    # A name may be imported differently by a step that uses nothing of this module.
    imports = dict.fromkeys(
        each.source
        for step in users
        for each in step.imports
        if is_import(each) and each.name in names and _needed(each.name, plan)
    )
    doc = quoted(_about(plan))
    return "\n\n\n".join(part for part in (doc, "\n".join(imports), *parts) if part) + "\n"


def _about(plan: Plan) -> str:
    names = listed([each.name for each in plan.shared])
    line = f"What several steps of {plan.notebook} use: {names}."
    if len(line) <= WIDTH - 8:
        return line
    return laid_out(f"What several steps of {plan.notebook} use. Here are {names}.", WIDTH - 8)


def _needed(name: str, plan: Plan) -> bool:
    return any(name in each.reads or name in source.mentioned(each.source) for each in plan.shared)
