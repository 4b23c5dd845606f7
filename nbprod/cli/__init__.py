"""The command line: each command parses its words, calls one verb of nbprod.project and prints what came back."""

from __future__ import annotations

from nbprod.cli import explain, notebook, repro, step, suggest  # noqa: F401  (importing a command registers it)
from nbprod.cli.app import main

__all__ = ["main"]
