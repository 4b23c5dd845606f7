"""Metrics as the plain JSON that DVC compares: NumPy's numbers become Python's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbprod.values.formats.format import PANDAS_FRAMES, PANDAS_SERIES, DoesNotFitError, Format, is_a
from nbprod.values.formats.plain import read_json

if TYPE_CHECKING:
    from pathlib import Path


def plain(value: Any) -> Any:
    """The value in JSON's own terms, without tags; keys become text.

    >>> plain({1: (0.5, None)})
    {'1': [0.5, None]}

    Raises:
        DoesNotFitError: some part is neither a number, a text nor a container of them.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, dict):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if is_a(value, "numpy.generic", "numpy.ndarray"):
        return plain(value.tolist())
    if is_a(value, *PANDAS_SERIES, *PANDAS_FRAMES):
        return plain(value.to_dict())
    raise DoesNotFitError(f"JSON has no form for {type(value).__qualname__}")


def is_metrics(value: object) -> bool:
    """Whether the whole value can be plain JSON."""
    try:
        plain(value)
    except (DoesNotFitError, RecursionError):
        return False
    return True


def write(value: Any, path: Path) -> None:
    """Write the metrics, readable by people and stable to the byte."""
    path.write_text(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


METRICS = Format("metrics", "json", is_metrics, write, read_json)
