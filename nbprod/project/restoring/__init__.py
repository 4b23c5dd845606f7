"""What may be restored of a notebook, as a plan that each of its runs is given; and which work is the same."""

from __future__ import annotations

from nbprod.project.restoring.planning import plan, plan_of
from nbprod.project.restoring.units import units

__all__ = ["plan", "plan_of", "units"]
