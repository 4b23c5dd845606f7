"""What git is to see again: outputs that DVC cached once, and that are now metrics, plots or files of the step's own.

DVC writes what it caches into .gitignore, and leaves it there when the output's entry in dvc.yaml changes. Git would
then never hold the metric, and a clone lacks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbprod.project.writing import Change, Fate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def uncovered(root: Path, pipeline: str, package: str) -> tuple[Change, ...]:
    """Return each .gitignore that names an uncached output of the package's stages, without those lines."""
    from nbprod.repro.gitignoring import entry_of

    entries: dict[Path, set[str]] = {}
    for path in _uncached(pipeline, package):
        entries.setdefault((root / path).parent / ".gitignore", set()).add(entry_of(path))
    found = (_without(file, names, root) for file, names in entries.items() if file.is_file())
    return tuple(each for each in found if each is not None)


def _uncached(pipeline: str, package: str) -> Iterator[str]:
    from nbprod.emit import yamls
    from nbprod.emit.stages import is_ours

    stages = yamls.plain(yamls.parse(pipeline, "dvc.yaml"))["stages"].values()
    for stage in (each for each in stages if isinstance(each, dict) and "wdir" not in each):
        if is_ours(stage.get("cmd"), package):
            for kind in ("outs", "metrics", "plots"):
                yield from (path for each in stage.get(kind, ()) for path in _without_cache(each))


def _without_cache(output: Any) -> Iterator[str]:
    if isinstance(output, dict):
        yield from (path for path, how in output.items() if isinstance(how, dict) and how.get("cache") is False)


def _without(file: Path, names: set[str], root: Path) -> Change | None:
    lines = file.read_bytes().splitlines(keepends=True)
    kept = [each for each in lines if each.decode(errors="replace").rstrip("\r\n") not in names]
    if kept == lines:
        return None
    path = file.relative_to(root).as_posix()
    return Change(path, Fate.WRITTEN, b"".join(kept), None) if kept else Change(path, Fate.REMOVED, None, None)
