"""The texts of faults: complete, filled, and fit to be pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from nbprod.model import faults
from nbprod.model.diagnostic import Severity
from nbprod.model.faults import FAULTS, Fault, example_cells

CODES = [
    *(f"NB10{number}" for number in range(1, 10)),
    *(f"NB2{number:02}" for number in range(1, 15)),
    *(f"NB30{number}" for number in range(1, 10)),
    *(f"NB40{number}" for number in range(1, 6)),
]


def test_every_code_has_its_fault_in_order():
    assert [code for code in FAULTS if code in CODES] == CODES
    assert list(FAULTS) == sorted(FAULTS)


def test_every_fault_has_a_constant():
    constants = {value.code: name for name, value in vars(faults).items() if isinstance(value, Fault)}
    assert set(constants) == set(FAULTS)
    assert all(name.isupper() and name in faults.__all__ for name in constants.values())


@pytest.mark.parametrize("code", FAULTS)
def test_texts_are_whole_sentences_and_examples_differ(code):
    fault = FAULTS[code]
    assert fault.code == code
    assert fault.why.endswith(".")
    assert len(fault.why) > 80
    assert fault.title[0].isupper()
    assert not fault.title.endswith(".")
    assert not fault.message.endswith(".")
    assert fault.bad.strip() != fault.cure.strip()


@pytest.mark.parametrize("code", FAULTS)
def test_a_diagnostic_has_all_its_fields_filled(code):
    fault = FAULTS[code]
    found = fault.at(3, 2, **dict.fromkeys(fault.fields, "FILLED"))
    assert (found.code, found.severity, found.cell, found.line) == (code, fault.severity, 3, 2)
    assert not re.search(r"[{}]", found.message + found.hint)
    for template, text in ((fault.message, found.message), (fault.hint, found.hint)):
        assert text.count("FILLED") == sum(name is not None for _, name, _, _ in Formatter().parse(template))


def test_a_missing_field_is_an_error_of_ours():
    with pytest.raises(KeyError, match="magic"):
        faults.UNCARRIED_MAGIC.at(0)


def test_a_severity_can_be_lowered():
    assert faults.NOT_PYTHON.at(0, 1, severity=Severity.WARNING, problem="x").severity is Severity.WARNING


def test_values_with_braces_stand_as_they_are():
    assert faults.NOT_PYTHON.at(0, 1, problem="f'{x}'").message == "the cell is not Python: f'{x}'"


@pytest.mark.parametrize("code", [code for code in FAULTS if FAULTS[code].has_example_notebook])
def test_examples_are_notebooks_whose_cures_are_python(code):
    for text in (FAULTS[code].bad, FAULTS[code].cure):
        assert example_cells(text)
    for cell in example_cells(FAULTS[code].cure):
        ast.parse("\n".join(row for row in cell.source.split("\n") if not row.startswith("%")))


def test_cells_of_an_example_have_tags_and_kinds():
    found = example_cells("# %% [markdown]\n# Title\n\n# %% tags=parameters, skip\na = 1\n")
    assert [(cell.source, cell.tags, cell.is_code) for cell in found] == [
        ("# Title", (), False),
        ("a = 1", ("parameters", "skip"), True),
    ]


def uses_of_faults():
    """Yield where the package makes a diagnostic: place, constant, and the keywords that it hands over."""
    package = Path(faults.__file__).parents[2]
    for path in sorted(package.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if ".at(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr="at")):
                    keywords = [keyword.arg for keyword in node.keywords]
                    if name in faults.__all__ and None not in keywords:
                        yield f"{path.relative_to(package)}:{node.lineno}", name, set(keywords)


def test_every_use_of_a_fault_fills_its_fields():
    missing = [
        (place, name, sorted(getattr(faults, name).fields - keywords))
        for place, name, keywords in uses_of_faults()
        if not getattr(faults, name).fields <= keywords
    ]
    assert missing == []
