"""IPython's transformer, as the rest relies on it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.adapters.ipython import transform


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%time f()", "get_ipython().run_line_magic('time', 'f()')\n"),
        ("a = %time f()", "a = get_ipython().run_line_magic('time', 'f()')\n"),
        ("!ls", "get_ipython().system('ls')\n"),
        ("a = !ls", "a = get_ipython().getoutput('ls')\n"),
        ("f?", "get_ipython().run_line_magic('pinfo', 'f')\n"),
        ("!ls \\\n  -l", "get_ipython().system('ls    -l')\n"),
        ("a = 1", "a = 1\n"),
    ],
)
def test_magics_become_calls(source, python):
    assert transform(source) == python


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="%!?\\'\"()[]{}=ab \n\t\x00é", max_size=30))
def test_any_text_is_transformed_or_is_a_syntax_error(source):
    with suppress(SyntaxError):
        assert isinstance(transform(source), str)
