"""Modules that a person edited: whether their code is still what the notebook says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.model import faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.project.place import Place


def modules(place: Place) -> list[Path]:
    """Return the files, as export last wrote them, that hold code of the notebook."""
    folder = place.base / place.package
    paths = [folder / "definitions.py", *sorted((folder / "steps").glob("*.py"))]
    return [each for each in paths if each.is_file() and each.name != "__init__.py"]


def diverged(place: Place, exports: Mapping[str, bytes] | None = None) -> list[Diagnostic]:
    """Return a diagnostic for each module whose code is not what export writes, or else last wrote."""
    if exports is None:
        exports = {each.relative_to(place.base).as_posix(): each.read_bytes() for each in modules(place)}
    return [
        faults.DIVERGED.at(None, file=path, notebook=place.typed)
        for path, content in exports.items()
        if path.endswith(".py") and _differs(place.root / path, content)
    ]


def _differs(standing: Path, content: bytes) -> bool:
    """Whether the file is there and computes something else; a text that is not Python does."""
    mine = standing.read_bytes() if standing.is_file() else content
    if mine == content:
        return False
    from nbprod.emit import back

    try:
        return back.meaning(mine.decode()) != back.meaning(content.decode())
    except (SyntaxError, ValueError):
        return True
