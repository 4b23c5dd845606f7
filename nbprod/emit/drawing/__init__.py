"""The graph for people and programs: a table for the terminal, Mermaid, a picture, and JSON."""

from __future__ import annotations

from nbprod.emit.drawing.contract import as_json
from nbprod.emit.drawing.mermaid import mermaid
from nbprod.emit.drawing.picture import svg
from nbprod.emit.drawing.table import text

__all__ = ["as_json", "mermaid", "svg", "text"]
