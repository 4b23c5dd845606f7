"""Whatever a file holds, it is a notebook or it is said why it is none."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.adapters import ipython
from nbprod.adapters.nbformat import document
from nbprod.analyse import graph
from nbprod.errors import NotebookUnreadable
from nbprod.read import notebook

PIECES = ["%%step a\n", "%time ", "!ls {", "$x", "x = ", "\ud800", "\x00", "'''", "def f():\n", " ", "(", "ª", "\r"]
SOURCES = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=8).map("".join)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | SOURCES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tags", "language", "name"]), inner),
    max_leaves=4,
)
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.just("code") | ANYTHING,
        "source": SOURCES | st.lists(SOURCES, max_size=3) | ANYTHING,
        "metadata": st.fixed_dictionaries({"tags": st.lists(SOURCES, max_size=2)}) | ANYTHING,
        "id": ANYTHING,
    },
)
NOTEBOOKS = st.fixed_dictionaries(
    {"cells": st.lists(CELLS, max_size=4) | ANYTHING},
    optional={
        "nbformat": st.integers(0, 6) | ANYTHING,
        "nbformat_minor": ANYTHING,
        "metadata": st.dictionaries(st.sampled_from(["kernelspec", "language_info"]), ANYTHING) | ANYTHING,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(CELLS, max_size=2) | ANYTHING}), max_size=2),
    },
)


def read(content):
    """The notebook and its document, or None; what is refused is refused with words."""
    try:
        return notebook(content, "n.ipynb", ipython.transform), document(content, "n.ipynb")
    except NotebookUnreadable as refused:
        said = refused.message, refused.hint
    assert all(said)
    return None


@given(NOTEBOOKS)
@settings(max_examples=150, deadline=None)
def test_any_json_is_a_notebook_or_it_is_said_why_not(content):
    found = read(json.dumps(content))
    if found:
        assert len(graph(found[0]).cells) <= len(found[0].cells) == len(found[1]["cells"])
        assert all(isinstance(cell["metadata"].get("tags", []), list) for cell in found[1]["cells"])


@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda junk: b'{"cells": [' + junk + b"]}"))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_notebook_or_it_is_said_why_not(content):
    read(content)
