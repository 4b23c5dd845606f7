"""OpenMP, by which scikit-learn and others compute on all processors, in processes that run side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SET_BY_WHO_KNOWS_BETTER = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}


def side_by_side(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what lets threads sleep while they wait for one another; what they compute is the same.

    A thread that spins keeps those that it waits for from the processor: boosting took ten times as long in two
    processes at once (benchmarks/batch.py). It must stand in the environment of the process that imports the library.

    >>> side_by_side({}), side_by_side({"OMP_WAIT_POLICY": "ACTIVE"})
    ({'OMP_WAIT_POLICY': 'PASSIVE'}, {})
    """
    return {} if SET_BY_WHO_KNOWS_BETTER & environment.keys() else {"OMP_WAIT_POLICY": "PASSIVE"}
