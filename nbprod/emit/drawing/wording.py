"""How cells, names and counts are written in every drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbprod.model.graph import Edge, Graph


def cells(indices: Sequence[int]) -> str:
    """Return the cells with runs drawn together.

    >>> cells([4]), cells([3, 5, 6, 7])
    ('cell 4', 'cells 3, 5–7')
    """
    runs: list[list[int]] = []
    for index in sorted(indices):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    texts = (f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
    return f"{'cell' if len(indices) == 1 else 'cells'} {', '.join(texts)}"


def counted(number: int, noun: str) -> str:
    """Return the number with its noun.

    >>> counted(1, "step"), counted(7, "step")
    ('1 step', '7 steps')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(names: Iterable[str], width: int) -> str:
    """Return as many names as fit, and how many more there are.

    >>> shortened(["flights", "weather", "planes"], 20)
    'flights, weather, +1'
    """
    names = list(names)
    for count in range(len(names), 0, -1):
        rest = f", +{len(names) - count}" if count < len(names) else ""
        text = ", ".join(names[:count]) + rest
        if len(text) <= width:
            return text
    return names[0][: width - 1] + "…" if names else ""


def bundles(edges: Iterable[Edge]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the names that go from one step to another, by the pair of steps."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for edge in edges:
        names = found.get((edge.source, edge.target), ())
        found[edge.source, edge.target] = names if edge.name in names else (*names, edge.name)
    return found


def unread(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Return, by step, the outputs that no other step reads: metrics, plots, results."""
    read = {(edge.source, edge.name) for edge in graph.edges}
    return {step.name: tuple(name for name in step.outputs if (step.name, name) not in read) for step in graph.steps}
