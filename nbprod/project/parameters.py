"""A notebook's parameters with their types, for those who run it with other values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nbprod.model.notebook import Notebook
    from nbprod.run.parameters import Declarations


def declared(notebook: Notebook, folder: Path | None = None) -> Declarations:
    """Return what the notebook declares; modules beside it, which its annotations may name, are found in `folder`."""
    from nbprod.analyse import parameters_of
    from nbprod.run.parameters import declarations

    return declarations(notebook, parameters_of(notebook), folder)
