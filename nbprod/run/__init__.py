"""Running what export wrote: one step, the whole pipeline, and the comparison with the notebook."""

from __future__ import annotations

from nbprod.run.stepping import OutputStored, StepRun, step

__all__ = ["OutputStored", "StepRun", "step"]
