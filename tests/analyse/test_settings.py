"""Global state that cells set: repeated by the steps that it matters to."""

from __future__ import annotations

import pytest

from nbprod.analyse import graph
from nbprod.model.notebook import Cell, Mark, Notebook, Role

IMPORTS = "import os, json, math, warnings\nimport numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt"


def repeated(graph, step):
    """The statements that a step repeats of cells that are not its own."""
    found = graph.step(step)
    return [line for block in found.blocks if block.cell not in found.cells for line in block.python.split("\n")]


@pytest.mark.parametrize(
    "line",
    [
        "os.environ['MODE'] = 'fast'",
        "os.chdir('..')",
        "warnings.filterwarnings('ignore')",
        "math.tau2 = 12.5",
        "json.dumps = helper",
        "pd.DataFrame.total = lambda self: 1",
        "pd.options.mode.sim_interactive = True",
        "del os.environ['HOME']",
        "set_up()",
        "crafts.create('Team', list)",
        "load_dotenv()",
    ],
)
def test_every_step_below_repeats_it(graph_from, line):
    helpers = "def helper(x): return 1\ndef set_up(): os.environ['A'] = 'b'"
    others = "from dotenv import load_dotenv\nimport crafts"
    graph = graph_from(IMPORTS, others, helpers, line, "%%step a\nx = 1", "%%step b\ny = x")
    assert repeated(graph, "a") == repeated(graph, "b") == [line]
    assert graph.diagnostics == ()


SET_UP = "def set_up(mode='a'):\n    global MODE\n    MODE = mode\n    os.environ['A'] = mode"


@pytest.mark.parametrize(
    ("helper", "call", "lost"),
    [
        (SET_UP, "set_up()", ["os.environ"]),  # it binds MODE, too, which a repeated call would
        ("def set_up(mode): os.environ['A'] = mode", "set_up(x)", ["os.environ"]),
        ("def set_up(): os.environ['A'] = 'b'", "set_up()", []),
        ("def set_up(x): warnings.filterwarnings('ignore')", "set_up(x)", []),
        ("def set_up(x): plt.rcParams['a'] = x", "set_up(x)", []),
    ],
)
def test_what_a_step_sets_by_a_call_is_repeated_or_told(graph_from, helper, call, lost):
    graph = graph_from(IMPORTS, helper, f"%%step a\nx = 'c'\n{call}", "%%step b\ny = x")
    assert repeated(graph, "b") == ([] if lost or "x" in call else [call])
    told = [each.message for each in graph.diagnostics if each.code == "NB304"]
    assert told == [f"cell 2 changes a global state ({each}) in a way that the steps cannot repeat" for each in lost]


@pytest.mark.parametrize(
    ("line", "code", "matters"),
    [
        ("plt.style.use('ggplot')", "x = 1", False),
        ("plt.rcParams['a'] = 1", "fig = plt.figure()", True),
        ("plt.rcParams['a'] = 1", "x = frame.plot()", True),
        ("plt.rcParams['a'] = 1", "x = draw()", True),  # a function of the notebook that draws
        ("plt.rcParams['a'] = 1", "x = other.show(1)", True),  # a library that nothing is known of
        ("pd.set_option('display.width', 9)", "x = frame.sum()", False),
        ("pd.set_option('display.width', 9)", "x = f'{frame}'", True),
        ("pd.set_option('mode.sim_interactive', 9)", "x = frame.sum()", True),
        ("np.set_printoptions(precision=2)", "x = str(frame)", True),
        ("np.set_printoptions(precision=2)", "x = frame + 1", False),
    ],
)
def test_looks_are_for_steps_that_show_something(graph_from, line, code, matters):
    helpers = "import other\ndef draw(): return plt.gca()"
    graph = graph_from(IMPORTS, helpers, "%%step a\nframe = pd.Series([1])", line, f"%%step b\n{code}")
    assert bool(repeated(graph, "b")) is matters


def test_what_a_step_sets_later_steps_repeat(graph_from):
    graph = graph_from(IMPORTS, "%%step a\nos.environ['A'] = '1'\nx = 1", "%%step b\ny = x")
    assert repeated(graph, "b") == ["os.environ['A'] = '1'"]
    assert repeated(graph, "a") == []


