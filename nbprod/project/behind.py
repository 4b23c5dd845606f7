"""Whether an exported module is behind its cells: the notebook's code has changed since the last export."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError
from nbprod.repro.memory import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbprod.repro.memory import Memory

GONE = "cells that are gone"
_NOTEBOOK = re.compile(r'^NOTEBOOK = "(.*)"$', re.MULTILINE)


def behind(root: Path, targets: Iterable[str], memory: Memory) -> dict[str, str]:
    """Return why the module or stage of each `package.step` is behind its cells, for those that are.

    Steps that were never exported are among them, and those whose cells are gone.

    The code is analysed, nothing runs; what stands still is looked at once.
    """
    found: dict[str, str] = {}
    for package in dict.fromkeys(target.partition(".")[0] for target in targets):
        notebook = _notebook(root, package)
        if notebook is not None:
            for step, why in _known(root, package, notebook, memory).items():
                found[f"{package}.{step}"] = why
    return found


def _notebook(root: Path, package: str) -> Path | None:
    try:
        named = _NOTEBOOK.search((root / package / "__init__.py").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    path = root / named[1] if named else None
    return path if path is not None and path.is_file() else None


def _known(root: Path, package: str, notebook: Path, memory: Memory) -> dict[str, str]:
    key = digest("".join(_marks(root, package, notebook)).encode())
    known = memory.get("behind", key)
    if known is None:
        known = _looked_up(notebook)
        memory.put("behind", key, known)
    return dict(known)


def _marks(root: Path, package: str, notebook: Path) -> Iterator[str]:
    """What decides: the notebook, its record, what export wrote and what stands there."""
    shared = [each / "dvc.yaml" for each in (root, root / ".nbprod/base")]
    folders = [root / package, root / ".nbprod/base" / package]
    files = [each for folder in folders for each in sorted(folder.rglob("*.py"))]
    for path in [notebook, root / ".nbprod/record" / f"{package}.json", *shared, *files]:
        yield f"{path}:{digest(path.read_bytes()) if path.is_file() else ''}\n"


def _looked_up(notebook: Path) -> dict[str, str]:
    from nbprod import project
    from nbprod.record import load

    try:
        static = project.analyse(project.read(notebook))
        place = project.place_of(notebook, static)
        recorded = load(place.record_file)
        if recorded is None:
            return {}
        late = {step.name: step for step in static.steps if _changed(recorded.step(step.name), step.code_id)}
        known = {step.name for step in static.steps}
        found = {name: f"{place.relative}, {_cells(step.cells)}" for name, step in late.items()}
        found |= {each.step: f"{place.relative}, {GONE}" for each in recorded.steps if each.step not in known}
        if found:
            return found
        return _unwritten(notebook)
    except (NbprodError, OSError):
        return {}


def _changed(seen: Any, code_id: str) -> bool:
    return seen is None or seen.code_id != code_id


def _unwritten(notebook: Path) -> dict[str, str]:
    """The steps whose module or stage an export would write again, or take away."""
    from nbprod import project
    from nbprod.project.writing import Fate

    exported = project.export(notebook, dry=True, again=False)
    place = project.place_of(notebook, exported.graph)
    late = [each for each in exported.changes if each.fate in (Fate.WRITTEN, Fate.MERGED)]
    names = [Path(each.path).stem for each in late if each.path.startswith(f"{exported.package}/steps/")]
    names += [name for each in late if each.path == "dvc.yaml" for name in _restaged(place.root, each.content or b"")]
    cells = {step.name: _cells(step.cells) for step in exported.graph.steps}
    return {name: f"{place.relative}, {cells.get(name, GONE)}" for name in names if name != "__init__"}


def _restaged(root: Path, content: bytes) -> list[str]:
    """The stages that stand otherwise in the dvc.yaml that an export would write."""
    from nbprod.emit import yamls

    standing = (root / "dvc.yaml").read_text(encoding="utf-8") if (root / "dvc.yaml").is_file() else ""
    old, new = (
        (yamls.plain(yamls.parse(text, "dvc.yaml")) or {}).get("stages") or {} for text in (standing, content.decode())
    )
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def _cells(cells: tuple[int, ...]) -> str:
    numbers = [str(each) for each in cells]
    return f"cell {numbers[0]}" if len(numbers) == 1 else f"cells {', '.join(numbers[:-1])} and {numbers[-1]}"
