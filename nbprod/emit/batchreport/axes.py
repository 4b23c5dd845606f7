"""Axes of small plots: where a value lies, and which ticks say so."""

from __future__ import annotations

import itertools
import json
import math
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SPREAD = 50  # a parameter whose largest value is that many times its smallest is drawn on a logarithmic axis
TICKS = 5
GAP = 0.12  # between two ticks, so that what stands at them has room
LABELS, LONGEST = 8, 10  # categories that are named on one axis, and the signs of each


@dataclass(frozen=True, slots=True)
class Axis:
    """From a value to its place between 0 and 1; `ticks` are places with what stands there."""

    places: dict[Any, float]
    ticks: tuple[tuple[float, str], ...]
    is_ordered: bool = True  # a line from one value to the next means something


def axis(values: Sequence[Any]) -> Axis:
    """Return an axis for the values: numbers by their size, all else in the order in which it comes.

    >>> axis([1, 3]).places, axis(["EWR", "JFK"]).ticks
    ({1: 0.0, 3: 1.0}, ((0.25, 'EWR'), (0.75, 'JFK')))
    """
    distinct = list(dict.fromkeys(values))
    if not all(is_number(each) for each in distinct) or not _is_drawable(min(distinct), max(distinct)):
        return _categories(distinct)
    made = _logarithmic(sorted(distinct)) if _is_wide(distinct) else _linear(min(distinct), max(distinct), distinct)
    return _with_own_ticks(made)


def measure(values: Sequence[float]) -> Axis:
    """Return the axis of a metric, which has some room above and below."""
    low, high = min(values), max(values)
    room = (_is_drawable(low, high) and (high - low) * 0.08) or abs(high) * 0.05
    if not _is_drawable(low - room, high + room) or not room:
        return Axis(dict.fromkeys(values, 0.5), ((0.5, text(high)),))
    return _linear(low - room, high + room, values)


def is_number(value: Any) -> bool:
    """Whether it can be drawn on an axis of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_drawable(low: float, high: float) -> bool:
    """Whether a scale between the two has numbers to stand on, as it has not where they are all but equal."""
    width = float(high) - float(low)
    return width == 0 or (math.isfinite(width) and width > max(1e-300, 1e-12 * max(abs(low), abs(high))))


def _is_wide(values: Sequence[float]) -> bool:
    return len(values) > 2 and min(values) > 0 and max(values) / min(values) >= SPREAD


def _linear(low: float, high: float, values: Sequence[float]) -> Axis:
    width = (high - low) or 1.0
    start = low if high > low else low - 0.5
    step = _step(width)
    first = math.ceil(start / step - 1e-9)
    ticks = []
    while first * step <= start + width + step * 1e-9:
        ticks.append(((first * step - start) / width, label(first * step, step)))
        first += 1
    return Axis({each: (each - start) / width for each in values}, tuple(ticks))


def _logarithmic(values: Sequence[float]) -> Axis:
    low, high = math.log10(values[0]), math.log10(values[-1])
    places = {each: (math.log10(each) - low) / (high - low) for each in values}
    powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
    every = max(1, math.ceil(len(powers) / TICKS))
    return Axis(places, tuple(((power - low) / (high - low), f"{10.0**power:g}") for power in powers[::every]))


def _with_own_ticks(found: Axis) -> Axis:
    """The axis with its few values for ticks, where they lie far enough from each other."""
    places = sorted(found.places.values())
    apart = all(right - left >= GAP for left, right in itertools.pairwise(places))
    if len(places) > TICKS + 2 or not apart:
        return found
    return replace(found, ticks=tuple((place, text(value)) for value, place in found.places.items()))


def _categories(values: Sequence[Any]) -> Axis:
    places = {each: (at + 0.5) / len(values) for at, each in enumerate(values)}
    every = math.ceil(len(values) / LABELS)
    named = [(places[each], _short(text(each))) for each in values[::every]]
    return Axis(places, tuple(named), is_ordered=len(values) > LABELS)


def _step(width: float) -> float:
    """The distance of ticks, a round number: 1, 2 or 5 times a power of ten.

    >>> _step(1.0), _step(30), _step(0.07)
    (0.2, 10.0, 0.02)
    """
    power: float = 10.0 ** math.floor(math.log10(width / TICKS))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power * TICKS >= width * (1 - 1e-9))


def label(value: float, step: float) -> str:
    """Return a tick's number with as many digits as the distance of ticks needs."""
    if abs(value) < step * 1e-6:
        return "0"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}" if step > 1e-5 and abs(value) < 1e6 else f"{value:.3g}"


def text(value: Any) -> str:
    """Return a value as a table shows it; numbers with six digits.

    >>> text(0.7214563), text(327346), text(None), text(True), text(["a"])
    ('0.721456', '327346', '', 'true', '["a"]')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
