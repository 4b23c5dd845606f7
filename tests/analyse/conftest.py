"""Notebooks written as lists of cells, with the marks in the cells' first lines."""

from __future__ import annotations

import pytest

from nbprod.analyse import graph
from nbprod.analyse.facts import cell_facts
from nbprod.analyse.scan import scan
from nbprod.model.notebook import Cell, Mark, Notebook, Role

ROLES = {"step": Role.STEP, "test": Role.TEST}
TAGS = {
    "injected-parameters": Role.PARAMETERS,
    "parameters": Role.PARAMETERS,
    "skip": Role.SKIPPED,
    "text": Role.TEXT,
    "raises-exception": Role.PLAIN,
}


def cell_of(index, source):
    """`%%step NAME --outs a`, `%%test NAME`, `# tag: skip` or the like in the first line say what a cell is."""
    first, _, rest = source.partition("\n")
    if first.startswith("%%"):
        word, name, *options = first.removeprefix("%%").split()
        declared = {"--outs": (), "--metrics": (), "--plots": ()}
        for at, option in enumerate(options[::2]):
            declared[option] = tuple(options[2 * at + 1].split(","))
        mark = Mark(name, *declared.values())
        return Cell(index, f"c{index}", ROLES[word], source, mark=mark, python="\n" + rest)
    if first.startswith("# tag: "):
        tag = first.removeprefix("# tag: ")
        role = TAGS[tag]
        return Cell(index, f"c{index}", role, rest, tags=(tag,), python="" if role is Role.TEXT else "\n" + rest)
    return Cell(index, f"c{index}", Role.PLAIN, source, python=source)


def notebook_of(cells):
    return Notebook("notebooks/flights.ipynb", tuple(cell_of(at, source) for at, source in enumerate(cells)))


def facts_of(*cells):
    return cell_facts(scan(notebook_of(cells)), frozenset(), {})


def graph_of(*cells, record=None):
    return graph(notebook_of(cells), record)


def codes_of(*cells):
    return [each.code for each in graph_of(*cells).diagnostics]


@pytest.fixture(scope="session")
def graph_from():
    return graph_of


@pytest.fixture(scope="session")
def facts_from():
    return facts_of


@pytest.fixture(scope="session")
def notebook_from():
    return notebook_of


@pytest.fixture(scope="session")
def codes_from():
    return codes_of
