"""The Mermaid flowchart."""

from __future__ import annotations

from nbprod.emit.drawing import mermaid


def test_the_names_between_two_steps_share_an_arrow(flights):
    lines = mermaid(flights).split("\n")
    assert lines[0] == "flowchart TD"
    assert lines[1] == '    s0["load<br/><small>cell 3</small>"]'
    assert '    s0 -->|"weather, planes"| s2' in lines
    assert len(lines) == 1 + 7 + 9


def test_names_that_mermaid_would_take_for_its_own_do_no_harm(make_graph):
    drawn = mermaid(make_graph((("end", (), ('a"b',), ()), ("graph", ('a"b',), ("<c>",), ()))))
    assert 's0["end<br/>' in drawn
    assert 's0 -->|"a#quot;b"| s1' in drawn
