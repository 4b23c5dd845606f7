"""Copies of values within one process."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from nbprod.values.content.randomness import global_states
from nbprod.values.formats.pickles import pickled


def duplicate(values: dict[str, Any]) -> dict[str, Any]:
    """Return copies of the values, made in one go: what they share, the copies share; global states stay global."""
    try:
        copied: dict[str, Any] = pickle.loads(pickled(values))
    except Exception:  # noqa: BLE001  (lambdas, say)
        return copy.deepcopy(values, {id(each): each for each in global_states().values()})
    return copied
