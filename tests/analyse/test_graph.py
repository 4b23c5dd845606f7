"""From marked cells to steps, edges, parameters and definitions."""

# ruff: noqa: E501  (a case reads best on one line)

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from nbprod.model.graph import CellKind, Edge, Input, Parameter
from nbprod.model.record import Record, StepSeen, ValueSeen

# (what it is about, cells, {step: "inputs -> outputs"})
STEPS = [
    ("one after the other", ["%%step a\nx = 1", "%%step b\ny = x"], {"a": "-> x", "b": "x<a ->"}),
    ("the last writer counts", ["%%step a\nx = 1", "%%step b\nx = 2", "%%step c\ny = x"],
     {"a": "->", "b": "-> x", "c": "x<b ->"}),
    ("the last writer before it counts", ["%%step a\nx = 1", "%%step b\ny = x", "%%step c\nx = 2"],
     {"a": "-> x", "b": "x<a ->", "c": "->"}),
    ("only what is read is an output", ["%%step a\nx = 1\ntmp = 2", "%%step b\nx"], {"a": "-> x", "b": "x<a ->"}),
    ("declared outputs", ["%%step a --outs x --metrics m --plots p\nx = m = p = q = 1"], {"a": "-> x m p"}),
    ("make, fit, predict", ["%%step make\nmodel = object()", "%%step train\nmodel.fit(1)", "%%step predict\np = model.predict(1)"],
     {"make": "-> model", "train": "model<make -> model", "predict": "model<train ->"}),
    ("two cells make one step", ["%%step a\nx = 1", "%%step a\ny = x", "%%step b\nx, y"], {"a": "-> x y", "b": "x<a y<a ->"}),
    ("a step's cells around another's", ["%%step a\nx = 1", "%%step b\ny = x", "%%step a\nz = 1", "%%step c\ny, z"],
     {"a": "-> x z", "b": "x<a -> y", "c": "y<b z<a ->"}),
    ("own names are no inputs", ["%%step a\nx = 1", "%%step b\nx = 2\ny = x", "%%step c\ny"],
     {"a": "->", "b": "-> y", "c": "y<b ->"}),
    ("bound on one branch and read later", ["%%step a\nx = 1", "%%step b\nif 1 > 2:\n    x = 2", "%%step c\nx"],
     {"a": "-> x", "b": "x<a -> x", "c": "x<b ->"}),
    ("bound on one branch and not read later", ["%%step a\nx = 1", "%%step b\nif 1 > 2:\n    x = 2"], {"a": "->", "b": "->"}),
    ("a loop's name", ["%%step a\nfor i in [1]: pass", "%%step b\nfor i in [1]: print(i)"], {"a": "->", "b": "->"}),
    ("an alias across steps", ["%%step a\nx = []\ny = x", "%%step b\ny.append(1)", "%%step c\nx"],
     {"a": "-> x y", "b": "y<a x<a -> x", "c": "x<b ->"}),
    ("a list of frames", ["%%step a\nt, u = {}, {}\nl = [t, u]", "%%step b\nfor d in l:\n    d['k'] = 1", "%%step c\nt"],
     {"a": "-> t l", "b": "l<a t<a -> t", "c": "t<b ->"}),
    ("through a function", ["%%step a\nk = 1", "def f(): return k", "%%step b\ny = f()"], {"a": "-> k", "b": "k<a ->"}),
    ("a function of a step's cell", ["%%step a\nk = 1\ndef f(): return k", "%%step b\ny = f()"], {"a": "-> k", "b": "k<a ->"}),
    ("a function's global, made by the caller", ["def f(): return k", "%%step a\nk = 1\ny = f()", "%%step b\ny"],
     {"a": "-> y", "b": "y<a ->"}),
    ("what a function binds has one order, not a set's",
     ["def work():\n    global t, s, r, q, p\n    t = s = r = q = p = 1", "%%step a\nwork()", "%%step b\nt, s, r, q, p"],
     {"a": "-> p q r s t", "b": "t<a s<a r<a q<a p<a ->"}),
    ("a function that changes a step's value", ["def f(d): d['x'] = 1", "%%step a\nt = {}", "%%step b\nf(t)", "%%step c\nt"],
     {"a": "-> t", "b": "t<a -> t", "c": "t<b ->"}),
    ("a test's names are outputs", ["%%step a\nx = 1\ny = 2", "%%test a\nassert x"], {"a": "-> x"}),
    ("a name in a query", ["%%step a\nk = 1\nd = 2", "%%step b\nt = d.query('x > @k')"], {"a": "-> k d", "b": "d<a k<a ->"}),
    ("a name in a query of a function, that nothing makes", ["def f(d): return d.query('x > @k')", "%%step a\nd = 2", "%%step b\nt = f(d)"], {"a": "-> d", "b": "d<a ->"}),
    ("a name in a query of a function, made later", ["def f(d): return d.query('x > @k')", "%%step a\nk = 1\nd = 2", "%%step b\nt = f(d)"], {"a": "-> k d", "b": "k<a d<a ->"}),
    ("del hides", ["%%step a\nx = 1\nt = 2\ndel t", "%%step b\nx"], {"a": "-> x", "b": "x<a ->"}),
    ("an unparsable cell disables only itself", ["%%step a\nx = 1", "x = = 2", "%%step b\nx"], {"a": "-> x", "b": "x<a ->"}),
    ("exploration is ignored", ["%%step a\nx = 1", "x\nlen([x])\nz = x", "%%step b\nx"], {"a": "-> x", "b": "x<a ->"}),
    ("np.random's state", ["import numpy as np", "%%step a\nnp.random.seed(0)", "%%step b\nx = np.random.rand()"],
     {"a": "-> numpy_random_state", "b": "numpy_random_state<a ->"}),
    ("the state is handed on", ["import numpy as np", "%%step a\nnp.random.seed(0)\nx = np.random.rand()", "%%step b\ny = np.random.rand()"],
     {"a": "-> numpy_random_state", "b": "numpy_random_state<a ->"}),
    ("seeded in each step", ["import numpy as np", "%%step a\nnp.random.seed(0)\nx = np.random.rand()",
                             "%%step b\nnp.random.seed(0)\ny = np.random.rand()"], {"a": "->", "b": "->"}),
    ("random's state", ["import random", "%%step a\nrandom.seed(0)\nx = random.random()", "%%step b\ny = random.random()"],
     {"a": "-> python_random_state", "b": "python_random_state<a ->"}),
    ("draws through a function", ["import numpy as np\ndef f(): return np.random.rand()", "%%step a\nnp.random.seed(0)",
                                  "%%step b\ny = f()"], {"a": "-> numpy_random_state", "b": "numpy_random_state<a ->"}),
    ("seeded outside of steps", ["import numpy as np\nnp.random.seed(0)", "%%step a\nx = np.random.rand()", "%%step b\ny = np.random.rand()"],
     {"a": "-> numpy_random_state", "b": "numpy_random_state<a ->"}),
    ("a generator is a value", ["import numpy as np", "%%step a\nrng = np.random.default_rng(0)", "%%step b\nx = rng.normal()",
                                "%%step c\ny = rng.normal()"], {"a": "-> rng", "b": "rng<a -> rng", "c": "rng<b ->"}),
]  # fmt: skip


