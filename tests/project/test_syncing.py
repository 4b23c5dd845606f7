"""Edits of exported modules come back into the notebook: the right cells, the right lines, and nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbprod import project
from nbprod.adapters import ruff
from nbprod.errors import NotebookFaulty, ProjectBroken
from nbprod.model.record import Record
from nbprod.project.exporting import export_recorded
from nbprod.project.syncing import Take, sync

pytestmark = pytest.mark.slow

CELLS = (
    ("title", "# Shop\n\nWhat sells?"),
    ("imports", "%load_ext nbprod\nimport pandas as pd\nfrom math import sqrt"),
    ("parameters", "least: int = 20   # the smallest sale\nrate = 1.5"),
    (
        "definitions",
        (
            '# Of the tax office.\nTAX = 0.19\nSHOPS = [ "north", "south" ]\n\n\n'
            'def taxed(amount):\n    "With tax."\n    return amount*(1+TAX)   # in euros\n'
        ),
    ),
    (
        "load",
        '%%step load\nsales = pd.DataFrame({"amount": [1, 50, 70], "shop": ["north", "south", "north"]})\nsales.head()',
    ),
    (
        "clean-1",
        (
            "%%step clean\n%matplotlib inline\n# Small sales are samples.\n"
            'kept = sales[sales["amount"]>=least].copy()\n\n'
            'kept = kept.reset_index()\nkept["gross"] = taxed( kept["amount"] )  # a column\nkept.plot();'
        ),
    ),
    ("look", "kept.describe()"),
    ("clean-2", '#| echo: false\nif rate > 1:\n    kept["gross"] *= rate\nelse:\n    pass  # nothing\n# the end'),
    (
        "totals",
        (
            '@step\ndef totals(kept):\n    """What each shop sold."""\n    sums = {}\n\n'
            "    # One by one.\n    for shop in SHOPS:\n"
            '        sums[shop] = taxed(float(kept[kept["shop"]==shop]["gross"].sum()))\n'
            "    best = max(sums, key=sums.get)\n    return sums, best\n\n\nsums, best = totals(kept)\nbest"
        ),
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


def export(path: Path) -> None:
    """As `nbprod export`, but with a record of nothing: no kernel runs."""
    read = project.read(path)
    graph = project.analyse(read)
    place = project.place_of(path, graph)
    done = export_recorded(place, read, graph, Record(read.path, "", ""), dry=False, overwrite=False)
    assert done.written, done.diagnostics


@dataclass(frozen=True)
class Shop:
    root: Path

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / "shop.ipynb"

    def export(self) -> None:
        export(self.notebook)

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


@pytest.fixture(scope="module")
def fixture_shop(tmp_path_factory) -> Shop:
    return make(tmp_path_factory.mktemp("exported") / "shop", notebook(indent=1, ensure_ascii=False) + "\n")


@pytest.fixture
def shop(fixture_shop, tmp_path) -> Shop:
    return Shop(Path(shutil.copytree(fixture_shop.root, tmp_path / "shop")))


CLEAN, TOTALS, REPORT, SHARED = (
    "shop/steps/clean.py",
    "shop/steps/totals.py",
    "shop/steps/report.py",
    "shop/definitions.py",
)

# What is edited, where and how; which cell then has what, and what in it is untouched.
CASES = {  # module, what is edited in it, the cell that changes, and how
    "a changed statement": (
        CLEAN,
        'kept["gross"] *= rate',
        'kept["gross"] *= rate + 1',
        "clean-2",
        ("*= rate", "*= rate + 1"),
    ),
    "a new statement": (
        CLEAN,
        "    kept.plot()\n",
        '    kept.plot()\n    kept["net"] = 1\n\n',
        "clean-1",
        ("kept.plot();", 'kept.plot();\nkept["net"] = 1'),
    ),
    "a new statement behind what export adds": (
        CLEAN,
        "    if rate > 1:",
        '    kept["net"] = 1\n\n    if rate > 1:',
        "clean-2",
        ("if rate > 1", 'kept["net"] = 1\n\nif rate > 1'),
    ),
    "a new first statement": (
        TOTALS,
        "    sums = {}",
        "    kept = kept.copy()\n\n    sums = {}",
        "totals",
        ("    sums = {}", "    kept = kept.copy()\n\n    sums = {}"),
    ),
    "a changed comment": (
        TOTALS,
        "# One by one.",
        "# Each by itself.",
        "totals",
        ("# One by one.", "# Each by itself."),
    ),
    "a statement that is gone": (
        CLEAN,
        "    kept = kept.reset_index()\n",
        "",
        "clean-1",
        ("kept = kept.reset_index()\n", ""),
    ),
    "a blank line": (CLEAN, "\n    kept.plot()", "\n\n    kept.plot()", "clean-1", ("\nkept.plot", "\n\nkept.plot")),
    "a default": (CLEAN, "least: int = 20", "least: int = 30", "parameters", ("= 20", "= 30")),
    "a shared constant": (SHARED, "TAX = 0.19", "TAX = 0.21", "definitions", ("0.19", "0.21")),
    "a shared function": (
        SHARED,
        "return amount * (1 + TAX)",
        "return round(amount * (1 + TAX), 2)",
        "definitions",
        ("amount*(1+TAX)  ", "round(amount * (1 + TAX), 2) "),
    ),
    "a decorated function's line": (
        TOTALS,
        "key=sums.get)",
        "key=sums.__getitem__)",
        "totals",
        ("sums.get", "sums.__getitem__"),
    ),
    "a line in a loop": (
        TOTALS,
        "sums[shop] = taxed(",
        "sums[shop] = 1 + taxed(",
        "totals",
        (
            'sums[shop] = taxed(float(kept[kept["shop"]==shop]["gross"].sum()))',
            'sums[shop] = 1 + taxed(float(kept[kept["shop"] == shop]["gross"].sum()))',
        ),
    ),
    "what a decorated function returns": (
        TOTALS,
        "(sums, best)",
        "(sums, best.upper())",
        "totals",
        ("return sums, best", "return sums, best.upper()"),
    ),
    "a shell line": (REPORT, '"ls -l"', '"ls"', "report", ("!ls -l", 'subprocess.run("ls", shell=True, check=False)')),
}


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
    assert shop.cell("clean-1") == dict(CELLS)["clean-1"].replace("kept.plot();", 'kept.plot(x="gross");')
    assert shop.cell("clean-2") == dict(CELLS)["clean-2"].replace("pass  # nothing", "pass  # at all")


PARTED = (
    *CELLS[:4],
    ("one", "%%step one\nfirst = TAX\nfirst += 1"),
    ("two", "%%step one\ndef half(amount):\n    return amount / 2\n\n\nlast = half(first)"),
    ("three", "%%step three --outs end\nend = last"),
)


def test_a_new_statement_goes_to_the_cell_of_what_it_stands_above(tmp_path):
    """Where a blank line parts it from what is before it; what export writes between cells is such a line."""
    shop = make(tmp_path / "shop", notebook(PARTED))
    path = "shop/steps/one.py"
    shop.change(path, "    last = half", "    first *= 2\n    first *= 3\n    last = half")
    assert sync(shop.notebook).written
    assert shop.cell("one") == dict(PARTED)["one"]
    assert shop.cell("two") == dict(PARTED)["two"].replace("last", "first *= 2\nfirst *= 3\nlast")


def test_a_new_definition_stands_above_the_cell_that_uses_it(tmp_path):
    shop = make(tmp_path / "shop", notebook(PARTED))
    path = "shop/steps/one.py"
    shop.change(path, "\n\ndef one(", "\n\ndef third(amount):\n    return amount / 3\n\n\ndef one(")
    shop.change(path, "first += 1", "first += third(3)")
    assert sync(shop.notebook).written
    assert shop.cell("definitions").rstrip().endswith("return amount / 3")
    assert shop.cell("one") == dict(PARTED)["one"].replace("+= 1", "+= third(3)")
    assert shop.cell("two") == dict(PARTED)["two"]


def test_a_new_argument_with_a_default_becomes_a_parameter(shop):
    shop.change(CLEAN, "*, least: int = 20", "*, least: int = 20, most: int = 9")
    shop.change(CLEAN, "sales[", 'sales[sales["amount"] < most][')
    assert sync(shop.notebook).written
    assert shop.cell("parameters") == dict(CELLS)["parameters"] + "\nmost: int = 9"
    assert 'sales["amount"] < most' in shop.cell("clean-1")
    assert not sync(shop.notebook).differs
    shop.export()
    assert "most: 9" in shop.text("params.yaml")
    assert "most: int = 9" in shop.text(CLEAN)


def test_a_file_that_a_cell_writes_is_no_place_for_code(tmp_path):
    cells = (*CELLS[:5], ("rows", "%%step rows\n%%writefile rows.csv\na,b\n1,2"), ("more", "%%step rows\nrows = 3"))
    shop = make(tmp_path / "shop", notebook((*cells, ("use", "%%step use --outs used\nused = rows + sales.size"))))
    shop.change("shop/steps/rows.py", "    rows = 3", "    new = 1\n    rows = new + 2")
    sync(shop.notebook)
    assert shop.cell("rows") == dict(cells)["rows"]
    assert shop.cell("more") == "%%step rows\nnew = 1\nrows = new + 2"


STYLES = {
    "Jupyter's": ({"indent": 1, "ensure_ascii": False}, "\n"),
    "no last line end": ({"indent": 1, "ensure_ascii": False}, ""),
    "escaped, four columns": ({"indent": 4}, "\n"),
    "tabs and sorted keys": ({"indent": "\t", "sort_keys": True, "ensure_ascii": False}, "\n"),
    "one line": ({"separators": (",", ":")}, ""),
}


@pytest.mark.parametrize("style", STYLES)
def test_the_file_changes_in_the_edited_lines_only(tmp_path, style):
    options, end = STYLES[style]
    shop = make(tmp_path / "shop", notebook(**options) + end)
    before = shop.notebook.read_text()
    shop.change(CLEAN, '["gross"] *= rate', '["größe"] = "é"')
    sync(shop.notebook)
    new = json.dumps('["größe"] = "é"', ensure_ascii=options.get("ensure_ascii", True))[1:-1]
    assert shop.notebook.read_text() == before.replace('[\\"gross\\"] *= rate', new)


PERCENT = """\
# %%
import pandas as pd   # frames

