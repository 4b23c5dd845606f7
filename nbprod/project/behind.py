"""Whether an exported module is behind its cells: the notebook's code has changed since the last export."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nbprod.errors import NbprodError
from nbprod.repro.memory import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nbprod.repro.memory import Memory

_NOTEBOOK = re.compile(r'^NOTEBOOK = "(.*)"$', re.MULTILINE)


def behind(root: Path, targets: Iterable[str], memory: Memory) -> dict[str, str]:
    """Return why the module of each `package.step` is behind its cells, for those that are.

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
    folders = [root / package, root / ".nbprod/base" / package]
    files = [each for folder in folders for each in sorted(folder.rglob("*.py"))]
    for path in [notebook, root / ".nbprod/record" / f"{package}.json", *files]:
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
        if late:
            return {name: f"{place.relative}, {_cells(step.cells)}" for name, step in late.items()}
        return _unwritten(notebook)
    except (NbprodError, OSError):
        return {}


def _changed(seen: Any, code_id: str) -> bool:
    return seen is None or seen.code_id != code_id


def _unwritten(notebook: Path) -> dict[str, str]:
    """The steps whose module an export would write again."""
    from nbprod import project
    from nbprod.project.writing import Fate

    exported = project.export(notebook, dry=True, again=False)
    late = exported.paths(Fate.WRITTEN, Fate.MERGED)
    steps = {f"{exported.package}/steps/{step.name}.py": step for step in exported.graph.steps}
    return {
        steps[path].name: f"{exported.graph.notebook}, {_cells(steps[path].cells)}" for path in late if path in steps
    }


def _cells(cells: tuple[int, ...]) -> str:
    numbers = [str(each) for each in cells]
    return f"cell {numbers[0]}" if len(numbers) == 1 else f"cells {', '.join(numbers[:-1])} and {numbers[-1]}"
