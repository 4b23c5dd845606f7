"""Each code cell of a notebook, statement by statement: what it reads, binds and changes."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from nbprod.analyse.depth import room
from nbprod.analyse.mentions import last_mentions
from nbprod.analyse.statements import Statements
from nbprod.analyse.trace import Read, ScannedCell, Statement, Trace
from nbprod.analyse.world import World
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from nbprod.model.notebook import Cell, Notebook

TOO_DEEP = "a statement is nested too deeply to be followed"


def scan(notebook: Notebook) -> tuple[ScannedCell, ...]:
    """Return every code cell with its statements; a cell that can't be parsed has none, and says why."""
    world = World()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarning and DeprecationWarning concern the notebook's author
        parsed = [_parsed(cell) for cell in notebook.code_cells]
        trees = [each if isinstance(each, ast.Module) else None for each in parsed]
        last = last_mentions(notebook.code_cells, trees)
        found: list[ScannedCell] = []
        for cell, tree in zip(notebook.code_cells, parsed, strict=True):
            found.append(_scan_cell(cell, tree, world) if isinstance(tree, ast.Module) else tree)
            world.retire(last.get(cell.index, ()))
        return tuple(found)


def _parsed(cell: Cell) -> ast.Module | ScannedCell:
    try:
        return ast.parse(cell.python)
    except SyntaxError as fault:
        return ScannedCell(cell, fault=fault.msg, fault_line=fault.lineno)
    except (ValueError, RecursionError, MemoryError) as fault:
        return ScannedCell(cell, fault=str(fault) or type(fault).__name__)


def _scan_cell(cell: Cell, tree: ast.Module, world: World) -> ScannedCell:
    if cell.role is Role.SKIPPED or not cell.python:
        world = World()
    with room():
        _import_own(cell, world)
        statements = tuple(scan_statement(node, world) for node in tree.body)
    _forget_own(cell, statements)
    deep = next((each.line for each in statements if each.trace.is_partial), None)
    return ScannedCell(cell, statements, fault=TOO_DEEP if deep else "", fault_line=deep)


def _import_own(cell: Cell, world: World) -> None:
    for need in cell.needs:
        name = need.split()[-1]
        if need == f"import {name}" and name not in world.imports:
            world.bind_import(name, name)


def _forget_own(cell: Cell, statements: tuple[Statement, ...]) -> None:
    """What the translation of a cell's magics imports, such as `os` for `%env`, is nothing that the notebook makes."""
    own = {need.split()[-1] for need in cell.needs}
    for statement in statements if own else ():
        for name in own & statement.trace.reads.keys():
            del statement.trace.reads[name]


def scan_statement(node: ast.stmt, world: World) -> Statement:
    """Return what one top-level statement reads, binds and changes, and let the world know."""
    walker = Statements(world)
    try:
        walker.visit(node)
    except (RecursionError, MemoryError):
        return Statement(node, _flat(node))
    walker.trace.binds = walker.flow
    return Statement(node, walker.trace)


def _flat(node: ast.stmt) -> Trace:
    """Return the names of a statement that is nested too deeply to be walked: all that it mentions."""
    trace = Trace(is_partial=True)
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            trace.reads.setdefault(each.id, Read(each.lineno))
        elif isinstance(each, ast.Name):
            trace.binds[each.id] = True
    return trace
