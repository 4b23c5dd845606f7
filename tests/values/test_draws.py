"""The global random states, kept where a step begins and set again for another run of it."""

from __future__ import annotations

import builtins
import random
import sys

import numpy as np
import pytest

from nbprod.values import draws

DRAWN = {"numpy": lambda: float(np.random.rand()), "random": random.random}


def drawn():
    return {generator: draw() for generator, draw in DRAWN.items()}


@pytest.fixture(autouse=True)
def _as_it_was():
    before = draws.states(draws.GENERATORS)
    yield
    draws.put_all(before)


def test_a_step_begins_again_where_it_began(tmp_path):
    draws.begin("a", draws.GENERATORS, tmp_path)
    first = drawn()
    draws.begin("b", draws.GENERATORS, tmp_path)
    second = drawn()
    assert first != second
    draws.begin("a", draws.GENERATORS, tmp_path)
    assert drawn() == first
    with draws.as_kept("b", tmp_path):
        assert drawn() == second


def test_what_is_forgotten_begins_anywhere(tmp_path):
    draws.begin("a", draws.GENERATORS, tmp_path)
    first = drawn()
    draws.forget("a", ["random"], tmp_path)
    with draws.as_kept("a", tmp_path):
        again = drawn()
    assert (again["numpy"] == first["numpy"], again["random"] == first["random"]) == (True, False)


def test_a_module_that_draws_when_it_is_imported_changes_nothing(tmp_path, monkeypatch):
    (tmp_path / "lots.py").write_text("import random\nfirst = random.random()\n")
    monkeypatch.syspath_prepend(tmp_path)
    draws.begin("a", draws.GENERATORS, tmp_path)
    first = drawn()
    original = builtins.__import__
    with draws.as_kept("a", tmp_path):
        import lots

        assert drawn() == first
    assert builtins.__import__ is original
    del sys.modules["lots"], lots


def test_without_states_nothing_is_touched(tmp_path):
    original, before = builtins.__import__, random.getstate()
    with draws.as_kept("a", tmp_path):
        assert builtins.__import__ is original
    assert random.getstate() == before
