"""From a notebook that was read and analysed to the plan of what may be restored of it."""

from __future__ import annotations

import ast
import io
import os
import platform
import re
import sys
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from xxhash import xxh3_128_hexdigest

from nbprod.analyse.facts import is_history
from nbprod.cache import folder_of, limit, url_beyond
from nbprod.model.graph import CellKind
from nbprod.model.notebook import Role
from nbprod.project.restoring import words
from nbprod.project.restoring.preamble import Preamble, preamble
from nbprod.record.restoring.plan import PARAMETERS, CellPlan, Plan
from nbprod.record.world import packages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbprod.model.graph import CellFacts, Graph
    from nbprod.model.notebook import Cell, Notebook

VERSION = 3  # of what entries hold: another one finds none of the old
MAGIC = re.compile(r"^\s*(?:[\w,\s.\[\]]+=\s*)?(?:%{1,2}|!{1,2}|\?)\s*(\w*)")
QUIET_MAGICS = {"time", "step", "test"}
FOUNDATIONS = ("import numpy", "import pandas", "import scipy", "import sklearn", "import pyarrow")
DEFINES = "defines what others use"
NEVER_ALONE = "can't be read"


def plan(path: str | Path) -> Plan:
    """Return the plan of the notebook at that path, its store in the project's folder or where NBPROD_CACHE says."""
    from nbprod.project import looked_at

    notebook, graph, place = looked_at(path)
    return plan_of(notebook, graph, root=place.root, folder=Path(path).absolute().parent)


def plan_of(notebook: Notebook, graph: Graph, *, root: Path, folder: Path, store: Path | None = None) -> Plan:
    """Return the plan of a notebook; `folder` is its own, `root` the project's.

    >>> from nbprod.model.graph import Graph
    >>> from nbprod.model.notebook import Notebook
    >>> plan_of(Notebook("n.ipynb", ()), Graph("n.ipynb"), root=Path("p"), folder=Path("p")).folder.as_posix()
    'p/.nbprod/cache'
    """
    whole = Whole(notebook, graph, (root, folder))
    cells = {each.index: _cell(whole, each) for each in notebook.code_cells}
    text = xxh3_128_hexdigest("\n".join(each.code for each in cells.values()).encode())
    return Plan(
        notebook=notebook.path,
        folder=store or folder_of(root),
        limit=limit(),
        base=_base(notebook),
        text=text,
        cells=cells,
        parameters=tuple(each.name for each in graph.parameters),
        beyond=url_beyond() if store is None else "",
    )


