"""How a run of stages is shown: what a failed stage printed stands there once, however it is shown."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from nbprod.cli.reproshow import Lines, Live
from nbprod.repro.outcomes import Outcome

LOG = ("step 'a' raised", "  in cell 4")
FAILED = Outcome("a", "failed", (), 0.1, 0, "`run` exited with 1", LOG)


def live():
    """Shown in a terminal, whatever this process is: a shell of IPython that another test has begun counts, too."""
    shown = Live()
    shown.console = shown.live.console = Console(
        file=io.StringIO(), width=100, force_terminal=True, force_jupyter=False, _environ={"TERM": "xterm"}
    )
    return shown


@pytest.mark.parametrize("make", [lambda: Lines(several=True, err=False), live], ids=["lines", "live"])
@pytest.mark.parametrize("between", [False, True])
def test_what_a_failed_stage_printed_is_repeated_only_where_something_stands_between(make, between, capsys):
    shown = make()
    shown.planned(["a", "b"])
    for each in LOG:
        shown.line("a", each)
    if between:
        shown.line("b", "b works")
    shown.ended(FAILED)
    text = shown.console.file.getvalue() if isinstance(shown, Live) else capsys.readouterr().out
    assert text.count("in cell 4") == 1 + between
    assert "`run` exited with 1" in text


def test_the_table_has_a_stage_from_its_start_to_its_end():
    shown = live()
    shown.planned(["a"])
    shown.started("a", ["sleep 1"], 1)
    assert "▸ a" in shown.console.file.getvalue()
    shown.ended(Outcome("a", "ran"))
    with shown.console.capture() as captured:
        shown.console.print(shown._table())
    assert "▸ a" not in captured.get()
    shown.close()
