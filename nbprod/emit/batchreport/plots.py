"""Each metric over each parameter that was varied, as small SVG plots."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from nbprod.emit.batchreport.axes import Axis, axis, is_number, measure, text

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from nbprod.model.batch import Index

WIDTH, HEIGHT = 300, 190
LEFT, RIGHT, TOP, BOTTOM = 54, 14, 26, 40
MOST = 48  # plots; the table has all

Point = tuple[int, Any, float]  # the row's number, the parameter's value, the metric's


def plots(index: Index) -> str:
    """Return the plots, a row of them for each metric; "" where there is nothing to draw."""
    rows = [row for metric in index.metrics if (row := _of_metric(index, metric))]
    shown, total = rows[: _rows_shown(index)], len(rows)
    if not rows:
        return ""
    more = f'<p class="quiet">{total - len(shown)} more metrics are in the table.</p>' if total > len(shown) else ""
    return f'<section id="plots">{"".join(shown)}{more}</section>'


def _rows_shown(index: Index) -> int:
    return max(1, MOST // max(1, len(index.varied)))


def _of_metric(index: Index, metric: str) -> str:
    drawn = [plot for name in index.varied if (plot := _plot(_points(index, name, metric), name, metric))]
    return f'<div class="plots">{"".join(drawn)}</div>' if drawn else ""


def _points(index: Index, name: str, metric: str) -> list[Point]:
    return [
        (at, _key(row.get(name)), float(row[metric]))
        for at, row in enumerate(index.rows)
        if is_number(row.get(metric)) and row.get("status") == "complete"
    ]


def _key(value: Any) -> Hashable:
    """A value that a mapping can have for a key: lists and the like are their text, and True is not 1."""
    return value if is_number(value) or isinstance(value, str) else text(value) or "none"


def _plot(points: Sequence[Point], name: str, metric: str) -> str:
    if len({x for _, x, _ in points}) < 2:
        return ""
    across, up = axis([x for _, x, _ in points]), measure([y for _, _, y in points])
    parts = (_frame(name, metric), _ticks(across, up), _line(points, across, up), *_dots(points, across, up))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg {size} role="img" aria-label="{escape(metric)} over {escape(name)}">{"".join(parts)}</svg>'


def _frame(name: str, metric: str) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2
    return (
        f'<text class="name" x="{LEFT}" y="16">{escape(_cut(metric, 34))}</text>'
        f'<text class="name" x="{middle:g}" y="{HEIGHT - 6}" text-anchor="middle">{escape(_cut(name, 34))}</text>'
    )


def _ticks(across: Axis, up: Axis) -> str:
    vertical = [
        f'<path class="grid" d="M{LEFT} {_y(place):.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 6}" y="{_y(place) + 3.5:.1f}" text-anchor="end">{escape(said)}</text>'
        for place, said in up.ticks
    ]
    horizontal = [
        f'<text x="{_x(place):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{escape(said)}</text>'
        for place, said in across.ticks
    ]
    return "".join([*vertical, f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>', *horizontal])


def _line(points: Sequence[Point], across: Axis, up: Axis) -> str:
    """The mean of the runs at each place, from place to place."""
    gathered: dict[Any, list[float]] = {}
    for _, x, y in points:
        gathered.setdefault(x, []).append(y)
    low, high = min(up.places), max(up.places)
    means = sorted((across.places[x], sum(ys) / len(ys)) for x, ys in gathered.items())
    if not across.is_ordered:
        return "".join(_mean(place, _between(mean, low, high, up)) for place, mean in means)
    path = "L".join(f"{_x(place):.1f} {_y(_between(mean, low, high, up)):.1f}" for place, mean in means)
    return f'<path class="mean" d="M{path}"/>'


def _mean(place: float, height: float) -> str:
    return f'<path class="mean" d="M{_x(place) - 9:.1f} {_y(height):.1f}h18"/>'


def _between(value: float, low: float, high: float, up: Axis) -> float:
    """The place of a value that is none of the axis's own, between those of its lowest and its highest."""
    if high == low:
        return up.places[low]
    return up.places[low] + (value - low) / (high - low) * (up.places[high] - up.places[low])


def _dots(points: Sequence[Point], across: Axis, up: Axis) -> list[str]:
    return [
        f'<circle data-row="{at}" cx="{_x(across.places[x]):.1f}" cy="{_y(up.places[y]):.1f}" r="3"/>'
        for at, x, y in points
    ]


def _x(place: float) -> float:
    return LEFT + 6 + place * (WIDTH - LEFT - RIGHT - 12)


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"…{words[1 - most :]}"
