"""Every diagnostic of analysis: when it comes, what it says, and when it doesn't."""

# ruff: noqa: E501  (a case reads best on one line)

from __future__ import annotations

import json

import pytest

from nbprod import read
from nbprod.adapters.ipython import transform
from nbprod.analyse import explain, explanations, graph
from nbprod.model.diagnostic import Severity
from nbprod.model.faults import FAULTS, example_cells

OWN = [*(f"NB2{number:02}" for number in range(1, 15) if number != 13), "NB302", "NB303", "NB304", "NB308"]


def written_out(text):
    cells = [
        {"cell_type": "code" if each.is_code else "markdown", "metadata": {"tags": list(each.tags)}, "source": each.source, "id": f"c{at}"}
        for at, each in enumerate(example_cells(text))
    ]  # fmt: skip
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return read.notebook(json.dumps(whole), "n.ipynb", transform)


@pytest.mark.parametrize("code", OWN)
def test_a_bad_example_has_its_fault(code):
    assert code in [each.code for each in graph(written_out(FAULTS[code].bad)).diagnostics]


@pytest.mark.parametrize("code", [code for code, fault in FAULTS.items() if fault.has_example_notebook])
def test_a_cure_has_no_fault(code):
    assert graph(written_out(FAULTS[code].cure)).diagnostics == ()