# %% tags=["parameters"]
least = 20

# %% tags=["step:load"]
# %matplotlib inline
sales = pd.DataFrame({"amount": [10, 50, 70]})
# %% [markdown]
# # Sold
# %% tags=["step:total"]
kept = sales[sales["amount"]>=least]


sold = int(kept["amount"].sum())
# %%
sold"""
MARKDOWN = """\
# Sales

```python tags=["step:load"]
sales = [10,  20]
```

Then

```python tags=["step:total"]
sold = sum( sales )
```

```python
sold
```"""


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "changed"),
    [
        ("sales.py", PERCENT, ".sum())", ".max())", (".sum())", ".max())")),
        ("sales.md", MARKDOWN, "sold = sum(sales)", "sold = max(sales)", ("sum( sales )", "max(sales)")),
    ],
)
def test_notebooks_that_are_texts(tmp_path, name, text, old, new, changed):
    (tmp_path / ".git").mkdir()
    path = tmp_path / name
    path.write_text(text)
    export(path)
    module = tmp_path / "sales" / "steps" / "total.py"
    module.write_text(module.read_text().replace(old, new))
    assert sync(path).written
    assert path.read_text() == text.replace(*changed)
    assert not sync(path).differs


def test_both_sides_changed_other_lines(shop):
    shop.change(CLEAN, '["gross"] *= rate', '["gross"] *= 2 * rate')
    shop.rewrite("clean-2", "pass  # nothing", "pass  # at all")
    shop.rewrite("report", "import os", "import sys")
    done = sync(shop.notebook)
    assert done.written
    assert done.behind == ("clean", "report")
    assert shop.cell("clean-2") == dict(CELLS)["clean-2"].replace("*= rate", "*= 2 * rate").replace("nothing", "at all")
    shop.export()
    assert 'kept["gross"] *= 2 * rate\n    else:\n        pass  # at all' in shop.text(CLEAN)
    assert not sync(shop.notebook).differs


@pytest.mark.parametrize("take", [None, *Take])
def test_both_sides_changed_the_same_lines(shop, take):
    shop.change(CLEAN, '["gross"] *= rate', '["gross"] *= 2 * rate')
    shop.rewrite("clean-2", '["gross"] *= rate', '["gross"] *= 3 * rate')
    before = shop.files()
    done = sync(shop.notebook, take=take)
    if take is None:
        (conflict,) = done.conflicts
        assert conflict.cell == 7
        assert (
            '<<<<<<< notebook\n    kept["gross"] *= 3 * rate\n=======\n    kept["gross"] *= 2 * rate\n'
            in conflict.after
        )
        assert shop.files() == before
        return
    factor = "2 * rate" if take is Take.MODULE else "3 * rate"
    assert f'["gross"] *= {factor}\n' in shop.cell("clean-2")
    shop.export()
    assert f'["gross"] *= {factor}\n' in shop.text(CLEAN)
    assert not sync(shop.notebook).differs


def test_both_sides_changed_alike(shop):
    shop.change(CLEAN, '["gross"] *= rate', '["gross"] *= 2 * rate')
    shop.rewrite("clean-2", '["gross"] *= rate', '["gross"] *= 2 * rate')
    done = sync(shop.notebook)
    assert (done.changes, done.behind) == ((), ())
    assert not sync(shop.notebook).differs


def test_cells_that_moved_are_found(shop):
    document = json.loads(shop.notebook.read_text())
    cells = {each["id"]: each for each in document["cells"]}
    new = {
        "cell_type": "code",
        "id": "new",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": ["1 + 1"],
    }
    document["cells"] = [new, *cells.values()]
    shop.notebook.write_text(json.dumps(document))
    shop.change(SHARED, "TAX = 0.19", "TAX = 0.21")
    assert sync(shop.notebook).written
    assert shop.cell("definitions") == dict(CELLS)["definitions"].replace("0.19", "0.21")


def test_a_cell_that_is_gone_is_a_conflict(shop):
    document = json.loads(shop.notebook.read_text())
    document["cells"] = [each for each in document["cells"] if each["id"] != "clean-2"]
    shop.notebook.write_text(json.dumps(document))
    shop.change(CLEAN, '["gross"] *= rate', '["gross"] *= 2 * rate')
    (conflict,) = sync(shop.notebook).conflicts
    assert (conflict.cell, conflict.id) == (None, "clean-2")
    assert sync(shop.notebook, take=Take.MODULE).conflicts
    assert sync(shop.notebook, take=Take.NOTEBOOK).written
    shop.export()
    assert "rate" not in shop.text(CLEAN).partition('"""')[2].partition('"""')[2]


LEFT = {  # what is edited, what is said of it, and whether it is harmless
    "the docstring": (TOTALS, "What each shop sold.", "What every shop sold.", "the docstring", True),
    "annotations": (CLEAN, "sales: Any", "sales: object", "the annotations", True),
    "a new argument that nothing uses": (CLEAN, "*, least", "*, most: int = 9, least", "the arguments", False),
    "what is returned": (CLEAN, "return kept", "return kept[:1]", "return kept[:1]", False),
    "a line of export's own": (CLEAN, '    plt.close("all")\n', "", 'plt.close("all")', False),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_no_cell_can_take_is_said_and_stays(shop, case):
    path, old, new, said, harmless = LEFT[case]
    shop.change(path, old, new)
    edited, before = shop.text(path), shop.notebook.read_bytes()
    done = sync(shop.notebook)
    assert [(each.text[: len(said)], each.harmless) for each in done.left] == [(said, harmless)]
    assert done.differs is not harmless
    assert shop.text(path) == edited
    assert shop.notebook.read_bytes() == before
    assert old in shop.text(path).replace(new, old) or not new
    shop.export()
    assert shop.text(path) == edited, "a later export keeps it"


def test_what_stays_does_not_keep_the_rest(shop):
    shop.change(CLEAN, "Small sales are samples.\n\n", "Small sales were samples.\n\n")
    shop.change(CLEAN, '["gross"] *= rate', '["gross"] *= 2 * rate')
    done = sync(shop.notebook)
    assert done.written
    assert "2 * rate" in shop.cell("clean-2")
    assert not sync(shop.notebook).differs
    shop.export()
    assert '"""Small sales were samples.' in shop.text(CLEAN)


