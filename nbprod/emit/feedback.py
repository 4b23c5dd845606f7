"""The quiet lines and tables of a live notebook, as plain text and as HTML that suits dark and light themes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from nbprod.model.graph import RANDOM_STATES
from nbprod.model.live import Feedback, Freshness, StepState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_NAMES = 4  # named in one line; the rest are counted
GREY = "var(--jp-ui-font-color2, var(--vscode-descriptionForeground, #767676))"
INK = "var(--jp-ui-font-color1, var(--vscode-foreground, inherit))"
AMBER = "#c77d0a"  # reads on white and on black
LINE = f"color:{GREY};font-size:0.85em;line-height:1.5;padding:3px 0"
CELL = "text-align:left;padding:2px 16px 2px 0;border:none;vertical-align:top"
DOTS = {
    Freshness.FRESH: ("●", "#2e9e5b"),
    Freshness.STALE: ("●", "#d9902f"),
    Freshness.FAILED: ("●", "#d64545"),
    Freshness.NOT_RUN: ("○", GREY),
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One output in both its forms."""

    text: str
    html: str

    @property
    def bundle(self) -> dict[str, str]:
        """The MIME bundle that a frontend chooses from."""
        return {"text/plain": self.text, "text/html": self.html}


def step_line(seen: Feedback) -> Rendered:
    """Return what a step's cell did in one line, and a second line for each warning.

    >>> print(step_line(Feedback("clean", reads=("flights",), makes=(("flown", "327,346 × 20"),), seconds=0.31)).text)
    clean: reads flights · makes flown 327,346 × 20 · 0.31 s
    """
    title = f"{seen.step} ({seen.part})" if seen.part else seen.step
    facts = [
        f"reads {_listed(map(_spoken, seen.reads))}" if seen.reads else "",
        f"makes {_listed(_made(*each) for each in seen.makes)}" if seen.makes else "",
        f"restored, took {duration(seen.seconds)}" if seen.restored else duration(seen.seconds),
        f"schema {seen.schema}" if seen.schema else "",
    ]
    said = " · ".join(fact for fact in facts if fact)
    text = "\n".join([f"{title}: {said}", *(f"  ! {each}" for each in seen.warnings)])
    return Rendered(text, _html_line(title, said, seen.warnings))


def passed_line(step: str) -> Rendered:
    """Return the line under a `%%test` cell whose assertions hold.

    >>> passed_line("clean").text
    'test of clean: passed'
    """
    return Rendered(f"test of {step}: passed", _html_line(f"test of {step}", "passed", ()))


def note(text: str) -> Rendered:
    """Return a remark of nbprod's own as a grey line."""
    return Rendered(text, f'<div class="nbprod" style="{LINE}">{escape(text)}</div>')


def states_table(states: Sequence[StepState]) -> Rendered:
    """Return the steps with how they stand and why, as an aligned table; columns with nothing in them are left out.

    >>> print(states_table([StepState("load", Freshness.NOT_RUN, cells=(2,))]).text)
    step   cells   state
    load   2       not run
    """
    titles = ("step", "cells", "state", "why", "makes", "time")
    full = [_state_row(each) for each in states]
    used = [at for at in range(len(titles)) if any(row[at] for row in full)]
    header, *rows = [tuple(row[at] for at in used) for row in (titles, *full)]
    return Rendered(_aligned([header, *rows]), _html_table(header, rows, states))


def duration(seconds: float) -> str:
    """Return a time for people.

    >>> [duration(each) for each in (0.0004, 0.0312, 0.31, 12.345, 187)]
    ['< 1 ms', '31 ms', '0.31 s', '12.3 s', '3 min 7 s']
    """
    if seconds < 0.001:
        return "< 1 ms"
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _spoken(name: str) -> str:
    return f"{RANDOM_STATES[name]}'s random state" if name in RANDOM_STATES else name


def _made(name: str, summary: str) -> str:
    return f"{_spoken(name)} {summary}".rstrip() if name not in RANDOM_STATES else _spoken(name)


def _listed(parts: Iterable[str]) -> str:
    named = list(parts)
    rest = len(named) - MOST_NAMES
    return ", ".join(named) if rest <= 1 else ", ".join([*named[:MOST_NAMES], f"{rest} more"])


def _html_line(title: str, said: str, warnings: Sequence[str]) -> str:
    first = f'<span style="font-weight:600">{escape(title)}</span>: {escape(said)}'
    more = "".join(
        f'<br><span style="color:{AMBER}">⚠</span> <span style="color:{INK}">{escape(each)}</span>' for each in warnings
    )
    return f'<div class="nbprod" style="{LINE}">{first}{more}</div>'


def _state_row(state: StepState) -> tuple[str, ...]:
    time = "" if state.seconds is None else duration(state.seconds)
    return (
        state.name,
        ", ".join(map(str, state.cells)),
        str(state.state),
        state.why,
        _listed(map(_spoken, state.makes)),
        time,
    )


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("   ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _html_table(header: Sequence[str], rows: Sequence[Sequence[str]], states: Sequence[StepState]) -> str:
    head = "".join(f'<th style="{CELL};color:{GREY};font-weight:400">{each}</th>' for each in header)
    body = "".join(_html_row(row, state) for row, state in zip(rows, states, strict=True))
    style = "border-collapse:collapse;margin:4px 0;font-size:0.9em"
    return (
        f'<table class="nbprod" style="{style}"><thead><tr style="border:none">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _html_row(row: Sequence[str], state: StepState) -> str:
    dot, colour = DOTS[state.state]
    cells = [escape(each) for each in row]
    cells[0] = f'<span style="font-weight:600">{cells[0]}</span>'
    cells[2] = f'<span style="color:{colour}">{dot}</span>&nbsp;{cells[2].replace(" ", "&nbsp;")}'
    inner = "".join(f'<td style="{CELL}">{each}</td>' for each in cells)
    return f'<tr style="border:none;background:none">{inner}</tr>'
