"""Graph + Record → files: modules, schemas, tests, dvc.yaml and params.yaml. Pure: nothing is read or written here."""

from __future__ import annotations

from nbprod.emit.export import Emitted, files

__all__ = ["Emitted", "files"]
