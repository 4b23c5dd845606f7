"""Each code cell of a notebook, statement by statement: what it reads, binds and changes."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from nbprod.analyse.statements import Statements
from nbprod.analyse.trace import Read, ScannedCell, Statement, Trace
from nbprod.analyse.world import World
from nbprod.model.notebook import Role

if TYPE_CHECKING:
    from nbprod.model.notebook import Cell, Notebook


def scan(notebook: Notebook) -> tuple[ScannedCell, ...]:
    """Return every code cell with its statements; a cell that can't be parsed has none, and says why."""
    world = World()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SyntaxWarning and DeprecationWarning concern the notebook's author
        return tuple(_scan_cell(cell, world) for cell in notebook.code_cells)


def _scan_cell(cell: Cell, world: World) -> ScannedCell:
    try:
        body = ast.parse(cell.python).body
    except SyntaxError as fault:
        return ScannedCell(cell, fault=fault.msg, fault_line=fault.lineno)
    except (ValueError, RecursionError, MemoryError) as fault:
        return ScannedCell(cell, fault=str(fault) or type(fault).__name__)
    if cell.role is Role.SKIPPED or not cell.python:
        world = World()
    return ScannedCell(cell, tuple(scan_statement(node, world) for node in body))


def scan_statement(node: ast.stmt, world: World) -> Statement:
    """Return what one top-level statement reads, binds and changes, and let the world know."""
    walker = Statements(world)
    try:
        walker.visit(node)
    except RecursionError:
        return Statement(node, _flat(node))
    walker.trace.binds = walker.flow
    return Statement(node, walker.trace)


def _flat(node: ast.stmt) -> Trace:
    """Return the names of a statement that is nested too deeply to be walked."""
    trace = Trace()
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            trace.reads.setdefault(each.id, Read(each.lineno, soft=True))
        elif isinstance(each, ast.Name):
            trace.binds[each.id] = True
    return trace
