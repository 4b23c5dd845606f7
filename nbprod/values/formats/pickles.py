"""Python's own way to store objects: joblib for estimators and arrays, pickle, and cloudpickle for what cells define.

What pickling itself loses - attributes set on a frame or an array, views of one array, the order of a view with gaps,
being the global random state - is kept.
"""

from __future__ import annotations

import io
import pickle
import sys
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, Any

from nbprod.values.content.frames import extras_of
from nbprod.values.content.randomness import global_name
from nbprod.values.formats.format import (
    ESTIMATORS,
    FIGURES,
    PANDAS_FRAMES,
    PANDAS_SERIES,
    POLARS_FRAMES,
    DoesNotFitError,
    Format,
    OnlyHereError,
    is_a,
)
from nbprod.values.formats.views import reduced_gaps, reduced_view, shared_memories
from nbprod.values.sharing import is_array
from nbprod.values.types import is_importable

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path

CONTAINERS = (dict, list, tuple)
MAIN = b"__main__"  # a pickle with it looks things up in the notebook itself, which no other process can
KEPT = ("numpy.ndarray", *PANDAS_FRAMES, *PANDAS_SERIES)
GENERATORS = ("numpy.random.mtrand.RandomState", "random.Random")
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
    """What both picklers share: set attributes come along, views stay views, the global random state stays global."""

    memories: frozenset[int] = frozenset()

    def reducer_override(self, value: Any) -> Any:
        """Reduce a frame or an array that pickling would not keep; leave everything else as it is."""
        if isinstance(value, type) and not is_importable(value):
            raise OnlyHereError(f"{value.__module__}.{value.__qualname__}")
        if is_a(value, *KEPT) and "numpy.ma" not in type(value).__module__:
            if attributes := _attributes(value):
                return with_attributes, (_bare(value), attributes)
            if self.memories and is_array(value) and (view := reduced_view(value, self.memories)):
                return view
            if gaps := reduced_gaps(value):
                return gaps
        if is_a(value, *FIGURES):
            return _reduced_figure(value)
        if is_a(value, *GENERATORS) and (name := global_name(value)):
            return name  # which pickle takes for a name of the value's module
        inherited = getattr(super(), "reducer_override", None)
        return inherited(value) if inherited else NotImplemented


def _reduced_figure(figure: Any) -> Any:
    """The figure without the wish to be shown: what is loaded must not appear among the notebook's open figures."""
    maker, args, state, *rest = figure.__reduce_ex__(4)
    shown = {name: each for name, each in state.items() if name != "_restore_to_pylab"}
    return maker, args, shown, *rest


def _bare(value: Any) -> Any:
    """A copy without the attributes."""
    copied = value.copy()
    for name in _attributes(copied):
        object.__delattr__(copied, name)
    return copied


class _Pickler(_Keeper, pickle.Pickler):
    pass


def pickled(value: Any) -> bytes:
    """Return the value as a pickle for this process; raises DoesNotFitError."""
    return _dumped(_Pickler, value)


def _dumped(pickler: Any, value: Any) -> bytes:
    """The value as a pickle made by that class of picklers."""
    stream = io.BytesIO()
    try:
        made = pickler(stream, protocol=5)
        made.memories = shared_memories(value)
        made.dump(value)
    except OnlyHereError:
        raise
    except Exception as error:
        raise DoesNotFitError(str(error)) from error
    return stream.getvalue()


class _Instances(_Pickler):
    """Pickles instances of a cell's classes by the name of the class, and refuses what is code itself."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.classes: set[type] = set()

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FunctionType) and value.__module__ == "__main__":
            raise DoesNotFitError("a function of a cell")
        if isinstance(value, type) and value.__module__ == "__main__" and value not in self.classes:
            raise DoesNotFitError("a class of a cell")
        self.classes.add(type(value))
        return super().reducer_override(value)


def holds_code(value: object) -> bool:
    """Whether it holds functions or classes of the notebook, more than as the classes of what it holds."""
    try:
        _dumped(_Instances, value)
    except (DoesNotFitError, OnlyHereError):
        return True
    return False


def write_pickle(value: Any, path: Path) -> None:
    """Write a value whose classes and functions can all be imported again."""
    content = pickled(value)
    if MAIN in content:
        raise DoesNotFitError("something that a cell defines")
    path.write_bytes(content)


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


def read_cloudpickle(path: Path) -> Any:
    """Read what cloudpickle wrote, into classes of its own where the classes that it holds live in this process."""
    from cloudpickle import cloudpickle

    with _left_alone(cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID):  # noqa: SLF001  (it has no public name)
        return read_pickle(path)


@contextmanager
def _left_alone(tracked: MutableMapping[str, type]) -> Iterator[None]:
    """Keep cloudpickle from setting the loaded methods, whose globals are others, on the notebook's own classes."""
    live = {key: kind for key, kind in list(tracked.items()) if _is_live(kind)}
    for key in live:
        tracked.pop(key, None)
    try:
        yield
    finally:
        tracked.update(live)


def _is_live(kind: type) -> bool:
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is kind


def fits_joblib(value: object) -> bool:
    """Whether it is an estimator, or a container with arrays, frames or estimators in it."""
    if is_a(value, *ESTIMATORS):
        return True
    if type(value) not in CONTAINERS:
        return False
    parts = _parts(value)
    return any(map(_is_heavy, parts)) and not any(is_a(each, *FIGURES) for each in parts)


def _parts(container: Any) -> list[object]:
    return list(container.values() if isinstance(container, dict) else container)


def _is_heavy(value: object) -> bool:
    return is_a(value, "numpy.ndarray", *PANDAS_FRAMES, *PANDAS_SERIES, *POLARS_FRAMES, *ESTIMATORS) or fits_joblib(
        value
    )


def write_joblib(value: Any, path: Path) -> None:
    """Write an estimator or a container with joblib."""
    from joblib.numpy_pickle import NumpyPickler

    class Pickler(NumpyPickler):  # type: ignore[misc]  # joblib has no types
        def save(self, obj: Any) -> None:
            gaps = reduced_gaps(obj)
            if gaps:
                self.save_reduce(*gaps, obj=obj)
            else:
                super().save(obj)

    try:
        with path.open("wb") as stream:
            Pickler(stream).dump(value)
    except OSError:
        raise
    except Exception as error:
        raise DoesNotFitError(str(error)) from error
    if MAIN in path.read_bytes():
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
CLOUDPICKLE = Format("cloudpickle", "cloudpickle.pkl", lambda _: True, write_cloudpickle, read_cloudpickle)
