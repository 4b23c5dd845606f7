"""Running what export wrote: one step, the whole pipeline, and the comparison with the notebook."""

from __future__ import annotations

from nbprod.run.pipelines import pipeline
from nbprod.run.stepping import OutputStored, StepRun, step
from nbprod.run.verify import OutputCompared, compare

__all__ = ["OutputCompared", "OutputStored", "StepRun", "compare", "pipeline", "step"]
