"""From cells to functions: what stands where, and that it computes what the cells compute."""

from __future__ import annotations

import ast
import sys
import tokenize
from io import StringIO

import pytest

from nbprod.emit.modules import step_module
from nbprod.emit.plan import plan
from nbprod.model.graph import Block, Graph, Parameter, Step
from nbprod.model.notebook import Mark
from nbprod.model.record import Record


def emitted(*cells, makes=("out",), uses=(), function="", source="", parameters=(), **more):
    """The text of a step's module, without a record."""
    blocks = tuple(Block(number, text) for number, text in enumerate(cells, 5))
    indices = tuple(each.cell for each in blocks)
    step = Step(
        "work", indices, blocks, (), makes, tuple(each.name for each in parameters), tuple(uses), Mark("work"),
        function=function, source=source, **more,
    )  # fmt: skip
    arranged = plan(Graph("mini.ipynb", steps=(step,), parameters=tuple(parameters)), Record("", "", ""), "mini", {})
    return step_module(arranged.steps[0], arranged)


def run(text, *arguments, **keywords):
    space = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), space)
    return space["work"](*arguments, **keywords)


def body_of(text):
    """The function's lines after its docstring."""
    function = next(each for each in ast.parse(text).body if getattr(each, "name", "") == "work")
    return "\n".join(text.splitlines()[function.body[0].end_lineno : function.end_lineno])


LITERALS = {
    "triple": 'out = """a\n  b\n\n    c\\n"""',
    "triple single": "out = '''a\n\tb'''",
    "f-string": 'n = 2\nout = f"""{n}\n   {n:>5}\n"""',
    "f-string with a nested string": 'd = {"a": 1}\nout = f"""{d[\'a\']}\n x"""',
    "continued": 'out = "a\\\n   b"',
    "bytes": 'out = b"""a\n b"""',
    "raw": 'out = r"""\\d\n \\s"""',
    "in a block": 'if True:\n    out = """a\n b"""\nelse:\n    out = ""',
    "in a call": 'out = "".join([\n"""a\n""", """\n b"""\n])',
    "hash inside": 'out = """a\n# no comment\n"""',
    "with a dropped line below": 'out = """a\n b"""\nout\n',
    "in a function": 'def f():\n    return """a\n b"""\nout = f()',
    "continuation": "out = 1 + \\\n  2",
    "tabs": "if True:\n\tout = '''\n\tx'''",
}


@pytest.mark.parametrize("case", LITERALS)
def test_a_string_is_never_touched(case):
    space = {}
    exec(LITERALS[case], space)
    assert run(emitted(LITERALS[case])) == space["out"]


COMMENTS = """# first
out = 1  # trailing

# between
if out:  # why
    # inside
    out += 1
# after a block
out += 1
# last"""


def test_every_comment_is_kept():
    text = emitted(COMMENTS, "# of the next cell\nout += 1")
    found = [each.string for each in tokenize.generate_tokens(StringIO(text).readline) if each.type == tokenize.COMMENT]
    wanted = "# first|# trailing|# between|# why|# inside|# after a block|# last|# of the next cell"
    assert found == wanted.split("|")
    assert run(text) == 4


DROPPED = ["out", "out.real", "out.bit_length", "len([out])", "display(out)", "out, 3", "out; out", "[out][0]",
           "out == 3", "f'{out}'", '"""Some words."""', "out.conjugate", "out.info()", "out.head(3).describe().T",
           "out.groupby('a')['b'].agg(['mean', 'sum']).round(2)", "display(out.head(), out.tail())",
           "out[['a', 'b']].value_counts(normalize=True)", "plt.show()", "type(out)  # trailing"]  # fmt: skip
KEPT = ["print(out)", "out.fit()", "out.append(1)", "seen.add(out)", "names.sort()", "out.dropna(inplace=True)",
        "next(out)", "(y := out)", "f(out)", "out.head(f())", "logger.info('x')", "display(f())", "plt.plot(out)",
        "queue.get()", "thread.join()", "del y", "assert out", "out.sample(3)", "np.random.rand(3)", "model.fit(out)",
        "out.head(n := 3)", "await f()", "requests.get('x')"]  # fmt: skip


@pytest.mark.parametrize("line", DROPPED)
def test_what_only_shows_a_value_stays_in_the_notebook(line):
    assert body_of(emitted(f"out = 3\n{line}")).split() == ["out", "=", "3", "return", "out"]


@pytest.mark.parametrize("line", KEPT)
def test_what_may_do_something_is_kept(line):
    assert f"out = 3\n    {line}\n    return out" in emitted(f"out = 3\n{line}", is_async="await" in line)


