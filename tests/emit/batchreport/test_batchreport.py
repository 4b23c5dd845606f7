"""The report of a batch: one page that needs no network, and lets nothing of what users named be markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import hypothesis.strategies as st
import pytest
from hypothesis import given

from nbprod.emit.batchreport import page
from nbprod.emit.batchreport.axes import axis, measure
from nbprod.model.batch import Entry, Index, Status

EVIL = '<script>alert("x")</script>&amp;'


class Parts(HTMLParser):
    """The page's elements, links and texts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.links, self.texts, self.attributes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.texts.append(data)


def rows(values, **more):
    return tuple(
        {"run": f"x={value}", "status": "complete", "x": value, "auc": at / 7, "seconds": 1.0, "notebook": "n"} | more
        for at, value in enumerate(values)
    )


def index(values, **more):
    return Index("notebooks/flights.ipynb", ("x",), ("x",), ("auc",), rows(values, **more))


def test_the_page_needs_nothing_else():
    text = page(index([1, 2]))
    assert not re.search(r"(src|href)=.?(https?:)?//|@import|url\(", text)
    assert Parts(text).links == ["n", "n"]


def test_nothing_that_users_named_is_markup():
    name = f"runs/{EVIL}/notebook.ipynb"
    row = {
        "run": EVIL,
        "status": "failed",
        EVIL: EVIL,
        "auc": None,
        "error": EVIL,
        "cell": 3,
        "step": EVIL,
        "notebook": name,
    }
    entry = Entry(EVIL, "x", Status.FAILED, {}, error=EVIL, cell=3, step=EVIL, traceback=EVIL)
    parts = Parts(page(Index(EVIL, (EVIL,), (EVIL,), (EVIL,), (row,)), [entry]))
    assert parts.elements.count("script") == 1
    assert EVIL in parts.texts
    assert unquote(parts.links[0]) == name


@pytest.mark.parametrize("values", [[1, 2, 3], [0.01, 1, 100], ["EWR", "JFK"], [True, False], [None, 3], [["a"], []]])
def test_a_dot_for_every_run(values):
    parts = Parts(page(index(values)))
    assert parts.elements.count("svg") == 1
    assert parts.elements.count("circle") == len(values)
    assert parts.elements.count("tr") == len(values) + 1


def test_where_there_is_nothing_to_draw():
    assert "<svg" not in page(index([1]))
    assert "<svg" not in page(index([1, 2], auc=None))
    assert "<svg" not in page(index([1, 2], auc=float("nan")))
    assert "<svg" not in page(index([1, 2], status="failed", error="no", cell=None, step=None))


def test_failures_have_their_traceback():
    entry = Entry("x=1", "x", Status.FAILED, {}, error="ValueError: no", cell=3, step="fit", traceback="line 1\nline 2")
    text = page(index([1], status="failed", error="ValueError: no", cell=3, step="fit"), [entry])
    assert "cell 3 (step fit): ValueError: no" in text
    assert "<pre>line 1\nline 2</pre>" in text
    assert 'href="runs/x%3D1/error.txt"' in text


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12) | st.integers(
    -(10**9), 10**9
)


@given(st.lists(NUMBERS | st.text(), min_size=1, max_size=30))
def test_every_value_has_a_place_on_its_axis(values):
    made = axis(values)
    assert set(made.places) == set(values)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in made.places.values())
    assert len(made.ticks) <= 12


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_metrics_have_room_and_ticks(values):
    made = measure(values)
    assert all(-1e-6 <= place <= 1 + 1e-6 for place in made.places.values())
    assert len(made.ticks) <= 12