# (what it is about, cells, [(code, cell, line, part of the message or hint)])
FOUND = [
    ("reads an unmarked cell's value", ["test = open('x')", "%%step score\ny = test"],
     [("NB203", 1, 2, "'test' is assigned in cell 0: mark it with %%step, or add it to step 'score'")]),
    ("a counter that is appended to", ["rows = []", "%%step a\nrows.append(1)"], [("NB203", 1, 2, "assigned in cell 0")]),
    ("only a skipped cell makes it", ["# tag: skip\nx = 1", "%%step a\ny = x"], [("NB203", 1, 2, "in cell 0")]),
    ("only a cell that may raise makes it", ["# tag: raises-exception\ntest = open('x')", "%%step score\ny = test"],
     [("NB203", 1, 2, "cell 0, which may raise by its tag raises-exception, and a step must not: make it in a cell without the tag")]),
    ("a cell that may raise defines it", ["# tag: raises-exception\ndef f(): return 1\nlimit = 3", "%%step score\ny = f() + limit"], []),
    ("a cell that may raise mutates what is made anew", ["%%step a\nx = [1]", "# tag: raises-exception\nx.pop(2)", "%%step a\nx = [2]", "%%step b\ny = x"], []),
    ("a cell that may raise mutates", ["%%step a\nx = []", "# tag: raises-exception\nx.append(1)", "%%step b\nx"],
     [("NB204", 1, 2, "A step must not raise, and cell 1 may, by its tag raises-exception: change 'x' in a cell without")]),
    ("an unmarked cell rebinds", ["%%step a\nx = 1", "x = 2", "%%step b\nx"], [("NB204", 1, 1, "changes 'x'")]),
    ("an unmarked cell mutates", ["%%step a\nx = []", "x.append(1)", "%%step b\nx"], [("NB204", 1, 1, "step 'b' reads")]),
    ("through an alias", ["%%step a\nx = []", "y = x\ny.append(1)", "%%step b\nx"], [("NB204", 1, 2, "changes 'x'")]),
    ("before its step ends", ["%%step a --outs x\nx = 1", "x = 2", "%%step a\ny = 1"],
     [("NB204", 1, 1, "which step 'a' makes and needs below")]),
    ("after its step has ended", ["%%step a --outs x\nx = 1", "%%step a\ny = 1", "x = 2"], []),
    ("and its step makes it anew", ["%%step a --outs x\nx = 1", "x = 2", "%%step a\nx = 1"], []),
    ("nobody reads it later", ["%%step a\nx = []", "x.append(1)", "%%step b\ny = 1"], []),
    ("bound anew before it is read", ["%%step a\nx = []", "x.append(1)", "%%step b\nx = 1\ny = x"], []),
    ("a cycle", ["%%step a\nx = 1", "%%step b\ny = x", "%%step a\nz = y"], [("NB205", 0, 1, "'a' → 'b' → 'a'")]),
    ("made below", ["%%step a\ny = x", "%%step b\nx = 1"], [("NB206", 0, 2, "made only further down, in cell 1")]),
    ("made below, for a generator that waits", ["def late():\n    yield limit", "%%step a\nrows = late()\nn = 1", "%%step b\nlimit = 3\nx = list(rows)"], []),
    ("made below, for a function that a function returns", ["def judge():\n    def is_late(delay):\n        return delay > limit\n    return is_late", "%%step a\nis_late = judge()", "limit = 3", "%%step a\nx = is_late(4)"], []),
    ("made below, for a lambda that a function returns", ["def judge():\n    return lambda delay: delay > limit", "%%step a\nis_late = judge()", "%%step b\nlimit = 3\nx = is_late(4)"], []),
    ("made below what a generator is asked for", ["def late():\n    yield limit", "%%step a\nrows = list(late())", "limit = 3"],
     [("NB206", 1, 2, "made only further down, in cell 2")]),
    ("made below what a function reads at once", ["def judge():\n    most = limit\n    return lambda delay: delay > limit + most", "%%step a\nis_late = judge()", "limit = 3"],
     [("NB206", 1, 2, "made only further down, in cell 2")]),
    ("made nowhere, for a function that a function returns", ["def judge():\n    return lambda delay: delay > limit", "%%step a\nis_late = judge()"],
     [("NB207", 1, 2, "nothing in the notebook makes")]),
    ("made below, by exploration", ["%%step a\ny = x", "x = 1"], [("NB206", 0, 2, "in cell 1")]),
    ("undefined", ["%%step load\nflights = 1", "%%step a\ny = flihgts"], [("NB207", 1, 2, "Did you mean 'flights'?")]),
    ("undefined, maybe made by a broken cell", ["q = = 1", "%%step a\ny = q"], [("NB101", 0, 1, "not Python")]),
    ("undefined in exploration is a warning", ["y = q"], [("NB201", None, None, ""), ("NB207", 0, 1, "cell 0 reads 'q'")]),
    ("undefined in a method: a run decides", ["class A:\n    def f(self): return q", "%%step a\ny = A()"],
     [("NB207", 1, 2, "reads 'q'")]),
    ("undefined in a function that is used", ["def f(): return q", "%%step a\ny = f()"], [("NB207", 1, 2, "reads 'q'")]),
    ("undefined in a text of a function", ["def f(d, k): return d.query('x > @k and x > @q')", "%%step a\ny = f(1, 2)"], []),
    ("undefined in a function that isn't used", ["def f(): return q", "%%step a\ny = 1"], []),
    ("the last output", ["%%step a\n1 + 1", "b = _ * 2", "%%step c\ny = _"], [("NB214", 2, 2, "step 'c' reads '_'")]),
    ("an old output, in a function", ["def f(): return Out[3]", "%%step a\ny = f()"], [("NB214", 1, 2, "reads 'Out'")]),
    ("an underscore of its own", ["%%step a\nfor _ in range(3): print(_)\nx = [_ for _ in 'ab']"], []),
    ("IPython itself", ["%%step a\nip = get_ipython()"], [("NB214", 0, 2, "reads 'get_ipython', the notebook's own shell")]),
    ("a constant made of the last output", ["b = _ * 2", "%%step a\nx = b"], [("NB203", 1, 2, "'b' is assigned in cell 0")]),
    ("changed after it was read", ["%%step a\nx = []", "%%step b\nx", "%%step a\nx.append(1)"],
     [("NB208", 2, 2, "after step 'b' has read it in cell 1")]),
    ("changed in the middle of a step", ["%%step m\nx = 1", "%%step a\ny = x", "%%step b\nx = 2", "%%step a\nz = x"],
     [("NB208", 2, 2, "after step 'a' has read it in cell 1")]),
    ("declared but not made", ["%%step a --metrics scor\nscore = 1"], [("NB209", 0, 1, "Did you mean 'score'?")]),
    ("a computed parameter", ["# tag: parameters\na = 1\nb = a + 1", "%%step s\nx = b"], [("NB210", 0, 3, "parameter 'b'")]),
    ("a parameter of endless digits", ["# tag: parameters\na = 0x" + "f" * 9000, "%%step s\nx = a % 7"], [("NB210", 0, 2, "more digits than Python writes out")]),
    ("a parameter changed by a loop", ["# tag: parameters\na = 1\na += 1", "%%step s\nx = a"], [("NB210", 0, 3, "'a'")]),
    ("a test of another step", ["%%step clean\nx = 1", "%%test claen\nassert 1"], [("NB211", 1, 1, "Did you mean 'clean'?")]),
    ("called by other names", ["%%step l\nx = 1", "from nbprod import step\n@step\ndef f(a):\n    b = a\n    return b\nb = f(x)"],
     [("NB212", 1, 2, "'a' is given 'x'")]),
    ("results without names", ["%%step l\nx = 1", "from nbprod import step\n@step\ndef f(x):\n    return x + 1"],
     [("NB212", 1, 2, "no names")]),
    ("called twice", ["%%step l\nx = 1", "from nbprod import step\n@step\ndef f(x):\n    return x\na = f(x)\nb = f(x)"],
     [("NB212", 1, 2, "more than once")]),
    ("reads more than its arguments", ["%%step l\nx = 1", "from nbprod import step\n@step\ndef f():\n    return x + 1\nb = f()"],
     [("NB212", 1, 2, "it reads 'x', which is not among its arguments")]),
    ("a query of what is no argument", ["%%step l\nx = 1\nd = 2", "from nbprod import step\n@step\ndef f(d):\n    return d.query('a > @x and a > @q')\nb = f(d)"],
     [("NB212", 1, 2, "it reads 'x', which is not among its arguments")]),
    ("changes its argument", ["%%step l\nx = []", "from nbprod import step\n@step\ndef f(x):\n    x.append(1)\n    return 1\nb = f(x)"],
     [("NB212", 1, 2, "in place")]),
    ("marked twice", ["from nbprod import step\n@step\ndef f():\n    return 1\nx = f()", "%%step f\ny = 1"], [("NB214", 0, 2, "as cells")]),
    ("marked within a marked cell", ["from nbprod import step", "%%step a\n@step\ndef f():\n    return 1\nx = f()"],
     [("NB214", 1, 2, "step 'f' is marked as a function and in a cell of step 'a'")]),
    ("an unseeded draw", ["import numpy as np", "%%step a\nx = np.random.rand()\ny = np.random.rand()"],
     [("NB302", 1, 2, "numpy's global random state")]),
    ("an unseeded split", ["from sklearn.model_selection import train_test_split as split", "%%step a\nx = split([1])"],
     [("NB302", 1, 2, "numpy")]),
    ("a seeded split", ["from sklearn.model_selection import train_test_split as split", "%%step a\nx = split([1], random_state=0)"], []),
    ("exploration draws in between", ["import numpy as np", "%%step a\nnp.random.seed(0)", "np.random.rand()", "%%step b\nx = np.random.rand()"],
     [("NB308", 2, 1, "between step 'a' and step 'b'")]),
    ("exploration draws after all", ["import numpy as np", "%%step a\nnp.random.seed(0)\nnp.random.rand()", "np.random.rand()"], []),
    ("a setting from a computed value", ["import os\nn = os.cpu_count()\nos.environ['N'] = str(n)", "%%step a\nx = 1"],
     [("NB304", 0, 3, "os.environ")]),
    ("set below the last step", ["%%step a\nx = 1", "import os\nfor each in [1]:\n    os.environ['A'] = str(each)"], []),
    ("set in the only step", ["%%step a\nimport os\nfor each in open('a'):\n    os.environ['A'] = each", "%%step a\nx = 1"],
     []),
    ("set above another step", ["%%step a\nimport os\nfor each in open('a'):\n    os.environ['A'] = each",
                               "%%step a\nx = 1", "%%step b\ny = 1"], [("NB304", 0, 3, "os.environ")]),
    ("a table that another step made", ["import duckdb", "%%step a\nt = 1\nduckdb.sql('create table flown as select * from t')", "%%step b\nx = duckdb.sql('select * from flown').df()"],
     [("NB304", 1, 3, "'flown' in DuckDB's own database")]),
    ("a table of exploration", ["import duckdb\nduckdb.sql('create view hubs as select 1')", "%%step a\nx = duckdb.sql('select * from hubs').df()"],
     [("NB304", 0, 2, "'hubs' in DuckDB's own database")]),
    ("a database that exploration attaches", ["import duckdb\nduckdb.sql('attach \"f.db\" as hubs')", "%%step a\nx = duckdb.sql('select * from hubs.t').df()"],
     [("NB304", 0, 2, "'hubs.*' in DuckDB's own database")]),
    ("a schema that exploration makes", ["import duckdb\nduckdb.sql('create schema s')", "%%step a\nduckdb.sql('create table s.t as select 1')"],
     [("NB304", 0, 2, "'s.*' in DuckDB's own database")]),
    ("a table that two steps fill", ["import duckdb", "%%step a\nduckdb.sql('create table flown (day int)')", "%%step b\nduckdb.sql('insert into flown (day) values (1)')"],
     [("NB304", 1, 2, "'flown' in DuckDB's own database")]),
    ("a table of another schema", ["import duckdb\nduckdb.sql('create table s.t as select 1')", "%%step a\nx = duckdb.sql('select * from r.t').df()"], []),
    ("a name of Python's that is a table's too", ["import duckdb\nduckdb.sql('create table t as select 1')", "t = 2", "%%step a\nx = duckdb.sql('select 1 as t').df()"], []),
    ("a table of the step's own", ["import duckdb\nduckdb.sql('create table t as select 1')", "%%step a\nduckdb.sql('create or replace table t as select 1')\nx = duckdb.sql('select * from t').df()"], []),
    ("a frame of a table's name", ["import duckdb", "%%step a\nduckdb.sql('create table t as select 1')\nt = 1", "%%step b\nx = duckdb.sql('select * from t').df()"], []),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), [pytest.param(*case, id=name) for name, *case in FOUND])
