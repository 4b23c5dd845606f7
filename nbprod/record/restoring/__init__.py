"""Unique work once: cells whose work was done before are restored from the store in place of running.

`names` knows what a running notebook's names hold and share, `watching` what a cell does besides computing, `keeping`
makes an entry of a cell's work; `restorer` puts them together for one run, which `plan` tells what to expect.
"""

from __future__ import annotations

from typing import Any

from nbprod.record.restoring.fates import Fate
from nbprod.record.restoring.plan import CellPlan, Plan
from nbprod.record.restoring.restorer import Restorer

__all__ = ["CellPlan", "Fate", "Plan", "Restorer", "of_shell"]


def of_shell(shell: Any, plan: Plan) -> Restorer:
    """Return the restorer for a notebook that is about to run in that shell."""
    return Restorer(plan, shell.user_ns)