def test_between_two_cells_of_a_step(graph_from):
    graph = graph_from(IMPORTS, "%%step a\nx = 1", "os.environ['A'] = '1'", "%%step a\ny = x")
    assert [block.cell for block in graph.step("a").blocks] == [1, 2, 3]


def test_a_parameter_may_set_it(graph_from):
    graph = graph_from(IMPORTS, "# tag: parameters\ndigits = 3", "os.environ['D'] = str(digits)", "%%step a\nx = 1")
    assert graph.step("a").parameters == ("digits",)


def test_what_a_step_computes_cannot_be_repeated(graph_from):
    graph = graph_from(IMPORTS, "%%step a\nn = len(open('f').read())\nos.environ['A'] = str(n)", "%%step b\nx = n")
    assert [each.code for each in graph.diagnostics] == ["NB304"]


def test_paths_are_the_packages_business(graph_from):
    graph = graph_from("import sys, os\nsys.path.append(os.path.abspath('..'))", "%%step a\nx = 1")
    assert repeated(graph, "a") == []
    assert graph.diagnostics == ()


def test_an_environment_variable_of_a_magic():
    cells = [
        Cell(0, "a", Role.PLAIN, "", python='os.environ["MODE"] = "fast"', needs=("import os",)),
        Cell(1, "b", Role.STEP, "", mark=Mark("a"), python='os.environ["B"] = "1"\nx = 1', needs=("import os",)),
    ]
    found = graph(Notebook("flights.ipynb", tuple(cells)))
    assert repeated(found, "a") == ['os.environ["MODE"] = "fast"']
    assert found.step("a").blocks[0].needs == ("import os",)
    assert found.diagnostics == ()


COUNTER = "class Counter:\n    n = 0"


def travelling(graph, step):
    return [each.source for each in graph.step(step).definitions]


@pytest.mark.parametrize(
    "line",
    ["Counter.twice = twice", "setattr(Counter, 'twice', twice)", "del Counter.n", "Counter.n += 1", "twice.calls = 0"],
)
def test_what_is_set_on_a_class_goes_with_it(graph_from, line):
    helper = "def twice(self): return 2 * self.n"
    graph = graph_from(COUNTER, helper, line, "%%step a\nc = Counter(); twice(c)", "%%step b\nx = Counter().n")
    for step in ("a", "b"):
        assert set(travelling(graph, step)) >= {COUNTER, line} or "twice.calls" in line
    assert travelling(graph, "a") == [COUNTER, helper, line]
    assert graph.diagnostics == ()


def test_a_class_is_as_it_was_where_a_step_uses_it(graph_from):
    later = "Counter.size = 1"
    graph = graph_from(COUNTER, "%%step a\nx = Counter()", later, "%%step b\ny = Counter(), x", "%%step c\nz = y")
    assert travelling(graph, "a") == [COUNTER]
    assert travelling(graph, "b") == [COUNTER, later]
    graph = graph_from(COUNTER, "%%step a\nx = Counter()\nCounter.size = x.n", "%%step b\ny = Counter.size, x")
    assert travelling(graph, "b") == [COUNTER, "Counter.size = x.n"]


def test_a_class_that_gets_a_computed_value_outside_of_the_steps(graph_from):
    graph = graph_from(COUNTER, "%%step a\nx = [1]", "Counter.size = len(x)", "%%step b\ny = Counter.size")
    assert [(each.code, each.cell) for each in graph.diagnostics] == [("NB304", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "team = crafts.create('Team')",
        "crafts.describe('Team')",
        "np.apply(1)",
        "json.register('a')",
        "crafts.create(rows)",
    ],
)
def test_what_a_library_hands_back_or_makes_of_values_is_not_repeated(graph_from, line):
    graph = graph_from(IMPORTS, "import crafts", "%%step a\nrows = [1]", line, "%%step b\ny = rows")
    assert repeated(graph, "b") == []


