"""Shell lines: what IPython fills in, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.utils.text import DollarFormatter

from nbprod.read import shell

VALUES = {"a": 7, "name": "x y", "d": {"k": 1}}


def as_ipython_does(command):
    """IPython's own `var_expand`: everything or nothing."""
    try:
        return DollarFormatter().vformat(command, args=[], kwargs=dict(VALUES))
    except Exception:  # noqa: BLE001  # as IPython does
        return command


PARTS = st.sampled_from(
    [
        "ls ",
        "$a",
        "{a}",
        "{name!r}",
        "$$a",
        "{{",
        "}}",
        "'",
        '"',
        "$HOME",
        "{a:>4}",
        " ",
        "\\",
        "$a.real ",
        "{d['k']}",
        "é",
        "{name[1:]}",
        "{1}",
        "{a==7}",
        "{ a }",
        "{name!r:>3}",
        "{}",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PARTS, max_size=7).map("".join))
def test_the_command_is_the_one_that_ipython_runs(command):
    literal = shell.command_text(command, VALUES)
    assert eval(literal, {"__builtins__": __builtins__, **VALUES}) == as_ipython_does(command)


@pytest.mark.parametrize("text", ["a", 'a "b"', "it's", "both \" and '", "back\\slash", "line\nbreak", ""])
def test_a_quoted_text_is_the_text(text):
    assert eval(shell.quoted(text)) == text


def test_double_quotes_are_preferred():
    assert shell.quoted("it's") == '"it\'s"'
    assert shell.quoted("ls") == '"ls"'
