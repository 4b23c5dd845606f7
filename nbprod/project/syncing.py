"""Sync: what a person changed in a generated module goes back into the notebook's cells."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import ProjectBroken
from nbprod.project import diverging, exported, pairing
from nbprod.project.writing import Change, Fate, apply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbprod.emit.back import Carried, Edit, Left
    from nbprod.model.graph import Graph
    from nbprod.model.notebook import Notebook
    from nbprod.model.record import Record
    from nbprod.project.pairing import CellChange, Files, Merge
    from nbprod.project.place import Place


LOST = "export would write it otherwise, whatever cell has it: make the module's changes in the notebook"


class Take(StrEnum):
    """Whose lines win where notebook and module changed the same ones."""

    NOTEBOOK = "notebook"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Synced:
    """What went into the cells, or would; `behind` are the steps that the notebook has otherwise than their modules."""

    notebook: str
    changes: tuple[CellChange, ...] = ()
    left: tuple[Left, ...] = ()
    behind: tuple[str, ...] = ()
    written: bool = False

    @property
    def conflicts(self) -> tuple[CellChange, ...]:
        """The cells on which notebook and module disagree."""
        return tuple(each for each in self.changes if each.conflict)

    @property
    def differs(self) -> bool:
        """Whether the notebook and its modules do not say the same."""
        return bool(self.changes or self.behind or any(not each.harmless for each in self.left))


@dataclass(frozen=True, slots=True)
class _Sides:
    """The notebook as the last export read it and as it is; each module as it was written and as it is."""

    place: Place
    last: Notebook
    now: Notebook
    graph: Graph
    record: Record | None
    base: Mapping[str, str]
    standing: Mapping[str, str] = field(default_factory=dict)  # laid out; only what was edited


def sync(path: str | Path, *, dry: bool = False, take: Take | None = None) -> Synced:
    """Carry what was changed in the generated modules since the last export into the notebook's cells.

    Nothing is run. Where the notebook changed as well, cells are merged line by line; if both changed the same lines
    nothing is written until `take` says whose win. With `dry` nothing is written at all.

    Raises:
        ProjectBroken: the notebook has not been exported, or a module is not Python.
        NotebookFaulty: the notebook's steps can't be read, or could not any more with the change.
    """
    sides = _sides(path)
    carried, edits, after = _proven(sides)
    left = tuple(one for each in carried.values() for one in each.left)
    merge, taking = _merges(take)
    changes = pairing.changes(sides.last, sides.now, edits, merge, taking)
    now = _reread(sides, sides.now, {each.cell: each.after for each in changes if not each.conflict})
    found = Synced(sides.place.relative, changes, left, _behind(after, now))
    if dry or found.conflicts or not edits:
        return found
    return replace(found, written=_write(sides, Path(path), changes, after, carried))


def _proven(sides: _Sides) -> tuple[dict[str, Carried], dict[Edit, Files], Notebook]:
    """What can be carried so that export gives the edited modules again; with its edits, and the edited notebook."""
    carried = {name: _carried(sides, name) for name in sides.standing}
    while True:
        edits = _unanimous(carried)
        after = _reread(sides, sides.last, pairing.edited(sides.last, edits))
        lost = _unlike(sides, after, carried) if edits else {}
        if not lost:
            return carried, edits, after
        carried |= {path: replace(carried[path], edits=(), left=(left,)) for path, left in lost.items()}


def _sides(path: str | Path) -> _Sides:
    from nbprod.project import analyse, place_of, read, refuse_faulty
    from nbprod.record import load

    now = read(path)
    place = place_of(path, analyse(now))
    base = _written(place)
    if not base:
        raise ProjectBroken(f"{place.relative} has not been exported", hint=f"Run nbprod export {place.typed}")
    last = exported.last(place) or now
    record = load(place.record_file)
    graph = analyse(last, record)
    refuse_faulty(graph)
    return _Sides(place, last, now, graph, record, base, _edited(place, base))


def _written(place: Place) -> dict[str, str]:
    """The modules with code of the notebook, as they were last written."""
    known = diverging.modules(place)
    return {each.relative_to(place.base).as_posix(): each.read_text(encoding="utf-8") for each in known}


def _edited(place: Place, base: Mapping[str, str]) -> dict[str, str]:
    """The modules that a person changed, laid out as export does it."""
    from nbprod.adapters import ruff

    found = {}
    for path, text in base.items():
        standing = place.root / path
        if standing.is_file() and (content := standing.read_bytes()) != text.encode():
            found[path] = _python(path, content)
    return {path: text for path, text in ruff.format(found).items() if text != base[path]}


def _python(path: str, content: bytes) -> str:
    try:
        text = content.decode().replace("\r\n", "\n")
        compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ProjectBroken(f"{path}{line} is not Python: {why}", hint="Mend it, then sync again.") from error
    return text


def _carried(sides: _Sides, path: str) -> Carried:
    from nbprod.adapters import git
    from nbprod.emit import back

    found = back.sources(sides.last, sides.graph, sides.place.package)
    return back.carried(path, sides.base[path], sides.standing[path], _step(path), found, git.merge_file)


def _unanimous(carried: Mapping[str, Carried]) -> dict[Edit, Files]:
    """Each edit with the modules that it comes from; two that make one line differ stop everything."""
    found: dict[Edit, Files] = {}
    for path, each in carried.items():
        for edit in each.edits:
            other = next((known for known in found if known != edit and known.overlaps(edit)), None)
            if other is not None:
                raise ProjectBroken(
                    f"{found[other][0]} and {path} have line {edit.first} of cell {edit.cell} each in its own way",
                    hint="Make the change in both alike, or in the notebook.",
                )
            found[edit] = (*found.get(edit, ()), path)
    return found


def _merges(take: Take | None) -> tuple[Merge, Merge | None]:
    """The merge of a cell, and the one that settles conflicts."""
    from nbprod.adapters import git

    labels = ("notebook", "last export", "module")
    merge = partial(git.merge_file, labels=labels)
    if take is None:
        return merge, None
    return merge, partial(git.merge_file, labels=labels, take_new=take is Take.MODULE, take_mine=take is Take.NOTEBOOK)


def _behind(last: Notebook, now: Notebook) -> tuple[str, ...]:
    """The steps that export would write otherwise, for the notebook's own changes."""
    from nbprod.project import analyse

    before, after = analyse(last), analyse(now)
    if (before.parameters, before.steps, before.tests) == (after.parameters, after.steps, after.tests):
        return ()
    old, new = ({each.name: each for each in graph.steps} for graph in (before, after))
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return tuple(names) or ("parameters" if before.parameters != after.parameters else "tests",)