def drawn(graph):
    return {
        step.name: " ".join([*(f"{i.name}<{i.maker}" for i in step.inputs), "->", *step.outputs])
        for step in graph.steps
    }


@pytest.mark.parametrize(("cells", "expected"), [pytest.param(*case, id=name) for name, *case in STEPS])
def test_inputs_and_outputs(graph_from, cells, expected):
    assert drawn(graph_from(*cells)) == expected


def test_edges_and_order(graph_from):
    graph = graph_from("%%step a\nx = 1", "%%step b\ny = x\nw = 1", "%%step c\nx, y")
    assert graph.edges == (Edge("a", "b", "x"), Edge("a", "c", "x"), Edge("b", "c", "y"))
    assert [step.name for step in graph.steps] == ["a", "b", "c"]


def test_steps_stand_in_an_order_in_which_they_can_run(graph_from):
    cells = ["%%step report\nn = 1", "%%step load\nx = 1", "%%step report\nm = x"]
    assert [step.name for step in graph_from(*cells).steps] == ["load", "report"]


PARAMETERS = (
    "# tag: parameters\nlate: int = 30  # minutes\nshare = -0.5\nname = 'a'\nopen_ = None\ndays = [1, 2]\nflag = True"
)


def test_parameters(graph_from):
    graph = graph_from(PARAMETERS, "%%step a\nx = late * share")
    assert graph.parameters[0] == Parameter("late", "int", "30", "int", "minutes", cell=0, line=2)
    assert [(each.name, each.type) for each in graph.parameters[1:]] == [
        ("share", "float"), ("name", "str"), ("open_", "None"), ("days", "list"), ("flag", "bool"),
    ]  # fmt: skip
    assert graph.step("a").parameters == ("late", "share")


