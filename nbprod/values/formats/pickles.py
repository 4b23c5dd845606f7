"""Python's own way to store objects: joblib for estimators and arrays, pickle, and cloudpickle for what cells define.

What pickling itself loses - attributes set on a frame or an array, views of one array - is kept.
"""

from __future__ import annotations

import io
import pickle
import sys
from typing import TYPE_CHECKING, Any

from nbprod.values.content.frames import extras_of
from nbprod.values.formats.format import (
    ESTIMATORS,
    PANDAS_FRAMES,
    PANDAS_SERIES,
    POLARS_FRAMES,
    DoesNotFitError,
    Format,
    is_a,
)
from nbprod.values.formats.views import reduced_view, shared_memories
from nbprod.values.sharing import is_array

if TYPE_CHECKING:
    from pathlib import Path

CONTAINERS = (dict, list, tuple)
KEPT = ("numpy.ndarray", *PANDAS_FRAMES, *PANDAS_SERIES)
HEAVY = ("numpy.ndarray", *PANDAS_FRAMES, *PANDAS_SERIES, *POLARS_FRAMES, *ESTIMATORS)


def with_attributes(value: Any, attributes: dict[str, Any]) -> Any:
    """Return the value with its attributes set again: what a pickle of such a frame or array calls."""
    for name, each in attributes.items():
        object.__setattr__(value, name, each)
    return value


def _attributes(value: Any) -> dict[str, Any]:
    """What pickling would lose of a frame, series or array."""
    if is_a(value, *PANDAS_FRAMES, *PANDAS_SERIES):
        declared = set(getattr(value, "_metadata", ()))
        return {name: each for name, each in extras_of(value).items() if name not in declared}
    return dict(vars(value)) if is_a(value, "numpy.ndarray") and hasattr(value, "__dict__") else {}


class _Keeper:
    """What both picklers share: attributes set on frames and arrays come along, and views stay views."""

    memories: frozenset[int] = frozenset()

    def reducer_override(self, value: Any) -> Any:
        """Reduce a frame or an array that pickling would not keep; leave everything else as it is."""
        if is_a(value, *KEPT) and "numpy.ma" not in type(value).__module__:
            if attributes := _attributes(value):
                return with_attributes, (_bare(value), attributes)
            if self.memories and is_array(value) and (view := reduced_view(value, self.memories)):
                return view
        inherited = getattr(super(), "reducer_override", None)
        return inherited(value) if inherited else NotImplemented


def _bare(value: Any) -> Any:
    """A copy without the attributes."""
    copied = value.copy()
    for name in _attributes(copied):
        object.__delattr__(copied, name)
    return copied


class _Pickler(_Keeper, pickle.Pickler):
    pass


def _dumped(pickler: Any, value: Any) -> memoryview:
    """The value as a pickle made by that class of picklers."""
    stream = io.BytesIO()
    try:
        made = pickler(stream, protocol=5)
        made.memories = shared_memories(value)
        made.dump(value)
    except Exception as error:
        raise DoesNotFitError(str(error)) from error
    return stream.getbuffer()


def write_pickle(value: Any, path: Path) -> None:
    """Write a value whose classes and functions can all be imported again."""
    content = _dumped(_Pickler, value)
    if _mentions_main(content):
        raise DoesNotFitError("something that a cell defines")
    path.write_bytes(content)


def _mentions_main(content: memoryview) -> bool:
    """Whether the pickle looks anything up in the notebook itself, which no other process can."""
    return b"__main__" in bytes(content)


def read_pickle(path: Path) -> Any:
    """Read a pickle."""
    with path.open("rb") as stream:
        return pickle.load(stream)


def write_cloudpickle(value: Any, path: Path) -> None:
    """Write a value together with the functions and classes of cells that it needs."""
    import cloudpickle

    class Pickler(_Keeper, cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle has no types
        pass

    path.write_bytes(_dumped(Pickler, value))


def fits_joblib(value: object) -> bool:
    """Whether it is an estimator, or a container with arrays, frames or estimators in it."""
    if is_a(value, *ESTIMATORS):
        return True
    if type(value) not in CONTAINERS:
        return False
    parts = value.values() if isinstance(value, dict) else value
    return any(_is_heavy(each) for each in parts)  # type: ignore[attr-defined]  # one of CONTAINERS


def _is_heavy(value: object) -> bool:
    return is_a(value, "numpy.ndarray", *PANDAS_FRAMES, *PANDAS_SERIES, *POLARS_FRAMES, *ESTIMATORS) or fits_joblib(
        value
    )


def write_joblib(value: Any, path: Path) -> None:
    """Write an estimator or a container with joblib."""
    import joblib

    try:
        with path.open("wb") as stream:
            joblib.dump(value, stream)
    except OSError:
        raise
    except Exception as error:
        raise DoesNotFitError(str(error)) from error
    if _mentions_main(memoryview(path.read_bytes())):
        raise DoesNotFitError("something that a cell defines")


def read_joblib(path: Path) -> Any:
    """Read what joblib wrote."""
    import joblib

    with path.open("rb") as stream:
        return joblib.load(stream)


def fits_pickle(value: object) -> bool:
    """Whether a plain pickle can do: not for what the notebook itself defines."""
    return type(value).__module__ != "__main__" or "__main__" not in sys.modules


JOBLIB = Format("joblib", "joblib", fits_joblib, write_joblib, read_joblib)
PICKLE = Format("pickle", "pkl", fits_pickle, write_pickle, read_pickle)
CLOUDPICKLE = Format("cloudpickle", "cloudpickle.pkl", lambda _: True, write_cloudpickle, read_pickle)
