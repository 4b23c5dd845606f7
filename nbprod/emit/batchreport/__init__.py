"""The report of a batch: one page that needs nothing else, with plots, a table to sort, and what failed."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nbprod.emit.batchreport.axes import is_number, text
from nbprod.emit.batchreport.plots import plots
from nbprod.emit.batchreport.style import SCRIPT, STYLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.model.batch import Entry, Index

__all__ = ["page"]

MOST = 100  # failures shown with their traceback


def page(index: Index, failed: Sequence[Entry] = ()) -> str:
    """Return the page. Its links lead to the runs' folders, beside which it stands.

    >>> from nbprod.model.batch import Index
    >>> "no run yet" in page(Index("flights.ipynb", (), (), (), ()))
    True
    """
    name = escape(index.notebook.rpartition("/")[2])
    drawn = plots(index)
    parts = (
        f"<h1>{name}</h1>",
        f'<p class="quiet">{_counted(index)}</p>',
        f"<h2>Metrics</h2>{drawn}" if drawn else "",
        f"<h2>Runs</h2>{_table(index)}",
        _failures(failed),
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{name}: {len(index.rows)} runs</title>'
        f"<style>{STYLE}</style></head>\n<body>\n{''.join(parts)}\n<script>{SCRIPT}</script></body></html>\n"
    )


def _counted(index: Index) -> str:
    counts = Counter(row["status"] for row in index.rows)
    words = [
        f'<span class="{status}">{counts[status]} {status}</span>' for status in ("complete", "failed", "waiting")
        if counts[status]
    ]  # fmt: skip
    varied = f" · varied: {escape(', '.join(index.varied))}" if index.varied else ""
    return (" · ".join(words) or "no run yet") + varied


def _table(index: Index) -> str:
    others = tuple(name for name in index.parameters if name not in index.varied)
    columns = ("run", "status", *index.varied, *index.metrics, "seconds", *others)
    columns += ("error",) if any(row.get("error") for row in index.rows) else ()
    numeric = {name for name in columns if _is_numeric(index, name)}
    heads = "".join(f"<th{_class(name, numeric)}>{escape(name)}</th>" for name in columns)
    rows = "".join(
        f'<tr data-row="{at}">{"".join(_cell(row, name, numeric) for name in columns)}</tr>\n'
        for at, row in enumerate(index.rows)
    )
    table = f"<table><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table>"
    return f'<input type="search" placeholder="Filter runs" aria-label="Filter runs"><div class="scroll">{table}</div>'


def _is_numeric(index: Index, name: str) -> bool:
    values = [row.get(name) for row in index.rows if row.get(name) is not None]
    return bool(values) and all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)


def _class(name: str, numeric: set[str]) -> str:
    return ' class="number"' if name in numeric else ""


def _cell(row: Mapping[str, Any], name: str, numeric: set[str]) -> str:
    value: Any = row.get(name)
    if name == "run":
        return f"<td>{_link(row['notebook'], value)}</td>"
    if name == "status":
        return f'<td class="{escape(value)}">{escape(value)}</td>'
    if name == "error":
        return f'<td class="error">{escape(_error(row))}</td>'
    if name in numeric:
        return f'<td class="number" data-v="{value if is_number(value) else ""}">{escape(text(value))}</td>'
    return f"<td>{escape(text(value))}</td>"


def _link(path: str | None, words: str) -> str:
    return f'<a href="{escape(quote(path))}">{escape(words)}</a>' if path else escape(words)


def _error(row: Mapping[str, Any]) -> str:
    if not row.get("error"):
        return ""
    place = f"cell {row['cell']}" if row.get("cell") is not None else ""
    step = f" (step {row['step']})" if row.get("step") else ""
    return f"{place}{step}: {row['error']}" if place else str(row["error"])


def _failures(failed: Sequence[Entry]) -> str:
    if not failed:
        return ""
    shown = "".join(_failure(each) for each in failed[:MOST])
    more = f'<p class="quiet">… and {len(failed) - MOST} more</p>' if len(failed) > MOST else ""
    return f"<h2>Failed</h2>{shown}{more}"


def _failure(entry: Entry) -> str:
    row = {"cell": entry.cell, "step": entry.step, "error": entry.error}
    traceback = f"<pre>{escape(entry.traceback)}</pre>" if entry.traceback else ""
    links = " · ".join(
        _link(f"runs/{entry.name}/{file}", words)
        for file, words in (("notebook.ipynb", "notebook"), ("error.txt", "error"))
    )
    summary = f"<summary><b>{escape(entry.name)}</b> {escape(_error(row))}</summary>"
    return f"<details>{summary}{traceback}{links}</details>"
