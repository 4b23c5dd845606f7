"""The figures that a step's cells display, as pictures, each as it looked when it was displayed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from nbprod.record import audit
from nbprod.values import FIGURES, picture, save_pictures

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbprod.model.graph import Step

DRAWS = re.compile(r"matplotlib|pylab|seaborn|plt|plot")
BACKEND = "matplotlib_inline.backend_inline"


@dataclass(slots=True)
class Shown:
    """What one step displayed: pictures in order, and the cells that displayed some when they ended."""

    pictures: list[bytes] = field(default_factory=list)
    after: dict[int, None] = field(default_factory=dict)

    @property
    def digests(self) -> tuple[str, ...]:
        """What tells the pictures apart."""
        return tuple(hashlib.sha256(each).hexdigest()[:32] for each in self.pictures)

    def places(self, step: Step) -> tuple[int, ...]:
        """Which of the step's cells displayed some when they ended, counted from 0."""
        return tuple(at for at, cell in enumerate(step.cells) if cell in self.after)

    def store(self, folder: Path) -> None:
        """Write the pictures into a folder below that one, whole or not at all."""
        if self.pictures:
            save_pictures(self.pictures, folder / FIGURES)


class Screen:
    """Looks over the shoulder of IPython's inline backend, which displays the open figures when a cell ends."""

    def __init__(self) -> None:
        self._shown: dict[str, Shown] = {}
        self._step = ""
        self._cell: int | None = None
        self._ended = False

    def attach(self, shell: Any, sources: Iterable[str]) -> None:
        """Begin to look, if any of the notebook's cells seems to draw."""
        if find_spec("matplotlib_inline") is None or find_spec("matplotlib") is None:
            return
        if any(DRAWS.search(each) for each in sources):
            shell.events.register("post_execute", self._ends)  # before the backend's own, which comes with its import
            self._look()

    def step(self, name: str, cell: int | None = None) -> None:
        """What is displayed from now on is the step's; `cell` is the one that runs, None for a function's call."""
        self._step, self._cell, self._ended = name, cell, False

    def leave(self) -> None:
        """What is displayed from now on is nobody's."""
        self._step = ""

    def take(self, name: str) -> Shown:
        """What the step displayed."""
        return self._shown.pop(name, None) or Shown()

    def _ends(self) -> None:
        self._ended = True

    def _look(self) -> None:
        backend: Any = import_module(BACKEND)
        display = backend.display

        def seen(figure: Any, *rest: Any, **options: Any) -> Any:
            self._see(figure)
            return display(figure, *rest, **options)

        backend.display = seen

    def _see(self, figure: Any) -> None:
        if not self._step:
            return
        shown = self._shown.setdefault(self._step, Shown())
        with audit.unheard():
            shown.pictures.append(picture(figure))
        if self._ended and self._cell is not None:
            shown.after[self._cell] = None
