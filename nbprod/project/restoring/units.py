"""Which pieces of work are the same, told before anything runs: same code, same work before it, same parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xxhash import xxh3_128_hexdigest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbprod.record.restoring.plan import Plan


def units(plan: Plan, parameters: Mapping[str, Any]) -> dict[int, str]:
    """Return an id for each cell of a run with those parameters: cells of one id, in whichever runs, do the same work.

    Cells that always run have one, too: it counts them once for each run only if they depend on what is varied.

    >>> from pathlib import Path
    >>> from nbprod.record.restoring.plan import CellPlan, Plan
    >>> load = CellPlan(0, "load", writes=frozenset({"rows"}))
    >>> fit = CellPlan(1, "fit", reads=frozenset({"rows", "c"}), writes=frozenset({"model"}))
    >>> two = [units(Plan("n.ipynb", Path(), 1, "", "", {0: load, 1: fit}), {"c": c}) for c in (1, 2)]
    >>> two[0][0] == two[1][0], two[0][1] == two[1][1]
    (True, False)
    """
    versions = {name: f"{type(value).__qualname__} {value!r}" for name, value in parameters.items()}
    found: dict[int, str] = {}
    for index in sorted(plan.cells):
        cell = plan.cells[index]
        inputs = [f"{name}={versions.get(name, '')}" for name in sorted(cell.reads)]
        found[index] = xxh3_128_hexdigest("\n".join([plan.base, cell.code, *inputs]).encode("utf-8", "surrogatepass"))
        for name in cell.writes - (parameters.keys() if cell.never else set()):
            versions[name] = f"{found[index]}.{name}"
    return found
