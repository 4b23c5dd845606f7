"""The global random states: who draws from them, and whether anybody had seeded them.

A state that was only seeded is not drawn from, so seeding is watched too: while observing, the four functions that set
a global state also tell us. Everything that seeds, helpers and libraries included, calls one of them. What a module
draws while it is imported is nobody's draw: the import of scikit-learn does.
"""

from __future__ import annotations

import builtins
import functools
import random
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nbprod.model.graph import RANDOM_STATES
from nbprod.values import draws
from nbprod.values.draws import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SEEDING = {"numpy": ("seed", "set_state"), "random": ("seed", "setstate")}


def fresh(generator: str) -> Any:
    """A state that nobody can foretell."""
    if generator == "random":
        return random.Random().getstate()  # noqa: S311  (a state to draw from, no secret)
    import numpy as np

    return np.random.RandomState().get_state()


def digest(generator: str) -> int:
    """A number that changes whenever the state does; 0 for numpy while nobody has imported it."""
    now = state(generator)
    if now is None:
        return 0
    return hash(now) if generator == "random" else hash((now[1].tobytes(), *now[2:]))


class Draws:
    """Follows the global states: between `resume` and `pause` it learns what was drawn, always what was seeded.

    What is unseeded only somebody can tell who was there from the start: without `attach`, `unseeded` stays empty.
    With `kept`, a step begins at the states that this folder keeps for it, as far as nobody has seeded them, and goes
    on where it stopped: they are as good as any, and another run of the step can begin at the same.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self._kept = kept
        self._left: dict[str, dict[str, Any]] = {}  # the states at which steps stopped
        self._from_start = False
        self.seeded: set[str] = set()
        self.drawn: set[str] = set()
        self.unseeded: set[str] = set()
        self.inherited: set[str] = set()  # drawn since `resume` from what was there before, not seeded meanwhile
        self._anew: set[str] = set()  # seeded since `resume`
        self._mark: dict[str, int] = {}
        self._originals: list[tuple[Any, str, Any]] = []

    def attach(self) -> None:
        """Watch who seeds, from the start of the process on."""
        import numpy.random  # noqa: F401  (numpy itself loads it late, and then it may be seeded already)

        self._from_start = True
        self._watch()
        self._originals.append((builtins, "__import__", builtins.__import__))
        builtins.__import__ = self._without_draws(builtins.__import__)

    def _watch(self) -> None:
        for generator, names in SEEDING.items():
            module = random if generator == "random" else sys.modules.get("numpy.random")
            if module is None or any(each[0] is module for each in self._originals):
                continue
            for name in names:
                self._originals.append((module, name, getattr(module, name)))
                setattr(module, name, self._watched(generator, getattr(module, name)))

    def detach(self) -> None:
        """Put the seeding functions back."""
        for module, name, original in self._originals:
            setattr(module, name, original)
        self._originals.clear()

    def begin(self, step: str) -> None:
        """Begin a step where it begins in every run."""
        if self._kept is not None:
            with self._unwatched():
                draws.begin(step, self._loose(), self._kept)

    def leave(self, step: str) -> None:
        """A cell of the step ended, and there are others to come."""
        self._left[step] = draws.states(self._loose())

    def proceed(self, step: str) -> None:
        """Go on where the step stopped."""
        left = self._left.pop(step, {})
        if self._kept is not None:
            self._put(left)

    def end(self, step: str, unseeded: tuple[str, ...]) -> None:
        """The step ended: what it did not draw from need not be kept."""
        if self._kept is not None:
            draws.forget(step, {*draws.GENERATORS} - {*unseeded}, self._kept)

    def _put(self, states: dict[str, Any]) -> None:
        with self._unwatched():
            draws.put_all({each: states[each] for each in self._loose() if each in states})

    @contextmanager
    def _unwatched(self) -> Iterator[None]:
        """Within it, states are set and nobody has seeded them."""
        seeded = {*self.seeded}
        yield
        self.seeded = seeded

    def _loose(self) -> tuple[str, ...]:
        """The generators that nobody has seeded."""
        return tuple(each for each in draws.GENERATORS if self._from_start and each not in self.seeded)

    def resume(self) -> None:
        """Start to look for draws."""
        self._watch()
        self.inherited, self._anew = set(), set()
        self._mark = {each: digest(each) for each in RANDOM_STATES.values()}

    def pause(self) -> None:
        """Stop: whatever differs from the mark was drawn."""
        for generator in self._mark:
            self._settle(generator)
        self._mark = {}

    def take(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was drawn, and from what nobody had seeded, since the last time; forgets both."""
        taken = tuple(sorted(self.drawn)), tuple(sorted(self.unseeded))
        self.drawn, self.unseeded = set(), set()
        return taken

    def _settle(self, generator: str) -> None:
        mark = self._mark.get(generator)
        # A mark of 0: numpy came in only now, and its import seeds from the system's entropy.
        if mark and digest(generator) != mark:
            self.drawn.add(generator)
            if generator not in self._anew:
                self.inherited.add(generator)
            if self._from_start and generator not in self.seeded:
                self.unseeded.add(generator)

    def _without_draws(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def importing(name: str, *arguments: Any, **named: Any) -> Any:
            relative = any(arguments[3:4]) or named.get("level")
            if not self._mark or name in sys.modules or relative:
                return original(name, *arguments, **named)
            for generator in self._mark:
                self._settle(generator)
            marked, self._mark = self._mark, {}
            before = draws.states(self._loose()) if self._kept is not None else {}
            try:
                return original(name, *arguments, **named)
            finally:
                self._put(before)
                self._mark = {each: digest(each) for each in marked}

        return importing

    def _watched(self, generator: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def seeding(*arguments: Any, **named: Any) -> Any:
            self._settle(generator)
            self._anew.add(generator)
            given = original(*arguments, **named)
            fixed = [each for each in (*arguments, *named.values()) if each is not None]
            (self.seeded.add if fixed else self.seeded.discard)(generator)
            if self._mark:
                self._mark[generator] = digest(generator)
            return given

        return seeding