SHARED_LINES = {
    "out = 1; out": "out = 1",
    "out; out = 1": "out = 1",
    "out = 1; out; out = 2": "out = 1; out = 2",
    "out = 1; out  # why": "out = 1  # why",
    "out = 'é'; out; x = 2": "out = 'é'; x = 2",
    "import os; out = os.sep": "out = os.sep",
}


@pytest.mark.parametrize("line", SHARED_LINES)
def test_a_statement_is_cut_out_of_its_line(line):
    assert body_of(emitted(line)).splitlines()[0].strip() == SHARED_LINES[line]


def test_imports_functions_and_classes_go_above():
    text = emitted(
        "import json\nfrom pathlib import Path\nimport os.path as p\n# what it does\ndef f(x):\n"
        "    return json.dumps(x)\n"
        "class A:\n    def g(self):\n        return f(self.h())\n    def h(self):\n        return [1]\nout = A().g()"
    )
    assert run(text) == "[1]"
    assert body_of(text).strip() == "out = A().g()\n    return out"
    assert "# what it does\ndef f(x):" in text
    assert "Path" not in text  # nothing needs it


STAYS = {
    "reads a local": "n = 2\ndef f():\n    return n\nout = f()",
    "reads another that stays": "n = 2\ndef f():\n    return n\ndef g():\n    return f()\nout = g()",
    "bound twice": "def f():\n    return 1\nout = f()\ndef f():\n    return 2\nout += f()",
    "a default of the cell": "n = 2\ndef f(x=n):\n    return x\nout = f()",
    "a global of the cell": "n = 0\ndef f():\n    global n\n    n += 1\nf()\nf()\nout = n",
    "a global that nothing else binds": "def f():\n    global n\n    n = 2\nf()\nout = n",
    "an import after a change of the path": "import sys\nsys.path.append('x')\nimport json\nout = json.dumps(1)",
    "a local that hides a definition's argument": "def f(out):\n    return out + 1\nout = f(1)",
    "recursion": "def f(n):\n    return n and f(n - 1)\nout = f(3)",
    "a comprehension": "xs = [1, 2]\nout = [[x for x in xs] for _ in xs]",
    "a class that reads a local": "n = 3\nclass A:\n    m = n\nout = A.m",
    "a lambda": "n = 3\nf = lambda x: x + n\nout = f(1)",
    "walrus in a comprehension": "ys = [y := x for x in (1, 2)]\nout = y",
    "del": "a = 1\nout = a\ndel a",
    "star": "from math import *\nout = floor(2.5)",
}


