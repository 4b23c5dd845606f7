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

if TYPE_CHECKING:
    from pathlib import Path

CONTAINERS = (dict, list, tuple)
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
    """What both picklers share: attributes set on frames and arrays come along."""

    def reducer_override(self, value: Any) -> Any:
        """Reduce a frame or an array that carries attributes; leave everything else as it is."""
        inherited = getattr(super(), "reducer_override", None)
        attributes = _attributes(value) if is_a(value, *PANDAS_FRAMES, *PANDAS_SERIES, "numpy.ndarray") else {}
        if not attributes or "numpy.ma" in type(value).__module__:
            return inherited(value) if inherited else NotImplemented
        bare = value.copy()
        for name in _attributes(bare):
            object.__delattr__(bare, name)
        return with_attributes, (bare, attributes)


class _Pickler(_Keeper, pickle.Pickler):
    pass


def write_pickle(value: Any, path: Path) -> None:
    """Write a value whose classes and functions can all be imported again."""
    stream = io.BytesIO()
    try:
        _Pickler(stream, protocol=5).dump(value)
    except Exception as error:
        raise DoesNotFitError(str(error)) from error
    content = stream.getbuffer()
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

    stream = io.BytesIO()
    try:
        Pickler(stream, protocol=5).dump(value)
    except Exception as error:
        raise DoesNotFitError(str(error)) from error
    path.write_bytes(stream.getbuffer())


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
