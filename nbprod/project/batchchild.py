"""What a batch puts into the process of each run: who restores its cells, and who watches over it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nbprod.run.batches import inside

if TYPE_CHECKING:
    from nbprod.record.restoring import Plan
    from nbprod.run.batches.inside import Inside, Orders, Output

OBSERVED = "NBPROD_RECORDING"  # the extension, should a cell load it, follows no cells here


def begin(shell: Any, orders: Orders, plan: Plan | None) -> Inside:
    """Return who answers the engine for the run in this process; without a plan every cell runs."""
    os.environ[OBSERVED] = "1"
    return inside.begin(orders, inside.Plain(shell.user_ns) if plan is None else Restoring(plan, shell))


class Restoring:
    """The store's restorer, as a batch asks it."""

    def __init__(self, plan: Plan, shell: Any) -> None:
        from nbprod.record.restoring import Restorer

        def waits() -> None:
            inside.waits()
            shell.kernel.waits()

        self.restorer = Restorer(plan, shell.user_ns, waits=waits)
        self.ran = self.restorer.ran
        self.value = self.restorer.value
        self.close = self.restorer.close

    @property
    def notes(self) -> list[str]:
        """What there is to say of the store."""
        return self.restorer.notes

    def restore(self, cell: int) -> list[Output] | None:
        """Outputs to replay in place of running the cell."""
        from nbprod.cache import Lost

        try:
            return self.restorer.restore(cell)
        except Lost as lost:
            raise inside.Lost(str(lost)) from lost
