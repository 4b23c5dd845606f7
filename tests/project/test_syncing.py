"""Edits of exported modules come back into the notebook: the right cells, the right lines, and nothing else."""

from __future__ import annotations

import ast
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nbprod import project
from nbprod.adapters import ruff
from nbprod.errors import NotebookFaulty, ProjectBroken
from nbprod.model.record import Record
from nbprod.project.exporting import export_recorded
from nbprod.project.syncing import Take, sync

CELLS = (
    ("title", "# Shop\n\nWhat sells?"),
    ("imports", "%load_ext nbprod\nimport pandas as pd\nfrom math import sqrt"),
    ("parameters", "least: int = 20   # the smallest sale\nrate = 1.5"),
    (
        "definitions",
        '# Of the tax office.\nTAX = 0.19\nSHOPS = [ "north", "south" ]\n\n\n'
        'def taxed(amount):\n    "With tax."\n    return amount*(1+TAX)   # in euros\n',
    ),
    (
        "load",
        '%%step load\nsales = pd.DataFrame({"amount": [1, 50, 70], "shop": ["north", "south", "north"]})\nsales.head()',
    ),
    (
        "clean-1",
        '%%step clean\n%matplotlib inline\n# Small sales are samples.\nkept = sales[sales["amount"]>=least].copy()\n\n'
        'kept = kept.reset_index()\nkept["gross"] = taxed( kept["amount"] )  # a column\nkept.plot();',
    ),
    ("look", "kept.describe()"),
    ("clean-2", '#| echo: false\nif rate > 1:\n    kept["gross"] *= rate\nelse:\n    pass  # nothing\n# the end'),
    (
        "totals",
        '@step\ndef totals(kept):\n    """What each shop sold."""\n    sums = {}\n\n'
        "    # One by one.\n    for shop in SHOPS:\n"
        '        sums[shop] = taxed(float(kept[kept["shop"]==shop]["gross"].sum()))\n'
        "    best = max(sums, key=sums.get)\n    return sums, best\n\n\nsums, best = totals(kept)\nbest",
    ),
    ("report", "%%step report --metrics figures\nimport os\nfigures = {'best': best, 'sold': sums[best]}\n!ls -l"),
    ("test", '%%test clean\nassert kept["amount"].min() >= least'),
)
TAGS = {"parameters": ["parameters"], "clean-2": ["step:clean", "hide-input"]}


def notebook(cells=CELLS, **style) -> str:
    made = []
    for name, source in cells:
        cell = {"cell_type": "markdown" if name == "title" else "code", "id": name, "metadata": {}}
        if name in TAGS:
            cell["metadata"] = {"tags": TAGS[name], "ä": 1}
        if name != "title":
            cell |= {"execution_count": 7, "outputs": [{"output_type": "stream", "name": "stdout", "text": ["é\n"]}]}
        made.append(cell | {"source": source.splitlines(keepends=True)})
    return json.dumps({"cells": made, "metadata": {"kept": "ü"}, "nbformat": 4, "nbformat_minor": 5}, **style)


@dataclass(frozen=True)
class Shop:
    root: Path

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / "shop.ipynb"

    def export(self) -> None:
        """As export does it, but with a record of nothing: no kernel runs."""
        read = project.read(self.notebook)
        graph = project.analyse(read)
        place = project.place_of(self.notebook, graph)
        done = export_recorded(place, read, graph, Record(read.path, "", ""), dry=False, overwrite=False)
        assert done.written, done.diagnostics

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    def change(self, path: str, old: str, new: str) -> None:
        text = self.text(path)
        assert old in text, f"{old!r} is not in {path}:\n{text}"
        (self.root / path).write_text(text.replace(old, new, 1))

    def cell(self, name: str) -> str:
        cells = json.loads(self.notebook.read_text())["cells"]
        return "".join(next(each["source"] for each in cells if each["id"] == name))

    def rewrite(self, name: str, old: str, new: str) -> None:
        """Edit a cell as a person does."""
        document = json.loads(self.notebook.read_text())
        cell = next(each for each in document["cells"] if each["id"] == name)
        source = "".join(cell["source"])
        assert old in source
        cell["source"] = source.replace(old, new, 1).splitlines(keepends=True)
        self.notebook.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")

    def files(self) -> dict[str, bytes]:
        return {
            each.relative_to(self.root).as_posix(): each.read_bytes() for each in self.root.rglob("*") if each.is_file()
        }


def make(root: Path, text: str) -> Shop:
    (root / ".git").mkdir(parents=True)
    (root / "notebooks").mkdir()
    shop = Shop(root)
    shop.notebook.write_text(text)
    shop.export()
    return shop


@pytest.fixture
def shop(tmp_path) -> Shop:
    return make(tmp_path / "shop", notebook(indent=1, ensure_ascii=False) + "\n")


