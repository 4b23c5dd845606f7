"""The quiet line and the table, in both their forms."""

from __future__ import annotations

import re

import pytest

from nbprod.emit.feedback import note, passed_line, states_table, step_line
from nbprod.model.live import Feedback, Freshness, StepState

CLEAN = Feedback("clean", "", ("flights",), (("flown", "327,346 × 20"),), 0.31, "new")


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (CLEAN, "clean: reads flights · makes flown 327,346 × 20 · 0.31 s · schema new"),
        (Feedback("load", makes=(("flights", ""),), seconds=0.004), "load: makes flights · 4 ms"),
        (Feedback("split", "2 of 3", ("table",), (), 75), "split (2 of 3): reads table · 1 min 15 s"),
        (
            Feedback("wide", "", tuple("abcdefg"), (("x", "3"),), 2.0),
            "wide: reads a, b, c, d, 3 more · makes x 3 · 2.00 s",
        ),
        (Feedback("draw", "", ("numpy_random_state",), (), 0.2), "draw: reads numpy's random state · 0.20 s"),
        (Feedback("one", seconds=0.0, warnings=("changes x",)), "one: < 1 ms\n  ! changes x"),
    ],
)
def test_the_line(seen, text):
    assert step_line(seen).text == text


@pytest.mark.parametrize("rendered", [step_line(CLEAN), passed_line("clean"), note("hm"), step_line(Feedback("<b>&"))])
def test_html_says_what_the_text_says_and_nothing_escapes(rendered):
    said = re.sub(r"<[^>]+>", "", rendered.html).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert said == rendered.text
    assert rendered.html.startswith('<div class="nbprod"')


def test_colours_come_from_the_page():
    assert "var(--jp-ui-font-color2" in step_line(CLEAN).html
    assert "background:#" not in step_line(CLEAN).html


def test_the_table_names_each_state_in_words():
    states = [StepState(f"s{at}", each, "<why>", (at, at + 1)) for at, each in enumerate(Freshness)]
    table = states_table(states)
    assert all(str(each) in table.text for each in Freshness)
    assert all(str(each).replace(" ", "&nbsp;") in table.html for each in Freshness)
    assert "<why>" not in table.html
    assert table.html.count("<tr") == len(states) + 1
