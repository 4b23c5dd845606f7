"""The way back: what a person changed in a generated module, as edits of the notebook's cells. Pure."""

from __future__ import annotations

from nbprod.emit.back.carrying import Carried, carried
from nbprod.emit.back.cells import Sources, sources
from nbprod.emit.back.edits import Edit, Left, edited, without
from nbprod.emit.back.meaning import meaning
from nbprod.emit.back.proof import unlike

__all__ = ["Carried", "Edit", "Left", "Sources", "carried", "edited", "meaning", "sources", "unlike", "without"]
