"""Which file is the notebook that this kernel belongs to?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

JUPYTER = "JPY_SESSION_NAME"
VISUAL_STUDIO = "__vsc_ipynb_file__"


def notebook_file(environment: Mapping[str, str], namespace: Mapping[str, Any], *, has_ids: bool) -> Path | None:
    """Return the notebook's file as the frontend names it, or None.

    Jupyter's variable leaks into kernels that other tools start from a notebook; those send no cell ids, so without
    `has_ids` it is not believed.
    """
    given = namespace.get(VISUAL_STUDIO) or (environment.get(JUPYTER) if has_ids else None)
    path = Path(str(given)) if given else None
    return path if path is not None and path.suffix == ".ipynb" and path.is_file() else None
