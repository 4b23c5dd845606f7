"""Arrays that look at one memory: stored so that they still do when they come back."""

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
