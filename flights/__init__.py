"""The steps of notebooks/flights.ipynb as functions: `from flights import load`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flights.steps.baseline import baseline
    from flights.steps.clean import clean
    from flights.steps.evaluate import evaluate
    from flights.steps.features import features
    from flights.steps.load import load
    from flights.steps.split import split
    from flights.steps.train import train

__all__ = [
    "NOTEBOOK",
    "STEPS",
    "baseline",
    "clean",
    "evaluate",
    "features",
    "load",
    "split",
    "train",
]

NOTEBOOK = "notebooks/flights.ipynb"
STEPS = ("load", "clean", "features", "split", "baseline", "train", "evaluate")


def __getattr__(name: str) -> Any:
    """Import a step when it is first asked for: none waits for another's imports."""
    if name in STEPS:
        return getattr(import_module(f"{__name__}.steps.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
