"""The command line: each command parses its words, calls one verb of nbprod.project and prints what came back."""

from __future__ import annotations

from nbprod.cli import (  # noqa: F401  (importing a command registers it)
    batch,
    cache,
    explain,
    hook,
    init,
    notebook,
    repro,
    step,
    suggest,
    sync,
)
from nbprod.cli.app import main

__all__ = ["main"]