def test_a_step_that_changes_a_parameter_makes_it(graph_from):
    graph = graph_from("# tag: parameters\ndays = [1]", "%%step a\ndays.append(2)", "%%step b\ndays")
    assert drawn(graph) == {"a": "-> days", "b": "days<a ->"}
    assert graph.step("a").parameters == ("days",)


# (what it is about, cells, the definitions of the last step: name, a star if it must stand inside the function)
DEFINITIONS = [
    ("an import", ["import pandas as pd, numpy as np", "%%step a\nx = pd.x"], "pd"),
    ("a constant", ["K = 3", "%%step a\nx = K"], "K"),
    ("a constant of constants", ["A = 1\nB = [A, -A]", "%%step a\nx = B"], "A B"),
    ("two constants on one line", ["B = 1; A = B", "%%step a\nx = A"], "B A"),
    ("a constant path", ["from pathlib import Path\nD = Path('x') / 'y'", "%%step a\nx = D"], "Path D"),
    ("a constant from an f-string", ["Y = 2\nD = f'{Y}.csv'", "%%step a\nx = D"], "Y D"),
    ("a constant pattern", ["import re\nP = re.compile('a')", "%%step a\nx = P"], "re P"),
    ("a comprehension of constants", ["D = [f'x{i}' for i in range(3)]", "%%step a\nx = D"], "D"),
    ("from a parameter: inside", ["# tag: parameters\nd = 'x'", "P = d + '.csv'", "%%step a\nx = P"], "P*"),
    ("a function", ["def f(): return 1", "%%step a\nx = f()"], "f"),
    ("a function with an import", ["import math\ndef f(): return math.pi", "%%step a\nx = f()"], "math f"),
    ("functions of functions", ["def f(): return 1\ndef g(): return f()", "%%step a\nx = g()"], "f g"),
    ("closes over a step's value: inside", ["%%step m\nk = 1", "def f(): return k", "%%step a\nx = f()"], "f*"),
    ("uses one that closes over: inside", ["%%step m\nk = 1", "def f(): return k\ndef g(): return f()", "%%step a\nx = g()"],
     "f* g*"),
    ("closes over the step's own value: inside", ["def f(): return k", "%%step a\nk = 1\nx = f()"], "f*"),
    ("writes a global: inside", ["def f():\n    global n\n    n = 1", "%%step a\nf()"], "f*"),
    ("a parameter: inside", ["# tag: parameters\nd = 'x'", "def f(): return d", "%%step a\nx = f()"], "f*"),
    ("a lambda", ["f = lambda x: x", "%%step a\nx = f(1)"], "f"),
    ("a class", ["class A: pass", "%%step a\nx = A()"], "A"),
    ("a class with a base", ["class B: pass\nclass A(B): pass", "%%step a\nx = A()"], "B A"),
    ("the version that it sees", ["def f(): return 1", "def f(): return 2", "%%step a\nx = f()"], "f"),
    ("late-bound", ["def f(): return g()", "def g(): return 1", "%%step a\nx = f()"], "f g"),
    ("of another step's cell", ["%%step m\nimport math\ndef f(): return math.pi\ny = f()", "%%step a\nx = f()"], "math f"),
    ("of its own cell: not listed", ["%%step a\nimport math\ndef f(): return math.pi\ny = f()"], ""),
    ("an import with a replacement", ["try:\n    import fast\nexcept ImportError:\n    fast = None", "%%step a\nx = fast"], "fast"),
    ("several modules of a package", ["import pk.b", "import pk.c", "%%step a\nx = pk.b + pk.c"], "pk pk"),
    ("an import with a replacement, in a step", ["%%step m\ntry:\n    import fast\nexcept ImportError:\n    fast = None\ny = fast", "%%step a\nx = fast"], "fast"),
    ("a star import", ["from math import *", "%%step a\nx = sin(1)"], "*"),
    ("a type annotation", ["import pandas as pd", "def f(d: pd.DataFrame): return d", "%%step a\nx = f(1)"], "pd f"),
    ("an own import serves a definition too", ["def f(): return math.pi", "%%step a\nimport math\nx = f()"], "f math"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), [pytest.param(*case, id=name) for name, *case in DEFINITIONS])
