"""The graph as an SVG picture that is at home on light and dark pages."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from nbprod.emit.drawing.layout import Box, Layout, Line, layout
from nbprod.emit.drawing.style import STYLE
from nbprod.emit.drawing.wording import bundles, cells, shortened, unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbprod.model.graph import Graph, Step

NAME_WIDTH, SMALL_WIDTH = 8.5, 6.7  # of one character, at 14 and 11 pixels of a monospaced font
NAME_HEIGHT, SMALL_HEIGHT, PADDING = 20.0, 15.0, 14.0
LONGEST_LINE, LONGEST_LABEL = 34, 26
STATES = {"fresh": "fresh", "stale": "stale", "not run": "unrun", "running": "running", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class _Face:
    """What is written into a step's box."""

    name: str
    small: tuple[str, ...]
    tip: str
    state: str = ""

    @property
    def size(self) -> tuple[float, float]:
        dot = 18.0 if self.state else 0.0
        widest = max([len(self.name) * NAME_WIDTH + dot, *(len(line) * SMALL_WIDTH for line in self.small)])
        return widest + 2 * PADDING, NAME_HEIGHT + SMALL_HEIGHT * len(self.small) + PADDING


def svg(graph: Graph, *, states: Mapping[str, str] | None = None) -> str:
    """Return the picture; `states` maps steps to fresh, stale, not run, running or failed, and colours a dot.

    >>> from nbprod.model.graph import Graph
    >>> svg(Graph("flights.ipynb")).startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    True
    """
    results = unread(graph)
    faces = {step.name: _face(step, results[step.name], (states or {}).get(step.name, "")) for step in graph.steps}
    order = {name: number for number, name in enumerate(faces)}
    names = {
        pair: carried
        for pair, carried in bundles(graph.edges).items()
        if order.get(pair[0], len(order)) < order.get(pair[1], -1)  # a cycle is a fault, and no drawing
    }
    labels = {pair: shortened(carried, LONGEST_LABEL) for pair, carried in names.items()}
    drawn = layout(
        {name: face.size for name, face in faces.items()},
        {pair: (len(label) * SMALL_WIDTH + 10, SMALL_HEIGHT) for pair, label in labels.items()},
    )
    return "\n".join([*_frame(graph, drawn), *_lines(drawn, labels, names), *_steps(drawn, faces), "</svg>", ""])


def _face(step: Step, results: tuple[str, ...], state: str) -> _Face:
    small = [cells(step.cells) + (" · @step" if step.function else "")]
    if step.parameters:
        small.append("with " + shortened(step.parameters, LONGEST_LINE))
    if results:
        small.append("makes " + shortened(results, LONGEST_LINE))
    facts = (step.doc, _fact("reads", step.input_names), _fact("makes", step.outputs), _fact("with", step.parameters))
    tip = "\n".join(fact for fact in (f"{step.name} ({state})" if state else step.name, *facts) if fact)
    return _Face(step.name, tuple(small), tip, state)


def _fact(verb: str, names: Iterable[str]) -> str:
    joined = ", ".join(names)
    return f"{verb} {joined}" if joined else ""


def _frame(graph: Graph, drawn: Layout) -> list[str]:
    width, height = max(drawn.width, 80), max(drawn.height, 40)
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nbprod-graph" role="img" {size}>',
        f"<title>The steps of {escape(graph.notebook)}</title>",
        f"<style>{STYLE}</style>",
        '<rect class="paper" width="100%" height="100%" rx="8"/>',
    ]


def _lines(
    drawn: Layout, labels: Mapping[tuple[str, str], str], names: Mapping[tuple[str, str], tuple[str, ...]]
) -> list[str]:
    leaving, arriving = _ports(drawn, outward=True), _ports(drawn, outward=False)
    parts: list[str] = []
    for line in drawn.lines:
        pair = (line.source, line.target)
        start, end = (leaving[pair], drawn.steps[line.source].bottom), (arriving[pair], drawn.steps[line.target].top)
        parts.append(f'<path class="line" d="{_curve(start, end, line)}"/>')
        parts.append(f'<path class="head" d="M{end[0]:.1f},{end[1]:.1f} l-4,-7 h8 z"/>')
    for line in drawn.lines:
        pair = (line.source, line.target)
        tip = f"{line.source} → {line.target}: {', '.join(names[pair])}"
        parts.append(_label(line.label, labels[pair], tip))
    return parts


def _ports(drawn: Layout, *, outward: bool) -> dict[tuple[str, str], float]:
    """Return where each line meets its step, spread in the order of where the lines come from or go to."""
    ports: dict[tuple[str, str], float] = {}
    for name, box in drawn.steps.items():
        lines = [line for line in drawn.lines if (line.source if outward else line.target) == name]
        lines.sort(key=lambda line: line.via[0 if outward else -1].x)
        distance = min(24.0, (box.width - 2 * PADDING) / max(len(lines) - 1, 1))
        for number, line in enumerate(lines):
            ports[line.source, line.target] = box.x + (number - (len(lines) - 1) / 2) * distance
    return ports


def _curve(start: tuple[float, float], end: tuple[float, float], line: Line) -> str:
    """Return a path that leaves and enters every box vertically."""
    parts = [f"M{start[0]:.1f},{start[1]:.1f}"]
    x, y = start
    for box in line.via:
        parts.append(_bend(x, y, box.x, box.top))
        parts.append(f"V{box.bottom:.1f}")
        x, y = box.x, box.bottom
    parts.append(_bend(x, y, end[0], end[1] - 6))
    return " ".join(parts)


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:.1f},{middle:.1f} {to_x:.1f},{middle:.1f} {to_x:.1f},{to_y:.1f}"


def _label(box: Box, label: str, tip: str) -> str:
    left, top = box.x - box.width / 2, box.top
    return (
        f'<g class="label"><title>{escape(tip)}</title>'
        f'<rect class="paper" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="3"/>'
        f'<text class="small" x="{box.x:.1f}" y="{box.bottom - 4:.1f}">{escape(label)}</text></g>'
    )


def _steps(drawn: Layout, faces: Mapping[str, _Face]) -> list[str]:
    return [_step(drawn.steps[name], face) for name, face in faces.items()]


def _step(box: Box, face: _Face) -> str:
    left, top = box.x - box.width / 2, box.top
    kind = f" {STATES.get(face.state, 'unrun')}" if face.state else ""
    parts = [
        f'<g class="step{kind}"><title>{escape(face.tip)}</title>',
        f'<rect class="box" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="7"/>',
    ]
    if face.state:
        parts.append(f'<circle class="dot" cx="{left + box.width - 14:.1f}" cy="{top + 17:.1f}" r="4.5"/>')
    baseline = top + 7 + NAME_HEIGHT - 5
    parts.append(f'<text class="name" x="{left + PADDING:.1f}" y="{baseline:.1f}">{escape(face.name)}</text>')
    for number, line in enumerate(face.small, 1):
        y = baseline + number * SMALL_HEIGHT + 1
        parts.append(f'<text class="small" x="{left + PADDING:.1f}" y="{y:.1f}">{escape(line)}</text>')
    return "".join([*parts, "</g>"])
