"""Arrays that look at another's memory: stored so that they still do, or in its order, when they come back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from nbprod.values.sharing import is_array, mutable_parts, owner_of


def shared_memories(value: object) -> frozenset[int]:
    """The ids of the arrays whose memory two or more of the arrays in the value look at.

    >>> import numpy as np
    >>> numbers = np.arange(3)
    >>> shared_memories([numbers, numbers[1:]]) == {id(numbers)}
    True
    """
    counts = Counter(id(owner_of(part)) for part in mutable_parts(value) if is_array(part))
    return frozenset(owner for owner, count in counts.items() if count > 1)


def reduced_view(array: Any, memories: frozenset[int]) -> Any:
    """How to make the array again as a view of its owner; None where it is to be stored by itself."""
    import numpy as np

    if type(array) is not np.ndarray or array.dtype.hasobject:
        return None
    owner = owner_of(array)
    if owner is array or id(owner) not in memories or not (owner.flags.c_contiguous or owner.flags.f_contiguous):
        return None
    offset = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return view_of, (owner, offset, array.shape, array.strides, array.dtype)


def view_of(owner: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> Any:
    """Return the view of the owner's memory: what a pickle of such a view calls."""
    import numpy as np

    memory = owner if owner.flags.c_contiguous else owner.T
    return np.ndarray(shape, dtype, buffer=memory, offset=offset, strides=strides)


def reduced_gaps(array: Any) -> Any:
    """How to make a view with gaps again in the order of its memory; None for what comes back so by itself.

    NumPy stores such a view by rows, in which sums add otherwise than over columns that lie together.

    >>> import numpy as np
    >>> make, parts = reduced_gaps(np.arange(12).reshape(4, 3)[::2].T)
    >>> make(*parts).tolist()
    [[0, 6], [1, 7], [2, 8]]
    """
    import numpy as np

    if type(array) is not np.ndarray or array.flags.forc or 0 in array.strides:
        return None
    axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    by_rows = array.transpose(axes)
    if axes == list(range(array.ndim)) or by_rows.flags.c_contiguous:
        return None
    return np.transpose, (by_rows, tuple(axes.index(axis) for axis in range(array.ndim)))