@pytest.mark.parametrize("case", STAYS)
def test_a_cell_computes_the_same_as_a_function(case, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    space = {"__name__": "__main__"}
    exec(STAYS[case], space)
    text = emitted(STAYS[case], uses=())
    assert run(text) == space["out"]


def test_a_decorated_function_becomes_the_step(definition):
    source = '''def work(rows, limit, *, scale=2):
    """Scale what is above the limit.

    More on that.
    """
    # only those
    kept = [each * scale for each in rows if each > limit]
    def inner():
        return 1, 2
    if not kept:
        return [], 0  # nothing
    return (
        kept,
        len(kept),
    )
'''
    text = emitted(
        "big, count = work(rows, limit)", makes=("big", "count"), function="work", source=source,
        parameters=(Parameter("limit", "int", "1", comment="the border"),),
    )  # fmt: skip
    assert "limit: int = 1" in text
    assert "scale: int = 2" in text
    assert "# only those" in text
    assert "Work([], 0)  # nothing" in text
    assert '"""Scale what is above the limit.\n\nMore on that.' in text
    ast.parse(text)


RETURNS = {
    "a, b": "Work(a, b)",
    "(a, b)": "Work(a, b)",
    "(a), (b)": "Work((a), (b))",
    "(a, b,)": "Work(a, b)",
    "f(a)": "Work(*(f(a)))",
    "[a, b]": "Work(*([a, b]))",
    "a, f((1, 2))": "Work(a, f((1, 2)))",
    "*a, b": "Work(*a, b)",
}


@pytest.mark.parametrize("returned", RETURNS)
def test_a_decorated_function_returns_its_named_tuple(returned):
    source = f"def work():\n    a = b = 1\n    return {returned}\n"
    text = emitted("x, y = work()", makes=("x", "y"), function="work", source=source)
    assert f"return {RETURNS[returned]}\n" in text


CLASHES = {
    "a helper with the step's name": ("def work():\n    return 1", "out = work() + 1", 2),
    "a helper that the cell binds anew": ("def f():\n    return 1", "f = f() + 1\nout = f", 2),
    "an import with the step's name": ("from math import floor as work", "out = work(2.5)", 2),
    "an import that the cell binds anew": ("import random", "random = random.Random(0).randint(1, 1)\nout = random", 1),
    "a constant that the cell changes": ("LIMIT = 3", "LIMIT = LIMIT + 1\nout = LIMIT", 4),
}


@pytest.mark.parametrize("case", CLASHES)
def test_a_name_with_two_meanings_keeps_both(case, definition):
    helper, cell, expected = CLASHES[case]
    assert run(emitted(cell, uses=(definition(helper),))) == expected


def test_what_is_read_late_is_read_late(definition):
    uses = (
        definition("def outer():\n    return inner() + limit", 1, local=True),
        definition("def inner():\n    return 1", 2),
    )
    assert run(emitted("limit = 5\nout = outer()", "limit = 6\nout += outer()", uses=uses)) == 13


def test_a_global_of_a_nested_definition_belongs_to_the_function(definition):
    uses = (definition("def count():\n    global calls\n    calls += 1", 1, local=True),)
    text = emitted("calls = 0\ncount()\ncount()\nout = calls", uses=uses)
    assert run(text) == 2
    assert "nonlocal calls" in text


def test_figures_are_closed_between_cells_as_jupyter_does(mini, module_of):
    cells = ("import matplotlib.pyplot as plt\nplt.plot([1])", "fig = plt.gcf()\nn = len(fig.axes)")
    text = module_of(mini.step("draw", *cells, makes=("n",)), "mini/steps/draw.py")
    assert 'plt.plot([1])\n\n    plt.close("all")\n\n    fig = plt.gcf()' in text


DEFAULTS = {
    ("int", "30", ""): "p: int = 30",
    ("list", "[1, 2]", ""): "p: list | None = None",
    ("str", '"a"', "Literal['a', 'b']"): "p: Literal['a', 'b'] = \"a\"",
    ("Path", 'Path("a")', "Path"): 'p: Path = Path("a")',
    ("None", "None", ""): "p: Any = None",
    ("float", "1e-3", "float | None"): "p: float | None = 1e-3",
    ("date", "date(2013, 1, 1)", ""): "p: date = date(2013, 1, 1)",
    ("object", "pd.Timestamp('2013')", "pd.Timestamp"): "p: pd.Timestamp | None = None",
    ("object", "unknown(3)", "Unknown"): "p: Any",
}


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_parameter_has_its_type_and_a_default_that_nobody_shares(kind):
    shown, default, annotation = kind
    text = emitted("out = p", parameters=(Parameter("p", shown, default, annotation),))
    assert f"def work(*, {DEFAULTS[kind]}) ->" in text
    if "unknown" not in default:
        first, second = run(text), run(text)
        assert first == second
        assert first is not second or not isinstance(first, list)


def test_nothing_to_do_is_still_a_function():
    assert run(emitted("# only words\n42", makes=())) is None


def test_top_level_await_makes_the_function_asynchronous():
    import asyncio

    text = emitted("import asyncio\nout = await asyncio.sleep(0, 7)", is_async=True)
    assert asyncio.run(run(text)) == 7


DRAWN = {
    "one value": ("return np.random.rand()", ("out",), 1),
    "one pair": ("return np.random.rand(), 2", ("out",), 1),
    "two values": ("return np.random.rand(), 2", ("out", "two"), 2),
    "two values of a call": ("return tuple([np.random.rand(), 2])", ("out", "two"), 2),
    "none": ("np.random.rand()", (), 0),
    "none, left early": ("if not np.random.rand():\n        return", (), 0),
}


@pytest.mark.parametrize("case", DRAWN)
def test_a_decorated_function_that_draws_returns_the_state_as_well(case, definition):
    import numpy as np

    line, makes, own = DRAWN[case]
    text = emitted(
        "", makes=(*makes, "numpy_random_state"), function="work", source=f"def work():\n    {line}\n",
        uses=(definition("import numpy as np"),),
    )  # fmt: skip
    np.random.seed(5)
    made = run(text)
    state = made if own == 0 else made.numpy_random_state
    assert len(made) == own + 1 if own else True
    assert state[0] == "MT19937"


def test_a_seed_before_the_call_stands_in_the_function(definition):
    blocks = (Block(2, "np.random.seed(3)"), Block(4, "def work():\n    return np.random.rand()"))
    step = Step("work", (4, 5), blocks, (), ("out",), (), (definition("import numpy as np"),), Mark("work"),
                function="work", source=blocks[1].python)  # fmt: skip
    arranged = plan(Graph("mini.ipynb", steps=(step,)), Record("", "", ""), "mini", {})
    text = step_module(arranged.steps[0], arranged)
    assert run(text) == run(text)
