"""Export: graph and record → files → what stands on disk, with a person's edits kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbprod.model import faults
from nbprod.model.diagnostic import ordered
from nbprod.model.files import Ownership
from nbprod.project.writing import Change, Clash, Fate, apply, plan

if TYPE_CHECKING:
    from pathlib import Path

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.files import File
    from nbprod.model.graph import Graph
    from nbprod.model.record import Record
    from nbprod.project.place import Place

SHARED = ("dvc.yaml", "params.yaml", ".dvcignore")


@dataclass(frozen=True, slots=True)
class Exported:
    """What export did, or with a dry run would do, file by file."""

    graph: Graph
    package: str
    changes: tuple[Change, ...]
    diagnostics: tuple[Diagnostic, ...]

    def paths(self, *fates: Fate) -> tuple[str, ...]:
        """The files with one of these fates."""
        return tuple(each.path for each in self.changes if each.fate in fates)


def export_recorded(place: Place, graph: Graph, record: Record, *, dry: bool, overwrite: bool) -> Exported:
    """Write what the graph and the record come to; with `dry` only say what would be written.

    Raises NotebookFaulty when the record found what cannot be exported, such as a value that no format holds.
    """
    from nbprod import emit
    from nbprod.project import refuse_faulty

    refuse_faulty(graph)
    emitted = emit.files(
        graph,
        record,
        package=place.package,
        samples=_samples(place),
        standing=_texts(place.root),
        base=_texts(place.base),
    )
    changes = _planned(place, _formatted(emitted.files), overwrite=overwrite)
    found = ordered(
        [*graph.diagnostics, *emitted.diagnostics, *_conflicts(changes), *(_behind(place, changes) if dry else ())]
    )
    if not dry:
        apply(changes, root=place.root, base=place.base)
    return Exported(graph, place.package, changes, found)


def _planned(place: Place, files: tuple[File, ...], *, overwrite: bool) -> tuple[Change, ...]:
    from nbprod.adapters import git

    changes = plan(files, root=place.root, base=place.base, ours=_ours(place), merge=git.merge_file)
    return tuple(_taken(each, files) if overwrite and each.fate is Fate.CONFLICT else each for each in changes)


def _taken(change: Change, files: tuple[File, ...]) -> Change:
    """Resolve the conflict in favour of the export."""
    content = next(each.content for each in files if each.path == change.path)
    return replace(change, fate=Fate.WRITTEN, content=content, base=content)


def _formatted(files: tuple[File, ...]) -> tuple[File, ...]:
    from nbprod.adapters import ruff

    modules = {each.path: each.text for each in files if each.path.endswith(".py") and _is_text(each)}
    done = ruff.format(modules)
    return tuple(replace(each, content=done[each.path].encode()) if each.path in done else each for each in files)


def _is_text(file: File) -> bool:
    return file.ownership is not Ownership.REPLACED


def _samples(place: Place) -> dict[str, bytes]:
    folder = place.record_folder / "samples"
    return {
        each.relative_to(place.record_folder).as_posix(): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def _texts(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text(encoding="utf-8") for name in SHARED if (folder / name).is_file()}


def _ours(place: Place) -> tuple[str, ...]:
    """What earlier exports of this notebook wrote: files with a base, and the samples, which have none."""
    roots = (place.base / place.package, place.base / "tests" / place.package)
    known = [each.relative_to(place.base).as_posix() for root in roots for each in root.rglob("*") if each.is_file()]
    samples = place.root / "tests" / place.package / "samples"
    known += [each.relative_to(place.root).as_posix() for each in samples.rglob("*") if each.is_file()]
    return tuple(known)


def _conflicts(changes: tuple[Change, ...]) -> list[Diagnostic]:
    clashes = ((each.path, each.clash) for each in changes if each.clash and each.fate is Fate.CONFLICT)
    return [faults.CONFLICT.at(None, file=path, found=clash.line, cure=_cure(clash)) for path, clash in clashes]


def _cure(clash: Clash) -> str:
    if not clash.yours and not clash.export:
        return "The file is not one that export wrote: move it away, or take the export's with --overwrite."
    sides = f"\nyours:  {_short(clash.yours)}\nexport: {_short(clash.export)}"
    return f"Make your change in the notebook, too, or take the export's lines with --overwrite.{sides}"


def _short(lines: str) -> str:
    first, _, rest = lines.strip().partition("\n")
    return f"{first[:100]} …" if rest or len(first) > 100 else first


def _behind(place: Place, changes: tuple[Change, ...]) -> list[Diagnostic]:
    late = (Fate.WRITTEN, Fate.MERGED, Fate.REMOVED)
    return [faults.BEHIND.at(None, file=each.path, notebook=place.relative) for each in changes if each.fate in late]
