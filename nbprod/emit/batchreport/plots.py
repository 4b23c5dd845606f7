"""Each metric over each parameter that was varied, as small SVG plots."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from nbprod.emit.batchreport.axes import Axis, axis, is_number, measure, text

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from nbprod.model.batch import Index

WIDTH, HEIGHT = 250, 170
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 26, 40
MOST = 48  # plots; the table has all

SERIES = 12  # lines in one plot


@dataclass(frozen=True, slots=True)
class Point:
    """A run in a plot: the row's number, the parameter's value, the metric's, and what else varies."""

    row: int
    x: Any
    y: float
    series: Hashable


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
    others = [each for each in index.varied if each != name]
    return [
        Point(at, _key(row.get(name)), float(row[metric]), tuple(_key(row.get(each)) for each in others))
        for at, row in enumerate(index.rows)
        if is_number(row.get(metric)) and row.get("status") == "complete"
    ]


def _key(value: Any) -> Hashable:
    """A value that a mapping can have for a key: lists and the like are their text, and True is not 1."""
    return value if is_number(value) or isinstance(value, str) else text(value) or "none"


def _plot(points: Sequence[Point], name: str, metric: str) -> str:
    if len({each.x for each in points}) < 2:
        return ""
    across, up = axis([each.x for each in points]), measure([each.y for each in points])
    parts = (_frame(name, metric), _ticks(across, up), _line(points, across, up), *_dots(points, across, up))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'<svg {size} role="img" aria-label="{escape(metric)} over {escape(name)}">{"".join(parts)}</svg>'


def _frame(name: str, metric: str) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2
    return (
        f'<text class="name" x="{LEFT}" y="16">{escape(_cut(metric, 28))}</text>'
        f'<text class="name" x="{middle:g}" y="{HEIGHT - 6}" text-anchor="middle">{escape(_cut(name, 28))}</text>'
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
    """What leads from place to place: a line for each series where they are few, else one through the means."""
    series: dict[Hashable, list[Point]] = {}
    for point in points:
        series.setdefault(point.series, []).append(point)
    if across.is_ordered and len(series) <= SERIES and len(series) < len(points):
        return "".join(_path([(across.places[each.x], up.places[each.y]) for each in one]) for one in series.values())
    means = _means(points, across, up)
    return _path(means) if across.is_ordered else "".join(_mean(place, height) for place, height in means)


def _path(places: Sequence[tuple[float, float]]) -> str:
    path = "L".join(f"{_x(place):.1f} {_y(height):.1f}" for place, height in sorted(places))
    return f'<path class="mean" d="M{path}"/>'


def _means(points: Sequence[Point], across: Axis, up: Axis) -> list[tuple[float, float]]:
    """The mean of the runs at each place."""
    gathered: dict[Any, list[float]] = {}
    for each in points:
        gathered.setdefault(each.x, []).append(up.places[each.y])
    return [(across.places[x], sum(heights) / len(heights)) for x, heights in gathered.items()]


def _mean(place: float, height: float) -> str:
    return f'<path class="mean" d="M{_x(place) - 9:.1f} {_y(height):.1f}h18"/>'


def _dots(points: Sequence[Point], across: Axis, up: Axis) -> list[str]:
    return [
        f'<circle data-row="{each.row}" cx="{_x(across.places[each.x]):.1f}" cy="{_y(up.places[each.y]):.1f}" r="3"/>'
        for each in points
    ]


def _x(place: float) -> float:
    return LEFT + 6 + place * (WIDTH - LEFT - RIGHT - 12)


def _y(place: float) -> float:
    return HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"…{words[1 - most :]}"
