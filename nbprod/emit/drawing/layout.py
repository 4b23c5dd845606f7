"""Where the boxes and lines of a layered drawing go.

Steps stand in layers, each below all that it reads. Between two layers of steps lies one of labels, so that a label is
a box like any other and nothing overlaps; lines that cross a layer hold a narrow place in it. The order within the
layers is improved by barycentres, and the places are those nearest to their neighbours that keep the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nbprod.emit.drawing.ordering import ordered_layers
from nbprod.emit.drawing.spacing import centres

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GAP, STEEPNESS, WIDEST_GAP, MARGIN = 18.0, 0.12, 54.0, 20.0

Size = tuple[float, float]
Pair = tuple[str, str]
Key = tuple[str, ...]  # (step,), (source, target, "label") or (source, target, "layer 3")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its centre and size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """Its upper edge."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line from a step down to another: the places that it goes through, and that of its label."""

    source: str
    target: str
    via: tuple[Box, ...]
    label: Box


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing's boxes and lines and its size."""

    steps: Mapping[str, Box]
    lines: tuple[Line, ...]
    width: float
    height: float


def layout(steps: Mapping[str, Size], labels: Mapping[Pair, Size]) -> Layout:
    """Return the drawing of steps in notebook order; every pair must lead from an earlier step to a later one.

    >>> drawn = layout({"load": (60, 30), "clean": (60, 30)}, {("load", "clean"): (40, 14)})
    >>> drawn.steps["load"].bottom < drawn.lines[0].label.top < drawn.steps["clean"].top
    True
    """
    depth = _depths(list(steps), list(labels))
    chains = {pair: _chain(pair, depth, labels) for pair in labels}
    sizes: dict[Key, Size] = {(name,): size for name, size in steps.items()} | _sizes(chains, labels)
    places: dict[Key, int] = {(name,): 2 * depth[name] for name in steps}
    places |= {key: 2 * depth[pair[0]] + offset for pair in chains for offset, key in enumerate(chains[pair], 1)}
    links = [link for pair, chain in chains.items() for link in _links(pair, chain)]
    layers = ordered_layers(places, links)
    xs = centres(layers, links, {key: size[0] for key, size in sizes.items()})
    boxes = _boxes(layers, xs, sizes, _gaps(layers, links, xs))
    lines = tuple(_line(pair, chain, boxes) for pair, chain in chains.items())
    width = max((box.x + box.width / 2 for box in boxes.values()), default=0.0) + MARGIN
    height = max((box.bottom for box in boxes.values()), default=0.0) + MARGIN
    return Layout({name: boxes[name,] for name in steps}, lines, width, height)


def _depths(names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, int]:
    """Return each step's layer: below all that it reads, and what reads nothing just above its first reader."""
    sources: dict[str, list[str]] = {name: [] for name in names}
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, target in pairs:
        sources[target].append(source)
        targets[source].append(target)
    depth: dict[str, int] = {}
    for name in names:
        depth[name] = max((depth[source] + 1 for source in sources[name]), default=0)
    for name in names:
        if not sources[name] and targets[name]:
            depth[name] = min(depth[target] for target in targets[name]) - 1
    return depth


def _chain(pair: Pair, depth: Mapping[str, int], labels: Mapping[Pair, Size]) -> list[Key]:
    """Return the places of a line between its steps; the label is near the end that has fewer other lines."""
    source, target = pair
    count = 2 * (depth[target] - depth[source]) - 1
    leaving = sum(each[0] == source for each in labels)
    arriving = sum(each[1] == target for each in labels)
    label = count - 1 if leaving >= arriving else 0
    return [(source, target, "label" if number == label else f"layer {number}") for number in range(count)]


def _sizes(chains: Mapping[Pair, list[Key]], labels: Mapping[Pair, Size]) -> dict[Key, Size]:
    return {key: labels[pair] if key[-1] == "label" else (4.0, 0.0) for pair, chain in chains.items() for key in chain}


def _links(pair: Pair, chain: list[Key]) -> list[tuple[Key, Key]]:
    stops: list[Key] = [(pair[0],), *chain, (pair[1],)]
    return list(pairwise(stops))


def _gaps(layers: list[list[Key]], links: Sequence[tuple[Key, Key]], xs: Mapping[Key, float]) -> list[float]:
    """Return the room below each layer: more where lines go far to the side, so that they never lie flat."""
    number = {key: place for place, layer in enumerate(layers) for key in layer}
    furthest = [0.0] * len(layers)
    for source, target in links:
        furthest[number[source]] = max(furthest[number[source]], abs(xs[source] - xs[target]))
    return [min(GAP + STEEPNESS * distance, WIDEST_GAP) for distance in furthest]


def _boxes(
    layers: list[list[Key]], xs: Mapping[Key, float], sizes: Mapping[Key, Size], gaps: list[float]
) -> dict[Key, Box]:
    left = min((xs[key] - sizes[key][0] / 2 for key in xs), default=0.0) - MARGIN
    boxes: dict[Key, Box] = {}
    y = MARGIN
    for layer, gap in zip(layers, gaps, strict=True):
        height = max((sizes[key][1] for key in layer), default=0.0)
        for key in layer:
            boxes[key] = Box(xs[key] - left, y + height / 2, *_held(key, sizes[key], height))
        y += height + gap
    return boxes


def _held(key: Key, size: Size, height: float) -> Size:
    """A line passes straight through the whole height of a layer."""
    return size if len(key) == 1 or key[-1] == "label" else (size[0], height)


def _line(pair: Pair, chain: list[Key], boxes: Mapping[Key, Box]) -> Line:
    label = next(key for key in chain if key[-1] == "label")
    return Line(*pair, tuple(boxes[key] for key in chain), boxes[label])