def test_what_is_found(graph_from, cells, expected):
    found = graph_from(*cells).diagnostics
    assert [(each.code, each.cell, each.line) for each in found] == [case[:3] for case in expected]
    for each, (*_, part) in zip(found, expected, strict=True):
        assert part in f"{each.message} {each.hint}"


@pytest.mark.parametrize("name", ["class", "list", "pd"])
def test_names_that_no_step_can_have(codes_from, name):
    assert codes_from("import pandas as pd", f"%%step {name}\nx = pd.x") == ["NB202"]


@pytest.mark.parametrize(
    ("line", "is_secret"),
    [
        ("password = 'hunter22'", True),
        ("api_key: str = 'abc123def'", True),
        ("connect(password='hunter22')", True),
        ("config = {'client_secret': 'abcdef'}", True),
        ("os.environ['DB_PASSWORD'] = 'hunter22'", True),
        ("k = 'AKIAIOSFODNN7EXAMPLE'", True),
        ("# ghp_abcdefghijklmnopqrstuvwxyz0123456789", True),
        ("password = ''", False),
        ("password = '<your password>'", False),
        ("password = os.environ['PASSWORD']", False),
        (r"token_pattern = r'\w+'", False),
        ("pad_token = '[PAD]'", False),
        ("token = 'word'", False),
        ("key = 'origin'", False),
        ("df.merge(key='tailnum')", False),
    ],
)
def test_secrets(codes_from, line, is_secret):
    codes = codes_from("import os\nfrom x import connect, df", f"# tag: skip\n{line}", "%%step a\ny = 1")
    assert codes == ["NB303"] * is_secret


