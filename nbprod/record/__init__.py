"""Observing a run: what each step of a notebook reads, makes, changes, opens and draws."""

from __future__ import annotations

from nbprod.record.findings import findings
from nbprod.record.observer import Observer
from nbprod.record.passing import file_edges
from nbprod.record.run import run
from nbprod.record.staleness import merge, stale
from nbprod.record.store import load, save, why_not

__all__ = ["Observer", "file_edges", "findings", "load", "merge", "run", "save", "stale", "why_not"]