STATEFUL = """\
class Stock:
    total = 0
    items = []
    def add(self, n):
        Stock.total += n
    def keep(self, n):
        self.items.append(n)
    @classmethod
    def put(cls, n):
        cls.total = n
    def __len__(self):
        return self.total"""
KEEPING = "def keep(x, seen=[]):\n    seen.append(x)\n    return len(seen)"
COUNTING = "def f(x):\n    f.calls += 1\n    return x\nf.calls = 0"


@pytest.mark.parametrize(
    ("change", "use", "told"),
    [
        ("%%step b\ns.add(1)", "n = Stock.total", True),
        ("%%step b\nboxes[0].keep(1)", "n = len(Stock())", True),
        ("%%step b\nStock.put(1)", "n = f(Stock)", True),
        ("%%step b\nfor each in boxes:\n    Stock.total += each", "n = Stock.total", True),
        ("for each in boxes:\n    Stock.total += each", "n = Stock.total", True),
        ("%%step b\nStock.items.append(1)", "n = g()", True),
        ("%%step b\ny = f(s)", "n = f.calls", True),
        ("%%step b\ny = keep(s)", "n = keep(1)", True),
        ("%%step b\nt = Stock()\nn = len(t)", "n = Stock.total", False),
        ("%%step b\ns.add(1)", "n = len(boxes)", False),
        ("%%step b\ns.add(1)\nn = Stock.total", "m = n", False),
    ],
)
def test_the_state_of_a_class_or_function_stays_in_its_process(graph_from, change, use, told):
    made = "%%step a\ns = Stock()\nboxes = [s]"
    graph = graph_from(STATEFUL, COUNTING, KEEPING, "def g(): return Stock.items", made, change, f"%%step c\n{use}")
    assert [each.code for each in graph.diagnostics if each.code == "NB304"] == ["NB304"] * told


def test_a_class_that_changes_between_two_cells_of_a_step_that_uses_it(graph_from):
    cells = ["%%step a\nx = Counter.n", "Counter.n = 5", "%%step a\ny = Counter.n", "%%step b\nz = y"]
    graph = graph_from(COUNTER, *cells)
    assert [(each.code, each.cell) for each in graph.diagnostics] == [("NB304", 2)]


def test_a_class_that_counts_for_itself_stands_in_the_module(graph_from):
    graph = graph_from(STATEFUL, "%%step a\ns = Stock()\ns.add(1)\nn = len(s)")
    assert [each.local for each in graph.step("a").definitions] == [False]


def test_what_is_read_of_a_class_that_changes_is_no_constant(graph_from):
    loop, double = "for n in [1]:\n    Stock.total += n", "DOUBLE = Stock.total * 2"
    graph = graph_from(STATEFUL, loop, double, "%%step a\nx = DOUBLE")
    assert "NB203" in {each.code for each in graph.diagnostics}


def test_what_a_function_of_the_notebook_gives_is_no_constant(graph_from):
    graph = graph_from(KEEPING.replace("keep", "log"), "N = log(2)", "%%step a\ny = N")
    assert "NB203" in {each.code for each in graph.diagnostics}


@pytest.mark.parametrize(
    ("line", "constant"),
    [("os.environ['A'] = str(x)", "N = int(os.environ['A'])"), ("tools.STATE['n'] = x", "N = tools.STATE['n'] * 2")],
)
def test_what_is_read_of_a_part_of_a_module_that_is_set_is_no_constant(graph_from, line, constant):
    graph = graph_from("import os\nimport tools", f"%%step a\nx = 1\n{line}", constant, "%%step b\ny = N + x")
    assert "NB203" in {each.code for each in graph.diagnostics}


def test_what_a_decorator_registers_is_a_change_of_what_a_step_made(graph_from):
    register = "def register(f):\n    KNOWN[f.__name__] = f\n    return f"
    cells = ["%%step a\nKNOWN = {}", register, "@register\ndef one(x):\n    return x", "%%step b\nn = len(KNOWN)"]
    assert [(each.code, each.cell) for each in graph_from(*cells).diagnostics if each.code == "NB204"] == [("NB204", 2)]