def test_definitions(graph_from, cells, expected):
    graph = graph_from(*cells)
    shown = [each.name + "*" * (each.local and each.name != "*") for each in graph.step("a").definitions]
    assert (" ".join(shown), graph.diagnostics) == (expected, ())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax came with Python 3.12")
def test_a_type_alias_travels(graph_from):
    graph = graph_from("class Row: ...\ntype Rows = list[Row]", "%%step a\nx: Rows = []")
    assert [each.source for each in graph.step("a").definitions] == ["class Row: ...", "type Rows = list[Row]"]
    assert graph.diagnostics == ()


def test_a_definition_in_its_own_words(graph_from):
    cells = [
        "import functools as ft, math\n\n# Twice as much.\n@ft.cache\ndef f(x):  # once\n    return 2 * x  # fast",
        "%%step a\ny = f(1)",
    ]
    sources = [each.source for each in graph_from(*cells).step("a").definitions]
    assert sources == [
        "import functools as ft",
        "# Twice as much.\n@ft.cache\ndef f(x):  # once\n    return 2 * x  # fast",
    ]


@pytest.mark.parametrize(
    ("cells", "reads"),
    [
        (["def f(): return len([k])", "%%step a\nk = 1\nx = f()"], {"k"}),
        (["len = print", "def f(): return len([1])", "%%step a\nx = f()"], {"len"}),
        (["def f(): return len([1])", "%%step a\nlen = print\nx = f()"], {"len"}),
        (["def f(): return [display(each) for each in _]", "%%step a\nx = f()"], set()),
    ],
)
def test_what_a_definition_needs_from_elsewhere(graph_from, cells, reads):
    (function,) = (each for each in graph_from(*cells).step("a").definitions if each.name == "f")
    assert function.reads == reads


def test_the_version_that_a_step_sees(graph_from):
    graph = graph_from("def f(): return 1", "%%step a\nx = f()", "def f(): return 2", "%%step b\ny = f()")
    assert [graph.step(name).definitions[0].source[-1] for name in "ab"] == ["1", "2"]


def test_star_names_of_a_record(graph_from):
    record = Record("n", "", "3.11", star_names=(("math", ("sin", "pi")),))
    graph = graph_from("from math import *", "%%step a\nx = sin(pi)", record=record)
    assert [each.source for each in graph.step("a").definitions] == ["from math import pi", "from math import sin"]


DECORATED = (
    "from nbprod import step\n@step\ndef features(flown, limit, scale=2):\n    '''Make features.'''\n    return flown\n"
)


def test_a_decorated_function(graph_from):
    graph = graph_from(
        "# tag: parameters\nlimit = 1",
        "%%step load\nflown = 1",
        DECORATED + "table = features(flown, limit)",
        "%%step use\ntable",
    )
    step = graph.step("features")
    assert drawn(graph)["features"] == "flown<load -> table"
    assert (step.parameters, step.function, step.doc, step.cells) == (("limit",), "features", "Make features.", (2,))
    assert step.source.startswith("def features(flown, limit, scale=2):")
    assert graph.cells[2].kind is CellKind.STEP


def test_a_decorated_function_called_in_another_cell(graph_from):
    graph = graph_from(
        "%%step load\nflown, limit = 1, 2",
        DECORATED,
        "a = 1\ntable = features(flown, limit=limit)",
        "%%step use\ntable",
    )
    assert drawn(graph)["use"] == "table<features ->"
    assert graph.step("features").cells == (1, 2)


def test_a_decorated_function_that_is_not_called(graph_from):
    graph = graph_from(
        "%%step load\nflown, limit = 1, 2",
        "from nbprod import step\n@step(metrics='m')\ndef f(flown, k=1):\n    m = flown\n    return m, k",
    )
    assert drawn(graph)["f"] == "flown<load -> m k"
    assert graph.step("f").mark.metrics == ("m",)


def test_two_names_of_a_call(graph_from):
    cells = [
        "%%step load\nx = 1",
        "from nbprod import step\n@step\ndef f(x):\n    return 1, 2",
        "a, b = f(x)",
        "%%step use\nb",
    ]
    assert drawn(graph_from(*cells))["f"] == "x<load -> a b"


