"""What a format is. Other packages add theirs through the entry point group `nbprod.formats`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class DoesNotFitError(Exception):
    """Raised by `write` where a value turns out not to fit after all: the next format is tried."""


class OnlyHereError(Exception):
    """No format holds the value, for it needs what only this process has."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way to store values: `write` makes the file at exactly the path given, `read` brings the value back.

    `extension` is all that follows the first dot of the file's name, and belongs to this format alone. `fits` looks at
    types only and is quick; what it lets through is still proven by reading it back.
    """

    name: str
    extension: str
    fits: Callable[[Any], bool]
    write: Callable[[Any, Path], None]
    read: Callable[[Path], Any]


def is_a(value: object, *names: str) -> bool:
    """Whether the value's class or one of its bases has one of these full names; imports nothing.

    >>> is_a(True, "builtins.int")
    True
    """
    return any(f"{kind.__module__}.{kind.__qualname__}" in names for kind in type(value).__mro__)


PANDAS_FRAMES = ("pandas.DataFrame", "pandas.core.frame.DataFrame")
PANDAS_SERIES = ("pandas.Series", "pandas.core.series.Series")
POLARS_FRAMES = ("polars.dataframe.frame.DataFrame",)
POLARS_SERIES = ("polars.series.series.Series",)
ESTIMATORS = ("sklearn.base.BaseEstimator",)
FIGURES = ("matplotlib.figure.Figure",)
