"""The graph as a Mermaid flowchart, which GitHub and JupyterLab draw from Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.emit.drawing.wording import bundles, cells

if TYPE_CHECKING:
    from nbprod.model.graph import Graph


def mermaid(graph: Graph) -> str:
    """Return the flowchart: a box for each step, an arrow for each pair of steps with the names that it carries.

    >>> from nbprod.model.graph import Graph
    >>> mermaid(Graph("flights.ipynb"))
    'flowchart TD'
    """
    places = {step.name: f"s{number}" for number, step in enumerate(graph.steps)}  # "end" would be a keyword
    boxes = (f"{_escaped(step.name)}<br/><small>{cells(step.cells)}</small>" for step in graph.steps)
    lines = ["flowchart TD", *(f'    s{number}["{box}"]' for number, box in enumerate(boxes))]
    for (source, target), names in bundles(graph.edges).items():
        if source in places and target in places:
            label = _escaped(", ".join(names))
            lines.append(f'    {places[source]} -->|"{label}"| {places[target]}')
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
