"""Export: graph and record → files → what stands on disk, with a person's edits kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from nbprod.errors import ProjectBroken
from nbprod.model import faults
from nbprod.model.diagnostic import Severity, ordered, placed
from nbprod.model.files import Ownership
from nbprod.project import exported
from nbprod.project.diverging import diverged
from nbprod.project.samples import steady
from nbprod.project.uncovering import uncovered
from nbprod.project.writing import Change, Clash, Fate, apply, plan

if TYPE_CHECKING:
    from pathlib import Path

    from nbprod.model.diagnostic import Diagnostic
    from nbprod.model.files import File
    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import Record
    from nbprod.project.place import Place

SHARED = ("dvc.yaml", "params.yaml", ".dvcignore")


@dataclass(frozen=True, slots=True)
class Exported:
    """What export did file by file, or, where `written` is False, would have done."""

    graph: Graph
    package: str
    changes: tuple[Change, ...]
    diagnostics: tuple[Diagnostic, ...]
    written: bool = True
    setup: str = ""  # the command that sets DVC up here, where nobody has

    def paths(self, *fates: Fate) -> tuple[str, ...]:
        """The files with one of these fates."""
        return tuple(each.path for each in self.changes if each.fate in fates)


def export_recorded(
    place: Place, notebook: Notebook, graph: Graph, record: Record, *, dry: bool, overwrite: bool
) -> Exported:
    """Write what the graph and the record come to, all of it or, with `dry` or where a diagnostic is an error, nothing.

    The notebook's cells are kept beside what was written, so that later edits of either can be told apart.

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
    files = steady(_formatted(emitted.files), place.root)
    changes = _planned(place, files, overwrite=overwrite)
    changes += uncovered(place.root, _pipeline(changes), place.package)
    found = [*graph.diagnostics, *placed(emitted.diagnostics, graph.file_lines), *_conflicts(changes)]
    if dry:
        found += _behind(place, changes)
    written = not dry and all(each.severity is not Severity.ERROR for each in found)
    if written:
        apply((*changes, _cells(place, notebook)), root=place.root, base=place.base)
    return Exported(graph, place.package, changes, ordered(found), written, setup=_setup(place.root))


def _cells(place: Place, notebook: Notebook) -> Change:
    path = exported.file(place)
    return Change(path.relative_to(place.root).as_posix(), Fate.SAME, exported.kept(notebook), None)


def _setup(root: Path) -> str:
    above = (root, *root.parents)
    if any((each / ".dvc").is_dir() for each in above):
        return ""
    return "dvc init" if any((each / ".git").exists() for each in above) else "dvc init --no-scm"


def _planned(place: Place, files: tuple[File, ...], *, overwrite: bool) -> tuple[Change, ...]:
    from nbprod.adapters import git

    merge = partial(git.merge_file, take_new=overwrite)
    changes = plan(files, root=place.root, base=place.base, ours=_ours(place), merge=merge)
    return tuple(_taken(each, files) if overwrite and each.fate is Fate.CONFLICT else each for each in changes)


def _pipeline(changes: tuple[Change, ...]) -> str:
    """dvc.yaml as it will stand."""
    return next((each.content.decode() for each in changes if each.path == "dvc.yaml" and each.content), "stages: {}\n")


def _taken(change: Change, files: tuple[File, ...]) -> Change:
    """Let the export take the place of a file that it has not written."""
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
    return {name: _text(folder / name) for name in SHARED if (folder / name).is_file()}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()  # as it stands: its line ends are the person's
    except UnicodeDecodeError as error:
        hint = "Save it as UTF-8, or move it away; it was left as it is"
        raise ProjectBroken(f"{path.name} is not UTF-8 text: byte {error.start}", hint=hint) from error


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
        return "It is not a file that export wrote: move it away, or let the export take its place with --overwrite."
    sides = f"\nyours:  {_short(clash.yours)}\nexport: {_short(clash.export)}"
    return f"Make your change in the notebook, or take the export's lines with --overwrite and edit those.{sides}"


def _short(lines: str) -> str:
    first, _, rest = lines.strip().partition("\n")
    return f"{first[:100]} …" if rest or len(first) > 100 else first


def _behind(place: Place, changes: tuple[Change, ...]) -> list[Diagnostic]:
    late = (Fate.WRITTEN, Fate.MERGED, Fate.REMOVED)
    behind = [faults.BEHIND.at(None, file=each.path, notebook=place.typed) for each in changes if each.fate in late]
    kept = {each.path: each.base for each in changes if each.fate is Fate.KEPT and each.base is not None}
    return behind + diverged(place, {path: base for path, base in kept.items() if _has_code(path, place)})


def _has_code(path: str, place: Place) -> bool:
    """Whether a file has code of the notebook's cells."""
    return path.startswith((f"{place.package}/steps/", f"{place.package}/definitions.py"))
