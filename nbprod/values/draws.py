"""The global random states: as they are, as they are set, and kept, so that another run of a step draws the same."""

from __future__ import annotations

import builtins
import functools
import pickle
import random
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nbprod.values.disk import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

GENERATORS = ("numpy", "random")
KEPT = ".random"  # the folder, among those of the steps, that holds the states at which steps begin


def state(generator: str) -> Any:
    """The state itself, as `get_state` gives it; None for numpy while nobody has imported it."""
    if generator == "random":
        return random.getstate()
    numpy_random = sys.modules.get("numpy.random")
    return None if numpy_random is None else numpy_random.get_state()


def put(generator: str, value: Any) -> None:
    """Set the global state: what `state` gave, or what became of it on its way through a file."""
    if generator == "random":
        version, internal, gauss = value
        random.setstate((version, tuple(internal), gauss))
        return
    import numpy as np

    np.random.set_state(value)


def states(generators: Iterable[str]) -> dict[str, Any]:
    """The states of those generators that there are in this process."""
    found = {each: state(each) for each in generators}
    return {each: value for each, value in found.items() if value is not None}


def put_all(values: dict[str, Any]) -> None:
    """Set several states."""
    for generator, value in values.items():
        put(generator, value)


def begin(step: str, generators: Iterable[str], folder: Path) -> None:
    """Begin at the states that are kept for the step in the folder; where none is, keep those that there are."""
    for generator, now in states(generators).items():
        file = _file(step, generator, folder)
        if file.exists():
            put(generator, pickle.loads(file.read_bytes()))
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, pickle.dumps(now))


def forget(step: str, generators: Iterable[str], folder: Path) -> None:
    """Keep no state of those generators for the step, which hangs on none of them."""
    for generator in generators:
        _file(step, generator, folder).unlink(missing_ok=True)


@contextmanager
def as_kept(step: str, folder: Path) -> Iterator[None]:
    """Within it, the step draws as it did where its states were kept; what is imported draws nothing."""
    kept = {each: file for each in GENERATORS if (file := _file(step, each, folder)).exists()}
    put_all({each: pickle.loads(file.read_bytes()) for each, file in kept.items()})
    original = builtins.__import__

    @functools.wraps(original)
    def importing(name: str, *arguments: Any, **named: Any) -> Any:
        before = states(kept) if name not in sys.modules else {}
        try:
            return original(name, *arguments, **named)
        finally:
            put_all(before)

    builtins.__import__ = importing if kept else original
    try:
        yield
    finally:
        builtins.__import__ = original


def _file(step: str, generator: str, folder: Path) -> Path:
    return folder / f"{step}.{generator}.pickle"