def test_a_change_that_breaks_the_notebook_is_not_written(shop):
    before = shop.notebook.read_bytes()
    shop.change(CLEAN, "    kept = kept.reset_index()", "    kept = unheard.reset_index()")
    with pytest.raises(NotebookFaulty, match="with the modules' changes would have 1 error, so nothing was written"):
        sync(shop.notebook)
    assert shop.notebook.read_bytes() == before


def test_a_module_that_is_no_python_is_named(shop):
    shop.change(CLEAN, "    kept = kept.reset_index()", "    kept = kept.reset_index(")
    with pytest.raises(ProjectBroken, match=r"shop/steps/clean\.py, line \d+ is not Python: "):
        sync(shop.notebook)


def test_a_notebook_that_was_not_exported(tmp_path):
    (tmp_path / "a.ipynb").write_text(notebook())
    with pytest.raises(ProjectBroken, match=r"has not been exported"):
        sync(tmp_path / "a.ipynb")


def test_dry_writes_nothing(shop):
    shop.change(CLEAN, '["gross"] *= rate', '["gross"] *= 2 * rate')
    before = shop.files()
    done = sync(shop.notebook, dry=True)
    assert done.changes
    assert not done.written
    assert shop.files() == before


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('["gross"] *= rate', '["gross"] *= 2 * rate', True),
        ("    if rate > 1:", "    if rate > (", True),
        ('["gross"] *= rate', '["gross"] *= rate  # dear', False),
        ("Small sales are samples.", "Small ones go.", False),
        ("sales: Any", "sales: object", False),
    ],
)
def test_check_tells_of_a_module_whose_code_was_edited(shop, old, new, told):
    shop.change(CLEAN, old, new)
    found = [each for each in project.check(shop.notebook).diagnostics if each.code == "NB407"]
    assert [each.message.split()[0] for each in found] == [CLEAN] * told