def test_seeding_outside_of_steps_is_repeated(graph_from):
    cells = [
        "# tag: parameters\nseed = 1",
        "import numpy as np\nnp.random.seed(seed)",
        "%%step a\nx = 1",
        "%%step b\ny = np.random.rand()",
    ]
    graph = graph_from(*cells)
    assert [block.python.strip() for block in graph.step("b").blocks] == [
        "np.random.seed(seed)",
        "y = np.random.rand()",
    ]
    assert (graph.step("b").parameters, len(graph.step("a").blocks)) == (("seed",), 1)


def test_a_helper_that_seeds(graph_from):
    cells = ["import random\ndef seed_all(n):\n    random.seed(n)", "seed_all(3)", "%%step a\nx = random.random()"]
    graph = graph_from(*cells)
    assert [block.cell for block in graph.step("a").blocks] == [1, 2]
    assert [each.name for each in graph.step("a").definitions] == ["random", "seed_all"]


def test_settings_outside_of_steps_are_repeated(graph_from):
    graph = graph_from("import os\nos.environ['A'] = '1'", "%%step a\nx = os.environ['A']")
    assert graph.step("a").blocks[0].python == "os.environ['A'] = '1'"
    assert graph.diagnostics == ()


def test_the_record_says_what_changed(graph_from):
    cells = ["%%step a\nx, y = [], []", "%%step b\nlibrary(x)\ny.update(1)", "%%step c\nx, y", "import library"]
    cells = [cells[3], *cells[:3]]
    before = graph_from(*cells)
    assert drawn(before)["b"] == "x<a y<a -> y"
    seen = StepSeen("b", before.step("b").code_id, changed=("x",))
    after = graph_from(*cells, record=Record("n", "", "3.11", steps=(seen,)))
    assert drawn(after)["b"] == "x<a y<a -> x"
    assert after.step("b").code_id == before.step("b").code_id


def test_a_stale_record_says_nothing(graph_from):
    cells = ["import library", "%%step a\nx = []", "%%step b\nlibrary(x)", "%%step c\nx"]
    seen = StepSeen("b", "another", changed=("x",))
    assert drawn(graph_from(*cells, record=Record("n", "", "3.11", steps=(seen,))))["b"] == "x<a ->"


def test_a_step_that_seeds_itself_draws_from_what_it_seeded(graph_from):
    cells = ["import numpy as np", "%%step a\nnp.random.seed(0)\nx = np.random.rand()", "%%step b\ny = x"]
    before = graph_from(*cells)
    seen = StepSeen("a", before.step("a").code_id, draws=("numpy",))
    record = Record("notebooks/flights.ipynb", "", "", steps=(seen,))
    assert graph_from(*cells, record=record).diagnostics == ()


def test_a_function_finds_what_its_caller_binds(graph_from):
    functions = "def show(): return column\ndef execute():\n    global column\n    column = 0\n    return show()"
    assert graph_from(functions, "%%step a\nexecute()\nexecute()").diagnostics == ()


def test_a_function_that_a_step_defines_may_use_what_is_made_below(graph_from):
    cells = [
        "def name(): return fail()",
        "%%step a\ndef variable(): return name()\nx = 1",
        "def fail(): return 1",
        "%%step b\nvariable()",
    ]
    assert graph_from(*cells).diagnostics == ()


def test_the_record_knows_draws(graph_from):
    cells = [
        "import numpy as np",
        "%%step a\nnp.random.seed(0)",
        "from forests import Forest",
        "%%step b\nm = Forest().fit(1)",
    ]
    before = graph_from(*cells)
    seen = StepSeen("b", before.step("b").code_id, draws=("numpy",))
    after = graph_from(*cells, record=Record("n", "", "3.11", steps=(seen,)))
    assert drawn(after) == {"a": "-> numpy_random_state", "b": "numpy_random_state<a ->"}


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        (["%%step a\nx = 1", "%%step a\ny = 2\nz = np.random.rand()"], (2, 3)),
        (["%%step a\nx = 1", "%%step a\ny = library(x)"], (1, 1)),
    ],
    ids=["the statement that draws", "only the record knows"],
)
def test_where_a_recorded_step_draws_unseeded(graph_from, cells, place):
    cells = ["import numpy as np\nimport library", *cells]
    seen = StepSeen("a", graph_from(*cells).step("a").code_id, draws=("numpy",), unseeded=("numpy",))
    (found,) = graph_from(*cells, record=Record("n", "", "3.11", steps=(seen,))).diagnostics
    assert (found.code, found.cell, found.line) == ("NB302", *place)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["%%step a\nx = 1"], ["%%step a\nx = 2"]),
        (["K = 1", "%%step a\nx = K"], ["K = 2", "%%step a\nx = K"]),
        (["def f(): return 1", "%%step a\nx = f()"], ["def f(): return 2", "%%step a\nx = f()"]),
        (["# tag: parameters\nk = 1", "%%step a\nx = k"], ["# tag: parameters\nk = 2", "%%step a\nx = k"]),
    ],
)
def test_the_code_id_changes_with_what_the_step_uses(graph_from, before, after):
    assert graph_from(*before).step("a").code_id != graph_from(*after).step("a").code_id


