from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from nbprod.values import duplicate, fingerprint, load, save

X = np.arange(20.0).reshape(10, 2)


def network():
    """An estimator that was fitted without a random_state keeps the global one."""
    with pytest.warns(ConvergenceWarning):
        return MLPClassifier(max_iter=2).fit(X, X[:, 0] > 8)


@pytest.fixture(autouse=True)
def states():
    before = np.random.get_state(), random.getstate()
    yield
    np.random.set_state(before[0])
    random.setstate(before[1])


def stored(value, folder):
    return load(folder / save(value, folder, "value").path.name)


def duplicated(value, _):
    return duplicate({"value": value})["value"]


@pytest.mark.parametrize("through", [stored, duplicated])
@pytest.mark.parametrize(
    ("make", "draw"),
    [
        (lambda: stats.norm(10, 2), lambda dist: dist.rvs(3)),
        (lambda: [stats.poisson(4)], lambda held: held[0].rvs(3)),
        (lambda: {"draw": np.random.rand}, lambda held: held["draw"](3)),
        (lambda: random.gauss, lambda gauss: [gauss(0, 1) for _ in range(3)]),
        (network, lambda model: model._random_state.rand(3)),
    ],
)
def test_what_draws_from_the_global_state_does_so_when_it_is_loaded(tmp_path, make, draw, through):
    value = make()
    again = through(value, tmp_path)
    np.random.seed(5)
    random.seed(5)
    first, then = draw(value), (np.random.rand(), random.random())
    np.random.seed(5)
    random.seed(5)
    assert np.array_equal(draw(again), first)
    assert (np.random.rand(), random.random()) == then


def test_drawing_changes_the_global_state_not_the_value():
    dist = stats.norm(10, 2)
    seen = fingerprint(dist)
    dist.rvs(3)
    assert fingerprint(dist) == seen
    assert fingerprint(stats.norm(10, 3)) != seen
    assert fingerprint(np.random.RandomState(1)) != fingerprint(np.random.RandomState(2))


def test_copies_share_what_the_values_share_and_keep_what_pickling_loses():
    frame = pd.DataFrame({"a": [1]})
    object.__setattr__(frame, "source", "census")
    copies = duplicate({"frame": frame, "frames": [frame], "f": lambda: 1})
    assert copies["frame"] is copies["frames"][0]
    assert copies["frame"] is not frame
    assert duplicate({"frame": frame})["frame"].source == "census"