@dataclass(frozen=True)
class Whole:
    """A notebook and its graph, and what is looked up in them again and again; `folders` are where its modules lie."""

    notebook: Notebook
    graph: Graph
    folders: tuple[Path, ...] = ()
    _modules: dict[str, tuple[ast.AST, ...]] = field(default_factory=dict)

    @cached_property
    def facts(self) -> dict[int, CellFacts]:
        """The facts of each cell."""
        return {each.index: each for each in self.graph.cells}

    @cached_property
    def trees(self) -> dict[int, ast.Module | None]:
        """The syntax of each code cell, None for one that can't be parsed."""
        return {each.index: _parsed(each.python) for each in self.notebook.code_cells}

    @cached_property
    def definitions(self) -> dict[str, list[ast.AST]]:
        """The functions, classes and lambdas of the notebook by name, in all their versions."""
        found: dict[str, list[ast.AST]] = {}
        for tree in self.trees.values():
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.setdefault(node.name, []).append(node)
                elif isinstance(node, ast.Assign) and any(
                    isinstance(each, ast.Lambda) for each in ast.walk(node.value)
                ):
                    for target in node.targets:
                        found.setdefault(_name(target), []).append(node)
        return found

    @cached_property
    def imports(self) -> dict[str, str]:
        """What the imported names of the notebook stand for."""
        found: dict[str, str] = {}
        for tree in self.trees.values():
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.Import):
                    found.update((each.asname or each.name.partition(".")[0], each.name) for each in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.update((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)
        return found

    @cached_property
    def everything(self) -> frozenset[str]:
        """All names that cells bind."""
        return frozenset().union(*(each.writes for each in self.graph.cells))

    @cached_property
    def reads_history(self) -> bool:
        """Whether a cell reads what IPython keeps of the cells before it."""
        return any(map(_reads_history, self.trees.values()))

    @cached_property
    def declared(self) -> frozenset[str]:
        """The names that marks declare."""
        marks = [each.mark for each in self.notebook.cells if each.mark]
        return frozenset(name for each in marks for name in (*each.outs, *each.metrics, *each.plots))

    @cached_property
    def last_reader(self) -> dict[str, int]:
        """The last cell that reads each name; of every name, if a cell may read anything."""
        found: dict[str, int] = {}
        for each in self.graph.cells:
            reads = self.everything | each.reads if self.reaches_anything(each.index) else each.reads
            found.update(dict.fromkeys(reads, each.index))
        return found

    def live_after(self, index: int) -> frozenset[str]:
        """The names that cells further down read, and those that marks declare."""
        return self.declared | {name for name, last in self.last_reader.items() if last > index}

    def reaches_anything(self, index: int) -> bool:
        """Whether a cell may read any name."""
        cell = next(each for each in self.notebook.code_cells if each.index == index)
        tree = self.trees[index]
        return tree is None or bool(cell.faults) or bool(_magics(cell)) or words.anything(self.code(index))

    def code(self, index: int) -> list[ast.AST]:
        """The nodes of a cell, and of the notebook's definitions and the project's modules that it uses."""
        tree = self.trees[index]
        pending: list[ast.AST] = [tree] if tree else []
        seen: set[str] = set()
        found: list[ast.AST] = []
        while pending:
            nodes = [*ast.walk(pending.pop())]
            found += nodes
            names = {each.id for each in nodes if isinstance(each, ast.Name)} - seen
            seen |= names
            pending += [each for name in names for each in self.definitions.get(name, ())]
            found += [each for name in names for each in self.module(self.imports.get(name, "").partition(".")[0])]
        return found

    def tops(self, nodes: list[ast.AST]) -> frozenset[str]:
        """The top-level modules that code uses by the names that it imports."""
        names = {each.id for each in nodes if isinstance(each, ast.Name)}
        inside = {part for each in nodes if isinstance(each, ast.Import | ast.ImportFrom) for part in _tops(each)}
        return frozenset({self.imports[each].partition(".")[0] for each in names & self.imports.keys()} | inside)

    def module(self, top: str) -> tuple[ast.AST, ...]:
        """The nodes of a module of the project's own; none for any other, and none of nbprod's in its own project."""
        if top not in self._modules:
            own = top not in {"", "nbprod"}
            files = [each for folder in self.folders for each in _files(folder, top)] if own else []
            trees = [tree for each in dict.fromkeys(files) if (tree := _parsed(_text(each))) is not None]
            self._modules[top] = tuple(node for tree in trees for node in ast.walk(tree))
        return self._modules[top]


def _cell(whole: Whole, cell: Cell) -> CellPlan:
    facts, tree = whole.facts.get(cell.index), whole.trees[cell.index]
    step = (facts.step if facts else None) or ""
    if facts is None or tree is None or cell.faults:
        code = xxh3_128_hexdigest(cell.source.encode("utf-8", "surrogatepass"))
        return CellPlan(cell.index, code, step, never=NEVER_ALONE, everything=True)
    nodes = whole.code(cell.index)
    named, all_named = words.variables(nodes)
    lead = preamble(tree)
    never = next(_reasons(whole, cell, facts, nodes, lead, all_named=all_named), "")
    return CellPlan(
        index=cell.index,
        code=_code(whole, cell, tree),
        step=step,
        reads=facts.reads,
        writes=facts.writes,
        live=whole.live_after(cell.index),
        variables=named,
        preamble=lead.python,
        defines=lead.names,
        never=never,
        everything=whole.reaches_anything(cell.index),
        trusted=_caching(cell) == "yes",
        fresh=_caching(cell) == "fresh",
        opens=words.opens_directly(nodes, whole.tops(nodes)),
    )


def _reasons(
    whole: Whole, cell: Cell, facts: CellFacts, nodes: list[ast.AST], lead: Preamble, *, all_named: bool
) -> Iterator[str]:
    if facts.kind is CellKind.PARAMETERS or cell.role is Role.PARAMETERS:
        yield PARAMETERS
    if _caching(cell) == "no":
        yield "is marked with --no-cache"
    if whole.reads_history:
        yield "stands in a notebook that reads Out or _"
    if magics := _magics(cell):
        yield f"has the magic {magics[0]}"
    if lead.is_all:
        yield DEFINES
    if words.anything(nodes):
        yield "may read any name"
    if words.sets(nodes, whole.imports):
        yield "sets something for the whole process"
    if not all_named:
        yield "reads the environment"
    yield from words.hard(nodes, whole.tops(nodes))
    if _caching(cell) != "yes":
        yield from words.soft(nodes)


def _caching(cell: Cell) -> str:
    return cell.mark.cache if cell.mark is not None else ""


def _magics(cell: Cell) -> list[str]:
    """The magics and shell lines of a cell, as they stand there, that are more than a mark or a clock."""
    found = [(match[0].strip(), match[1]) for line in cell.source.splitlines() if (match := MAGIC.match(line))]
    python = cell.python.splitlines()
    return [text for text, name in found if name not in QUIET_MAGICS and not _is_python(text, python)]


def _is_python(text: str, python: list[str]) -> bool:
    """Whether what looks like a magic stands in the cell's plain Python as well: a part of a text, or a remainder."""
    return any(line.lstrip().startswith(text) for line in python)


def _code(whole: Whole, cell: Cell, tree: ast.Module) -> str:
    """The digest of what a cell does: its Python without comments, whether it shows its last value, and settings."""
    above = [each for each in whole.notebook.code_cells if each.index < cell.index and whole.trees[each.index]]
    setting = [
        ast.dump(found)
        for each in above
        if (found := whole.trees[each.index]) and words.sets(ast.walk(found), whole.imports)
    ]
    parts = [ast.dump(tree), str(_is_quiet(cell.python)), *setting]
    return xxh3_128_hexdigest("\n".join(parts).encode("utf-8", "surrogatepass"))


def _is_quiet(python: str) -> bool:
    """Whether the cell ends in a semicolon, so that IPython doesn't show its last value."""
    idle = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.DEDENT, tokenize.INDENT}
    try:
        tokens = [each for each in tokenize.generate_tokens(io.StringIO(python).readline) if each.type not in idle]
    except (tokenize.TokenError, SyntaxError):
        return False
    return bool(tokens) and tokens[-1].string == ";"


def _base(notebook: Notebook) -> str:
    """The digest of what the notebook stands on: Python, the machine, and the packages that it imports."""
    sources = [*(each.python for each in notebook.code_cells), *FOUNDATIONS]
    parts = [VERSION, sys.version, platform.machine(), platform.system(), os.cpu_count(), packages(sources)]
    return xxh3_128_hexdigest(repr(parts).encode())


def _parsed(python: str) -> ast.Module | None:
    try:
        tree = compile(python, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if isinstance(tree, ast.Module) else None


def _reads_history(tree: ast.Module | None) -> bool:
    nodes = [*ast.walk(tree)] if tree else []
    own = {each.id for each in nodes if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)}
    own |= {each.arg for each in nodes if isinstance(each, ast.arg)}
    return any(isinstance(each, ast.Name) and is_history(each.id) and each.id not in own for each in nodes)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _tops(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name.partition(".")[0] for each in node.names]
    return [node.module.partition(".")[0]] if node.module and not node.level else []


def _files(folder: Path, top: str) -> list[Path]:
    """The files of a module or package in a folder, or in its `src`."""
    found: list[Path] = []
    for place in (folder, folder / "src"):
        if (place / f"{top}.py").is_file():
            found.append(place / f"{top}.py")
        elif (place / top / "__init__.py").is_file():
            found += sorted((place / top).rglob("*.py"))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