def test_the_code_id_stays_when_something_else_changes(graph_from):
    one, other = (graph_from("K = 1", "%%step a\nx = K", more).step("a").code_id for more in ("K", "%%step b\ny = x"))
    assert one == other


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["%%step a\n'''Load it.'''\nx = 1"], "Load it."),
        (
            ["# tag: text\n## 1. Load\n\nRead **all** flights. Then more.", "%%step a\n# comment\nx = 1"],
            "Read all flights.",
        ),
        (["# tag: text\n## 1. Load", "%%step a\nx = 1"], "Load"),
        (["# tag: text\n## Load", "y = 1", "%%step a\n# Read all\n# flights.\nx = 1"], "Read all flights."),
        (["%%step a\nx = 1"], ""),
    ],
)
def test_what_a_step_does(graph_from, cells, expected):
    assert graph_from(*cells).step("a").doc == expected


def test_kinds_of_cells(graph_from):
    cells = [
        "# tag: parameters\nk = 1",
        "import a\nK = 3",
        "%%step s\nx = 1",
        "x",
        "%%test s\nassert x",
        "# tag: skip\ny",
        "b = = 1",
    ]
    assert [each.kind for each in graph_from(*cells).cells] == [
        CellKind.PARAMETERS, CellKind.DEFINITIONS, CellKind.STEP, CellKind.EXPLORATION, CellKind.TEST,
        CellKind.SKIPPED, CellKind.UNPARSABLE,
    ]  # fmt: skip


def test_a_notebook_s_tests(graph_from):
    graph = graph_from(
        "import math\nK = 2", "%%step s\nx = 1\ny = 2", "%%test s\nlimit = K\nassert x < math.inf, limit"
    )
    (test,) = graph.tests
    assert (test.step, test.cell, test.reads) == ("s", 2, {"x"})
    assert [each.name for each in test.definitions] == ["math", "K"]


def test_asynchronous_steps_and_plots(graph_from):
    cells = [
        "import matplotlib.pyplot as plt\nasync def f(): return 1",
        "%%step a\nx = await f()",
        "%%step b\nplt.plot([1])",
    ]
    graph = graph_from(*cells)
    assert [graph.step(name).is_async for name in "ab"] == [True, False]
    assert [graph.step(name).blocks[0].uses_pyplot for name in "ab"] == [False, True]


def test_what_a_step_changes_in_place(graph_from):
    cells = ["%%step a\nx, y = {}, {}", "%%step b\nx['k'] = 1\ny = dict(y)\ny['k'] = 1", "%%step c\nx, y"]
    assert graph_from(*cells).step("b").mutates == {"x"}


def test_what_is_carried_along_because_it_shares_objects(graph_from):
    graph = graph_from("%%step a\nx = []\ny = x", "%%step b\ny.append(1)", "%%step c\nx, y")
    assert graph.step("b").carried == {"x"}
    assert graph.step("c").carried == set()


SHELF = ("%%step make\nbox = [1]\nshelf = {}", "%%step put\nshelf['box'] = box", "%%step grow\nbox.append(2)")


def test_names_of_several_steps_for_one_object_are_handed_on_together(graph_from):
    graph = graph_from(*SHELF, "%%step look\nsize = len(shelf['box'])")
    assert graph.step("put").outputs == ("shelf", "box")
    assert set(graph.step("grow").inputs) == {Input("box", "put"), Input("shelf", "put")}
    chained = graph_from(
        *SHELF[:2], "%%step room\nroom = [shelf]", "%%step grow\nbox.append(2)", "%%step look\nsize = len(room[0])"
    )
    assert [set(each.outputs) for each in chained.steps[1:3]] == [{"shelf", "box"}, {"room", "box"}]
    unchanged = graph_from(*SHELF[:2], "%%step look\nsize = len(shelf['box']) + len(box)")
    assert unchanged.step("put").outputs == ("shelf",)


