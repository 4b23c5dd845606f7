"""papermill's engine `nbprod`: `papermill in.ipynb out.ipynb --engine nbprod`."""

from __future__ import annotations

from typing import Any

__all__ = ["NotebookEngine"]


def __getattr__(name: str) -> Any:
    if name != "NotebookEngine":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nbprod.engine.notebook import NotebookEngine

    return NotebookEngine


# papermill asks for the name above while it is imported itself: so let it be imported before our class is.
import papermill.engines  # noqa: E402, F401
