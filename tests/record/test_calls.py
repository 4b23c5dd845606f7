"""The statements that call decorated steps."""

from __future__ import annotations

import ast

import pytest

from nbprod.record.calls import Borders, calling


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nt = made(x)\nt.head()", "t = made(x)"),
        ("a, b = made(x)", "a, b = made(x)"),
        ("t: dict = await made(x)", "t: dict = await made(x)"),
        ("made(x)", "made(x)"),
        ("t = made", ""),
        ("t = other(made(x))", ""),
        ("def f():\n    return made(x)", ""),
        ("t = (", ""),
        ("a = made(1)\nb = made(2)", "a = made(1)\nb = made(2)"),
    ],
)
def test_calling_statements(source, expected):
    assert calling(source, "made") == expected


def test_borders_keep_the_lines_of_what_was_written():
    told = []
    names = {"tell": lambda *each: told.append(each), "made": lambda: told.append("made")}
    tree = Borders(lambda: ["made"], "tell").visit(ast.parse("x = 1\n\ny = made()\nz = 1 / 0\n"))
    with pytest.raises(ZeroDivisionError) as caught:
        exec(compile(tree, "<cell>", "exec"), names)
    assert caught.traceback[-1].lineno + 1 == 4
    assert told == [("before", "made"), "made", ("after", "made")]


def test_without_functions_a_cell_stays_as_it_is():
    tree = ast.parse("y = made()")
    assert ast.dump(Borders(list, "tell").visit(tree)) == ast.dump(ast.parse("y = made()"))