@pytest.mark.parametrize(
    ("last", "handed_on"),
    [
        ("%%step look\nx = 1", {"box"}),
        ("%%step look\nshelf = {}\nprint(shelf)", {"box"}),
        ("%%step look\nif box:\n    shelf = {}\nprint(shelf)", {"shelf", "box"}),
        ("def f(): return shelf\n%%step look\nf()", {"shelf", "box"}),
        ("%%test grow\nassert shelf", {"shelf", "box"}),
    ],
    ids=["never read", "bound anew first", "perhaps bound anew", "through a function", "by a test"],
)
def test_only_names_that_are_read_below_are_handed_on(graph_from, last, handed_on):
    *above, last = last.split("\n%%")
    cells = (*SHELF, *above, "%%" + last.removeprefix("%%"))
    graph = graph_from(*cells)
    assert {name for name in graph.step("put").outputs if name in {"shelf", "box"}} | {"box"} == handed_on
    assert {each.maker for each in graph.step("grow").inputs} == ({"put"} if "shelf" in handed_on else {"make"})


def test_a_result_is_handed_on_with_what_it_shares(graph_from):
    cells = (*SHELF[:2], "%%step grow --outs shelf\nprint(shelf)\nbox.append(2)")
    assert set(graph_from(*cells).step("grow").inputs) == {Input("box", "put"), Input("shelf", "put")}


def test_what_crosses_steps_with_one_object_grows_with_the_steps(graph_from):
    def crossing(count):
        shared = [f"%%step s{at}\nx{at} = [x0]" for at in range(1, count)]
        return len(graph_from("%%step s0\nx0 = []", *shared, "%%step z\nx0.append(1)").edges)

    assert crossing(80) <= 2 * crossing(40)


def test_each_reading_is_told_once_however_often_the_name_changes_below(graph_from):
    cells = [f"%%step {'ab'[at % 2]}\nrows.append({at})" for at in range(40)]
    found = graph_from("%%step a\nrows = []", *cells).diagnostics
    assert len([each for each in found if each.code == "NB208"]) <= 40


def test_a_record_decides_nothing_of_a_value_without_a_fingerprint(graph_from):
    cells = ("%%step a\nx = connect()", "%%step b\nx.update(1)", "%%step c\nx", "def connect(): ...")
    before = graph_from(*cells)
    for why, maker in (("", "a"), ("x is a connection", "b")):
        inputs = (ValueSeen("x", "k.Connection", unfingerprinted=why),)
        seen = tuple(StepSeen(each.name, each.code_id, inputs=inputs) for each in before.steps)
        after = graph_from(*cells, record=Record("n", "", "3.11", steps=seen))
        assert after.step("c").inputs == (Input("x", maker),)


def test_a_record_that_saw_nothing_shared_has_the_last_word(graph_from):
    cells = (*SHELF, "%%step look\nsize = len(shelf['box'])")
    before = graph_from(*cells)
    changed = {"put": ("shelf",), "grow": ("box", "shelf")}
    seen = [StepSeen(each.name, each.code_id, changed=changed.get(each.name, ())) for each in before.steps]
    after = graph_from(*cells, record=Record("n", "", "3.11", steps=tuple(seen)))
    assert after.step("put").outputs == ("shelf",)
    seen[1] = replace(seen[1], together=(("shelf", "box"),))
    after = graph_from(*cells, record=Record("n", "", "3.11", steps=tuple(seen)))
    assert after.step("put").outputs == ("shelf", "box")


def test_the_last_star_wins_even_over_builtins(graph_from):
    stars = (("numpy", ("sum", "sin")), ("math", ("sin", "pi")))
    cells = [
        "from math import *\nfrom numpy import *",
        "def f(x): return sum(x)",
        "%%step a\ny = f([sin(1), pi, len('')])",
    ]
    found = graph_from(*cells, record=Record("n", "", "3.11", star_names=stars)).step("a").definitions
    assert [each.source for each in found if each.kind == "import"] == [
        "from math import pi",
        "from numpy import sin",
        "from numpy import sum",
    ]
    assert [each.source for each in graph_from(*cells).step("a").definitions if each.kind == "import"] == [
        "from math import *",
        "from numpy import *",
    ]