def _reread(sides: _Sides, notebook: Notebook, sources: Mapping[int | None, str] | Mapping[int, str]) -> Notebook:
    """The notebook with other sources for some cells."""
    if not sources:
        return notebook
    known = dict(sources.items())
    cells = tuple(replace(each, source=known.get(each.index, each.source)) for each in notebook.cells)
    return exported.reading(exported.kept(replace(notebook, cells=cells)), sides.place)


def _unlike(sides: _Sides, after: Notebook, carried: Mapping[str, Carried]) -> dict[str, Left]:
    """The modules that would not say, once exported from the edited cells, what they say now."""
    from nbprod.emit import back
    from nbprod.project import analyse, refuse_faulty

    graph = analyse(after, sides.record)
    refuse_faulty(graph, "with the modules' changes would have")
    old, new = _emitted(sides, sides.graph), _emitted(sides, graph)
    found = {}
    for path, each in carried.items():
        base = sides.base[path]
        wanted = back.without(base, sides.standing[path], each.left)
        differing = (
            back.unlike((base, wanted), (old.get(path, ""), new.get(path, "")), _step(path)) if each.edits else []
        )
        for line, text in differing:
            found[path] = back.Left(path, text, LOST, after=(line, line))
    return found


def _emitted(sides: _Sides, graph: Graph) -> dict[str, str]:
    """The modules as export would write them, as far as is known without running the notebook."""
    from nbprod import emit
    from nbprod.adapters import ruff
    from nbprod.model.record import Record

    record = sides.record or Record(graph.notebook, "", "")
    made = emit.files(graph, record, package=sides.place.package, samples={}, standing={})
    return ruff.format({each.path: each.text for each in made.files if each.path in sides.base})


def _step(path: str) -> str:
    """The step whose module it is; "" for definitions.py."""
    return "" if path.count("/") == 1 else Path(path).stem


def _write(
    sides: _Sides, path: Path, changes: Sequence[CellChange], after: Notebook, carried: Mapping[str, Carried]
) -> bool:
    """The notebook first: should the rest fail, the next sync finds both sides with the same change, and goes on."""
    from nbprod.emit import back
    from nbprod.project import write
    from nbprod.project.notebookfile import opened

    sources = {each.cell: each.after for each in changes if each.cell is not None}
    if sources:
        file = opened(path, sides.place.notebook.read_bytes())
        write(sides.place.notebook, file.with_sources(sources))
    sure = {name: text for name, text in sides.standing.items() if all(each.why != LOST for each in carried[name].left)}
    base = {name: back.without(sides.base[name], text, carried[name].left) for name, text in sure.items()}
    wanted = [Change(name, Fate.MERGED, sides.standing[name].encode(), text.encode()) for name, text in base.items()]
    kept = exported.file(sides.place).relative_to(sides.place.root).as_posix()
    wanted.append(Change(kept, Fate.SAME, exported.kept(after), None))
    apply(wanted, root=sides.place.root, base=sides.place.base)
    return bool(sources) or any(text != sides.base[name] for name, text in base.items())
