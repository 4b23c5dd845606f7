"""The global random states, where a value holds one: SciPy's frozen distributions do, and methods such as random.gauss.

They belong to the process, not to the value: it is stored as holding whichever is global where it is loaded, so that
it goes on drawing from there, and drawing through it changes the state, not the value.
"""

from __future__ import annotations

import sys
from typing import Any

_PLACES = (("numpy.random.mtrand", "_rand"), ("random", "_inst"))  # module, and what it calls its state


def global_states() -> dict[str, Any]:
    """Return the global random states of this process, by what their modules call them."""
    loaded = ((sys.modules.get(module), name) for module, name in _PLACES)
    return {name: getattr(module, name) for module, name in loaded if hasattr(module, name)}


def global_name(value: object) -> str:
    """Return what its module calls the global random state that the value is; "" for every other value.

    >>> import random
    >>> global_name(random.random.__self__), global_name(random.Random(1))
    ('_inst', '')
    """
    return next((name for name, state in global_states().items() if state is value), "")
