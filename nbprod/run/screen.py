"""A matplotlib backend for steps: what `plt.show()` displays becomes a picture, and is closed, as in a notebook."""

from __future__ import annotations

from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nbprod.values import picture

FigureCanvas = FigureCanvasAgg  # by this name matplotlib finds it
_shown: list[bytes] = []


def show(*_: object, **__: object) -> None:
    """Keep pictures of all open figures, and close them."""
    _shown.extend(picture(plt.figure(number)) for number in plt.get_fignums())
    plt.close("all")


def take() -> tuple[bytes, ...]:
    """Return the pictures of what was displayed since the last time."""
    taken = tuple(_shown)
    _shown.clear()
    return taken
