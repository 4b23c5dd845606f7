"""Sources and outputs of an `.ipynb` change in its text, and nothing else does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.adapters.ipynb import with_sources, without_outputs
from nbprod.errors import NotebookUnreadable

BREAKS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # that part lines for Python, and for Jupyter not
LETTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters=BREAKS)
TEXTS = st.lists(st.text(LETTERS, max_size=9), max_size=4)
STYLES = st.fixed_dictionaries({"indent": st.sampled_from([None, 0, 1, 4, "\t"]), "ensure_ascii": st.booleans()})


def document(sources, *, split: bool) -> dict:
    cells = [
        {
            "outputs": [{"text": ["}", "]"]}],
            "source": source.splitlines(keepends=True) if split else source,
            "execution_count": 3,
            "metadata": {"source": "no"},
        }
        for source in sources
    ]
    return {"metadata": {"cells": [{"source": "not this"}]}, "cells": cells, "nbformat": 4}


@given(TEXTS, TEXTS, STYLES, st.booleans())
def test_the_file_is_what_it_would_be_had_it_been_written_so(before, after, style, split):
    after = dict(enumerate(after[: len(before)]))
    text = json.dumps(document(before, split=split), **style).encode()
    wanted = document([after.get(at, source) for at, source in enumerate(before)], split=split)
    assert json.loads(with_sources(text, after)) == wanted
    assert with_sources(text, dict(enumerate(before))) == text


@given(TEXTS, STYLES)
def test_outputs_go_and_all_else_stays(sources, style):
    whole = document(sources, split=True)
    text = json.dumps(whole, **style).encode()
    plain = without_outputs(text)
    for cell in whole["cells"]:
        cell |= {"outputs": [], "execution_count": None}
    assert plain == json.dumps(whole, **style).encode()
    assert without_outputs(plain) == plain


def test_line_ends_of_windows_stay():
    text = rb'{"cells": [{"source": ["a = 1\r\n", "b = 2"]}]}'
    assert with_sources(text, {0: "a = 1\nb = 3\nc"}) == rb'{"cells": [{"source": ["a = 1\r\n", "b = 3\r\n", "c"]}]}'


def test_an_old_notebook_is_refused():
    with pytest.raises(NotebookUnreadable, match="old format"):
        with_sources(b'{"worksheets": []}', {0: ""})
