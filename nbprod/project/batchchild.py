"""What a batch puts into the process of each run: who restores its cells, and who watches over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.run.batches import inside

if TYPE_CHECKING:
    from nbprod.run.batches.inside import Inside, Orders


def begin(shell: Any, orders: Orders, plan: Any) -> Inside:  # noqa: ARG001
    """Return who answers the engine for the run in this process."""
    return inside.begin(orders, inside.Plain(shell.user_ns))