def test_a_secret_parameter(graph_from):
    (found,) = graph_from("# tag: parameters\npassword = 'hunter22'", "%%step a\nx = password").diagnostics
    assert (found.code, found.severity) == ("NB303", Severity.WARNING)
    assert "parameter 'password'" in found.message
    assert "hunter22" not in found.message + found.hint


def test_faults_of_a_step_leave_it_in_the_graph(graph_from):
    graph = graph_from("x = open('y')", "%%step a\ny = x", "%%step b\nz = y")
    assert [(edge.source, edge.target) for edge in graph.edges] == [("a", "b")]


def test_what_only_a_method_lacks_stops_nothing(graph_from):
    (found,) = graph_from("class A:\n    def f(self): return q", "def g(): return A()", "%%step a\ny = g()").diagnostics
    assert (found.code, found.severity) == ("NB207", Severity.WARNING)
    found = graph_from("class A:\n    def f(self): return q", "def g(): return A, q", "%%step a\ny = g()").diagnostics
    assert ("NB207", Severity.ERROR) in {(each.code, each.severity) for each in found}


@pytest.mark.parametrize(
    "source",
    [
        "if sys.version_info < (3, 0):\n    y = unicode('y')",
        "y = unicode('y') if sys.version_info < (3, 0) else 'y'",
        "y = sys.version_info < (3, 0) and unicode('y')",
        "try:\n    y = 1\nexcept HTTPError:\n    y = 2",
        "try:\n    unicode\nexcept NameError:\n    unicode = str",
        "try:\n    y = 1\nexcept KeyError:\n    y = unicode('y')",
        "assert sys.argv, f'{unicode} lacks'\ny = 1",
        "match sys.argv:\n    case []:\n        y = unicode('y')",
        "def f():\n    if sys.argv:\n        return unicode('y')\ny = f()",
        "def f(): return unicode('y')\nif sys.argv:\n    y = f()",
    ],
)
def test_what_only_a_branch_lacks_stops_nothing(graph_from, source):
    (found,) = graph_from("import sys", f"%%step a\n{source}").diagnostics
    assert (found.code, found.severity) == ("NB207", Severity.WARNING)


def test_what_a_function_lacks_on_a_branch_stops_nothing(graph_from):
    function = "def f(): return q if sys.argv else 1"
    (found,) = graph_from("import sys", function, "%%step a\ny = f()").diagnostics
    assert (found.code, found.severity) == ("NB207", Severity.WARNING)


@pytest.mark.parametrize(
    "source",
    [
        "if q: y = 1",
        "assert q, 'lacks'\ny = 1",
        "y = 1 if q else 2",
        "for each in range(3): y = q",
        "try:\n    y = q\nexcept KeyError:\n    y = 1",
        "if sys.argv:\n    y = q\ny = q",
        "y = q\nif sys.argv:\n    y = q",
        "if sys.argv:\n    y = q\nelse:\n    y = 1\nz = [q for _ in y]",
    ],
)
def test_what_more_than_a_branch_lacks_is_an_error(graph_from, source):
    found = graph_from("import sys", f"%%step a\n{source}").diagnostics
    assert ("NB207", Severity.ERROR) in {(each.code, each.severity) for each in found}


def test_explanations():
    assert explain("nb203").title == "A step reads what no step makes"
    assert explain("NB999") is None
    assert [each.code for each in explanations()] == sorted(FAULTS)
