"""Values as buffers, exactly: types, layout in memory, what they share. For a store of one's own, not for exchange.

Arrays and frames' columns are buffers of their own, so that they come back at the speed of memory, or stay in a file
that is mapped into it. What the notebook defines - its functions and classes - is not stored but named, and whoever
brings values back says what the names stand for.
"""

from __future__ import annotations

import io
import pickle
import types
from typing import TYPE_CHECKING, Any

from nbprod.values.formats.format import DoesNotFitError
from nbprod.values.formats.pickles import _Keeper
from nbprod.values.formats.views import view_of
from nbprod.values.sharing import is_array, owner_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SMALL = 4_096  # bytes of an array that stands among the rest
OWNED = 1_000_000  # bytes below which a restored array is its own, and no longer a view of the store's file
HERE = (__name__, "_of_notebook")


def pack(value: Any, *, shared: frozenset[int], definitions: Mapping[str, Any]) -> tuple[list[Any], tuple[str, ...]]:
    """Return the value's buffers, and the names of those of the notebook's definitions that it needs.

    `shared` are the ids of arrays whose memory several parts look at.

    Raises:
        DoesNotFitError: it can't be stored; the text says why.
    """
    stream = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []

    def beside(buffer: pickle.PickleBuffer) -> bool:
        if memoryview(buffer).nbytes < SMALL:
            return True
        buffers.append(buffer)
        return False

    pickler = _Pickler(stream, protocol=5, buffer_callback=beside)
    pickler.memories = shared
    pickler.definitions = definitions
    pickler.named = {}
    try:
        pickler.dump(value)
    except DoesNotFitError:
        raise
    except Exception as error:
        raise DoesNotFitError(str(error) or type(error).__name__) from error
    return [stream.getvalue(), *(each.raw() for each in buffers)], tuple(sorted(pickler.named))


def unpack(buffers: Sequence[Any], definitions: Mapping[str, Any]) -> Any:
    """Return the value; `definitions` are what its names of the notebook stand for.

    Arrays look at the buffers' memory where they are large.
    """
    return _Unpickler(io.BytesIO(buffers[0]), definitions, buffers[1:]).load()


class _Pickler(_Keeper, pickle.Pickler):
    definitions: Mapping[str, Any]
    named: dict[str, None]

    def reducer_override(self, value: Any) -> Any:
        """Name what the notebook defines; keep arrays as they lie."""
        if isinstance(value, types.FunctionType | type) and value.__module__ == "__main__":
            return self._named(value)
        if type(value).__name__ == "ndarray" and type(value).__module__ == "numpy" and not value.dtype.hasobject:
            return self._array(value)
        if type(value).__module__ == "pandas.core.internals.blocks":
            return value.__reduce__()  # the one that pickle asks, __reduce_ex__, copies what has gaps
        return super().reducer_override(value)

    def _named(self, value: Any) -> Any:
        name = value.__qualname__
        if resolved(self.definitions, name) is not value:
            raise DoesNotFitError(f"it needs {name}, which no name of the notebook leads to")
        self.named[name.partition(".")[0]] = None
        return _of_notebook, (name,)

    def _array(self, array: Any) -> Any:
        owner = owner_of(array)
        flags = array.flags
        is_whole = flags.c_contiguous or flags.f_contiguous
        if owner is not array and (id(owner) in self.memories or not is_whole):
            if owner.dtype.hasobject or not (owner.flags.c_contiguous or owner.flags.f_contiguous):
                raise DoesNotFitError("an array that looks at another's memory")
            offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
            return _view, (owner, offset, array.shape, array.strides, array.dtype, flags.writeable)
        if not is_whole:
            raise DoesNotFitError("an array with gaps")
        if not array.size or not array.ndim:
            return NotImplemented
        order = "C" if flags.c_contiguous else "F"
        flat = array.ravel(order="K").view("u1") if array.dtype.kind != "T" else None
        if flat is None:
            return NotImplemented
        return _filled, (pickle.PickleBuffer(flat), array.dtype, array.shape, order, flags.writeable)


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: Any, definitions: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        super().__init__(stream, buffers=buffers)
        self._definitions = definitions

    def find_class(self, module: str, name: str, /) -> Any:
        """What a name of a module stands for."""
        if (module, name) == HERE:
            return lambda qualname: resolved(self._definitions, qualname)
        return super().find_class(module, name)


def resolved(definitions: Mapping[str, Any], qualname: str) -> Any:
    """What a name, or a dotted one, stands for; None if nothing."""
    first, *rest = qualname.split(".")
    found = definitions.get(first)
    for each in rest:
        found = getattr(found, each, None)
    return found


def _of_notebook(name: str) -> Any:
    """Stands in a pickle for a definition of the notebook."""
    raise pickle.UnpicklingError(f"nobody said what {name} is")


def _filled(memory: Any, dtype: Any, shape: tuple[int, ...], order: Any, writeable: bool) -> Any:  # noqa: FBT001  (a pickle calls it)
    """Return the array that lies in that memory."""
    import numpy as np

    array: Any = np.ndarray(shape, dtype, buffer=memory, order=order)
    if array.nbytes < OWNED or (writeable and not array.flags.writeable):
        array = array.copy(order="K")
    array.flags.writeable = writeable
    return array


def _view(owner: Any, offset: int, shape: Any, strides: Any, dtype: Any, writeable: bool) -> Any:  # noqa: FBT001  (as above)
    """Return the view of the owner's memory."""
    view = view_of(owner, offset, shape, strides, dtype)
    if view.flags.writeable and not writeable:
        view.flags.writeable = False
    return view


def is_definition(value: object) -> bool:
    """Whether it is a function or class that the notebook defines."""
    return isinstance(value, types.FunctionType | type) and value.__module__ == "__main__" and not is_array(value)
