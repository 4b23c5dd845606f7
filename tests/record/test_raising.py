"""Cells that raised, and the steps that hold their code."""

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from nbprod.errors import NotebookFaulty
from nbprod.model.graph import Block, Definition, DefinitionKind, Graph, Step
from nbprod.model.notebook import Mark
from nbprod.record.raising import raised, refuse


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def step(*blocks, definitions=()) -> Step:
    return Step("one", (9,), blocks, (), (), (), tuple(definitions), Mark("one"))


def of_cell(shell, source):
    return raised(3, shell.run_cell(source, store_history=False), shell.user_ns)


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("x = 1\nx / 0", 2, "ZeroDivisionError: division by zero"),
        ("def f():\n    raise KeyError\nx = 2\nf()", 4, "KeyError"),
        ("raise ValueError('one\\ntwo')", 1, "ValueError: one"),
        ("x = = 1", 0, "SyntaxError: invalid syntax"),
    ],
)
def test_what_a_cell_raised_and_where(shell, source, line, said, capsys):
    told = of_cell(shell, source)
    assert (told.cell, told.line) == (3, line)
    assert told.said.startswith(said)


def test_a_cell_that_ran_raised_nothing(shell):
    assert of_cell(shell, "x = 1") is None


@pytest.mark.parametrize(
    ("source", "block", "refused"),
    [
        ("plt.style.use('gone')", "plt.style.use('gone')", True),
        ("plt.style.use('there')\n1 / 0", "plt.style.use('there')", False),
    ],
)
def test_a_setting_that_raised_is_refused(shell, source, block, refused, capsys):
    shell.user_ns["plt"] = _Pyplot()
    assert _refused(of_cell(shell, source), step(Block(3, block)), source) is refused


@pytest.mark.parametrize(("source", "refused"), [("import sys\n1 / 0", False), ("1 / 0\nimport sys", True)])
def test_an_import_that_was_not_come_to_is_refused(shell, source, refused, capsys):
    line = source.splitlines().index("import sys") + 1
    imported = Definition("sys", DefinitionKind.IMPORT, 3, line, "import sys")
    assert _refused(of_cell(shell, source), step(definitions=[imported]), source) is refused


class _Pyplot:
    class style:  # noqa: N801
        @staticmethod
        def use(name: str) -> None:
            if name == "gone":
                raise OSError(name, sys.platform)


def _refused(told, of, source) -> bool:
    try:
        refuse([told], Graph("book", steps=(of,)), {3: source})
    except NotebookFaulty as faulty:
        assert "step 'one' holds it" in faulty.message  # noqa: PT017
        return True
    return False