CLEAN, TOTALS, REPORT, SHARED = (
    "shop/steps/clean.py",
    "shop/steps/totals.py",
    "shop/steps/report.py",
    "shop/definitions.py",
)

# What is edited, where and how; which cell then has what, and what in it is untouched.
CASES = {  # module, what is edited in it, the cell that changes, and how
    "a changed statement": (CLEAN, 'kept["gross"] *= rate', 'kept["gross"] *= rate + 1', "clean-2", ("*= rate", "*= rate + 1")),
    "a new statement": (
        CLEAN, "    kept.plot()\n", '    kept.plot()\n\n    kept["net"] = 1\n\n', "clean-1",
        ("kept.plot();", 'kept.plot();\n\nkept["net"] = 1'),
    ),
    "a new statement behind what export adds": (
        CLEAN, "    if rate > 1:", '    kept["net"] = 1\n\n    if rate > 1:', "clean-2",
        ("if rate > 1", 'kept["net"] = 1\n\nif rate > 1'),
    ),
    "a new first statement": (
        TOTALS, "    sums = {}", '    kept = kept.copy()\n\n    sums = {}', "totals",
        ("    sums = {}", "    kept = kept.copy()\n\n    sums = {}"),
    ),
    "a changed comment": (TOTALS, "# One by one.", "# Each by itself.", "totals", ("# One by one.", "# Each by itself.")),
    "a statement that is gone": (
        CLEAN, "    kept = kept.reset_index()\n", "", "clean-1", ("kept = kept.reset_index()\n", ""),
    ),
    "a blank line": (CLEAN, "\n    kept.plot()", "\n\n    kept.plot()", "clean-1", ("\nkept.plot", "\n\nkept.plot")),
    "a default": (CLEAN, "least: int = 20", "least: int = 30", "parameters", ("= 20", "= 30")),
    "a shared constant": (SHARED, "TAX = 0.19", "TAX = 0.21", "definitions", ("0.19", "0.21")),
    "a shared function": (
        SHARED, "return amount * (1 + TAX)", "return round(amount * (1 + TAX), 2)", "definitions",
        ("amount*(1+TAX)  ", "round(amount * (1 + TAX), 2) "),
    ),
    "a decorated function's line": (TOTALS, "key=sums.get)", "key=sums.__getitem__)", "totals", ("sums.get", "sums.__getitem__")),
    "a line in a loop": (
        TOTALS, "sums[shop] = taxed(", "sums[shop] = 1 + taxed(", "totals",
        ('sums[shop] = taxed(float(kept[kept["shop"]==shop]["gross"].sum()))', 'sums[shop] = 1 + taxed(float(kept[kept["shop"] == shop]["gross"].sum()))'),
    ),
    "what a decorated function returns": (TOTALS, "(sums, best)", "(sums, best.upper())", "totals", ("return sums, best", "return sums, best.upper()")),
    "a shell line": (REPORT, '"ls -l"', '"ls"', "report", ("!ls -l", 'subprocess.run("ls", shell=True, check=False)')),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_edit_goes_to_its_cell_and_export_gives_the_edited_module(shop, case):
    path, old, new, name, (before, after) = CASES[case]
    cells = {each: shop.cell(each) for each, _ in CELLS}
    shop.change(path, old, new)
    edited = ruff.format({path: shop.text(path)})[path]
    done = sync(shop.notebook)
    assert done.written
    assert not done.left
    assert before in cells[name]
    cells[name] = cells[name].replace(before, after, 1)
    if "subprocess" in after:
        cells["imports"] = cells["imports"].replace("import pandas as pd", "import pandas as pd\nimport subprocess")
    assert {each: shop.cell(each) for each in cells} == cells
    assert shop.text(path) == edited
    assert not sync(shop.notebook).differs
    shop.export()
    assert shop.text(path) == edited


def test_nothing_is_written_where_nothing_was_edited(shop):
    before = shop.files()
    done = sync(shop.notebook)
    assert not done.differs
    assert not done.written
    assert shop.files() == before


def test_what_export_does_not_write_stays_in_the_cell(shop):
    """The mark, magics, views, options, a semicolon, the layout of lines that were not edited."""
    shop.change(CLEAN, "pass  # nothing", "pass  # at all")
    shop.change(CLEAN, "kept.plot()", 'kept.plot(x="gross")')
    sync(shop.notebook)
    assert shop.cell("clean-1") == CELLS[5][1].replace("kept.plot();", 'kept.plot(x="gross");')
    assert (
        shop.cell("clean-2")
        == '#| echo: false\nif rate > 1:\n    kept["gross"] *= rate\nelse:\n    pass  # at all\n# the end'
    )
