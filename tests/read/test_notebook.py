"""Whole notebooks: roles, faults with their places, and what no text can do to reading."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.errors import NotebookUnreadable
from nbprod.model.diagnostic import Severity
from nbprod.model.faults import FAULTS, example_cells
from nbprod.model.notebook import Mark, Role
from nbprod.read import notebook


def faults(cell):
    return [(fault.code, fault.severity, fault.cell, fault.line) for fault in cell.faults]


@pytest.mark.parametrize(
    ("cell", "role", "mark", "python"),
    [
        ("a = 1", Role.PLAIN, None, "a = 1"),
        ("%%step clean\na = 1", Role.STEP, Mark("clean"), "\na = 1"),
        ("\n\n%%step clean\na = 1", Role.STEP, Mark("clean"), "\n\n\na = 1"),
        ("%%step clean\n%%time\na = 1", Role.STEP, Mark("clean"), "\n\na = 1"),
        ("%%step clean\n\n%matplotlib inline\na = 1", Role.STEP, Mark("clean"), "\n\n\na = 1"),
        ("%%test clean\nassert a", Role.TEST, Mark("clean"), "\nassert a"),
        (("a = 1", ["step:clean"]), Role.STEP, Mark("clean"), "a = 1"),
        (("a = 1", ["parameters"]), Role.PARAMETERS, None, "a = 1"),
        (("a = (", ["skip"]), Role.SKIPPED, None, ""),
        ("text = '''\n%%step clean\n'''", Role.PLAIN, None, "text = '''\n%%step clean\n'''"),
        ("# %%step clean\na = 1", Role.PLAIN, None, "# %%step clean\na = 1"),
        ("%%html\n<b>", Role.PLAIN, None, "\n"),
        ("", Role.PLAIN, None, ""),
    ],
)
def test_a_cell_has_its_role_and_its_python(read_cell, cell, role, mark, python):
    found = read_cell(cell)
    assert (found.role, found.mark, found.python, found.faults) == (role, mark, python, ())


FAULTY = {
    "a = (": [("NB101", Severity.WARNING, 0, 1)],
    "%%step a\nb = 1\nc = (": [("NB101", Severity.ERROR, 0, 3)],
    "%%test a\nassert (": [("NB101", Severity.ERROR, 0, 2)],
    "%%step a\n%run b.py": [("NB102", Severity.ERROR, 0, 2)],
    "%run b.py": [("NB102", Severity.WARNING, 0, 1)],
    "%%step a\n%foo": [("NB102", Severity.ERROR, 0, 2)],
    "%foo": [],
    "%%step a\n%%writefile -b b.py\nc": [("NB102", Severity.ERROR, 0, 2)],
    "%%step a --out b": [("NB105", Severity.ERROR, 0, 1)],
    "%%stpe a\nb = 1": [("NB105", Severity.ERROR, 0, 1)],
    "%step a\nb = 1": [("NB105", Severity.ERROR, 0, 1)],
    "%%step": [("NB105", Severity.ERROR, 0, 1)],
    "b = 1\n%%step a\nc = 1": [("NB106", Severity.ERROR, 0, 2)],
    "%%time\n%%step a\nc = 1": [("NB106", Severity.ERROR, 0, 2)],
    "%%step a\n%pip install b": [("NB107", Severity.HINT, 0, 2)],
    "%pip install b": [],
    "%%step a\n%%bash\nls": [("NB108", Severity.ERROR, 0, 2)],
    "%%bash\nls": [],
}


@pytest.mark.parametrize("source", FAULTY)
def test_a_fault_has_its_code_and_its_line(read_cell, source):
    assert faults(read_cell(source)) == FAULTY[source]


@pytest.mark.parametrize(("tag", "severity"), [("steps:a", Severity.ERROR), ("parameter", Severity.WARNING)])
def test_a_tag_that_may_be_a_misspelt_mark_is_named(read_cell, tag, severity):
    assert faults(read_cell(("a = 1", [tag]))) == [("NB105", severity, 0, None)]


def test_a_late_mark_still_marks_the_cell(read_cell):
    cell = read_cell("# Of one day.\n%%step load\nflights = []")
    assert (cell.mark, cell.python) == (Mark("load"), "# Of one day.\n\nflights = []")


def test_one_cell_that_is_no_python_disables_only_itself(read):
    found = read("a = 1", "b = (", "c = 3")
    assert [cell.python for cell in found.cells] == ["a = 1", "", "c = 3"]


def test_a_fault_names_the_cell_by_its_place_among_all(read):
    assert read("a = 1", "b = 2", "%%step c --out d").cells[2].faults[0].cell == 2


def test_names_of_other_cells_are_filled_into_shell_lines(read_cell):
    assert read_cell("folder = 'raw'", "!ls {folder} $HOME").python.startswith('subprocess.run("ls {folder} $HOME"')
    assert read_cell("folder = 'raw'", "!ls {folder}").python.startswith('subprocess.run(f"ls {folder}"')


def test_display_needs_an_import_unless_the_notebook_has_one(read_cell):
    needs = ("from IPython.display import display",)
    assert read_cell("display(1)").needs == needs
    assert read_cell("a.display(1)").needs == ()
    assert read_cell("from IPython.display import HTML, display", "display(1)").needs == ()
    assert read_cell("class display:\n    pass", "display(1)").needs == ()
    assert read_cell("def display(*names):\n    pass", "display(1)").needs == ()


def test_another_language_is_said_once_and_nothing_is_translated(read):
    found = read("x <- 1", "%%step a\ny <- (", metadata={"kernelspec": {"language": "R"}})
    assert [(note.code, note.message) for note in found.notes] == [
        ("NB104", "the notebook's kernel speaks R, not Python")
    ]
    assert [cell.faults for cell in found.cells] == [(), ()]


@pytest.mark.parametrize("language", ["python", "Python", "ipython", "python3", "xpython"])
def test_pythons_are_python(read, language):
    assert read("a = 1", metadata={"language_info": {"name": language}}).notes == ()


@pytest.mark.parametrize("code", [code for code in FAULTS if code.startswith("NB1") and code != "NB103"])
def test_the_bad_example_has_the_fault_and_the_cure_has_none(read, code):
    fault = FAULTS[code]
    assert code in _codes(read, fault.bad)
    assert _codes(read, fault.cure) == set()


def _codes(read, example):
    if example.startswith("{"):
        found = notebook(example, "flights.ipynb", str)
    else:
        found = read(*((cell.source, cell.tags) for cell in example_cells(example)))
    return {each.code for each in (*found.notes, *(fault for cell in found.cells for fault in cell.faults))}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 6) | st.text(max_size=8) | st.sampled_from(["code", "%%step a"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["cells", "worksheets", "nbformat", "nbformat_minor", "metadata", "source", "input", "id",
                         "tags", "cell_type", "language_info", "kernelspec", "language", "name"]),
        inner, max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


def is_read_or_refused(text):
    """Whether the text is read, or refused with what to do; anything else that is raised goes through."""
    try:
        return notebook(text, "flights.ipynb", str).path == "flights.ipynb"
    except NotebookUnreadable as error:
        return bool(error.hint)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60) | JSON.map(json.dumps))
def test_any_text_is_a_notebook_or_unreadable(text):
    assert is_read_or_refused(text)


@settings(max_examples=200, deadline=None)
@given(cells=JSON.map(lambda value: [value]) | st.lists(JSON, max_size=3), version=st.sampled_from([1, 2, 3, 4]))
def test_any_cells_are_a_notebook_or_unreadable(cells, version):
    shape = {"cells": cells} if version in {1, 4} else {"worksheets": [{"cells": cells}]}
    assert is_read_or_refused(json.dumps({"nbformat": version, "metadata": {}, **shape}))


@pytest.mark.slow
def test_ten_thousand_cells_are_read_in_a_second(read):
    source = "%%step s{0}\nx{0} = f(x)\ndef g(a):\n    return a + 1\ny = [g(i) for i in range(3)]"
    cells = [source.format(number) for number in range(10_000)]
    start = time.process_time()
    found = read(*cells)
    assert time.process_time() - start < 3  # a second on a quiet machine
    assert len(found.cells) == 10_000


@pytest.mark.slow
def test_a_usual_notebook_is_read_without_ipython_and_nbformat():
    cells = [{"cell_type": "code", "metadata": {}, "source": "%load_ext nbprod\n%matplotlib inline\nimport pandas"}]
    text = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})
    code = (
        "import sys; from nbprod.adapters import ipython; from nbprod.read import notebook\n"
        f"notebook({text!r}, 'a.ipynb', ipython.transform)\n"
        "print(sorted({'IPython', 'nbformat', 'pandas'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_options_at_the_top_of_a_cell_are_no_code(read_cell):
    cell = read_cell("%%time\n#| label: load\n#| echo: false\n# A comment.\nx = 1\n#| y: 2")
    assert cell.python == "\n\n\n# A comment.\nx = 1\n#| y: 2"
    assert not cell.faults
    assert read_cell("%%step load\n#| label: load\nx = 1").python == "\n\nx = 1"
    assert read_cell(("#| label: load\n%%time\nx = 1", ["step:load"])).faults
