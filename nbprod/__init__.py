"""From a marked notebook to a package, a DVC pipeline and the proof that both compute the same."""

from __future__ import annotations

from nbprod.marks import step

__version__ = "0.1.0"
__all__ = ["step"]


def load_ipython_extension(shell: object) -> None:
    """Load the magics: `%load_ext nbprod` calls this."""
    from nbprod.magics import load

    load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Take the magics away again: `%unload_ext nbprod` calls this."""
    from nbprod.magics import unload

    unload(shell)
