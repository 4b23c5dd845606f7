from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from nbprod import suggest
from nbprod.analyse import graph
from nbprod.model.faults import FAULTS

CASES = [
    (
        "headings are borders, and names",
        ["import pandas as pd", "# Load the data", "a = pd.read_csv('a.csv')", "# Clean", "b = a.dropna()"],
        ["load_data 2: -> a", "clean 4: a -> b"],
    ),
    (
        "a look stays outside",
        ["# Load", "a = list(open('a'))\nb = sorted(a)", "b", "print(b)", "# Sum", "c = sum(b)"],
        ["load 1: -> b", "sum_step 5: b -> c"],
    ),
    (
        "a plot stays outside",
        ["import matplotlib.pyplot as plt", "# Load", "a = list(open('a'))", "fig, ax = plt.subplots()\nax.plot(a)"],
        ["make_values 2: -> a"],
    ),
    (
        "a step is called by its result, not by the axes that it drew on last",
        [
            "import pandas as pd\nimport matplotlib.pyplot as plt",
            "rows = pd.read_csv('a.csv')\nfig, ax = plt.subplots()\nax.plot(rows)",
        ],
        ["load_rows 1: -> rows"],
    ),
    (
        "a plot beside work does not",
        [
            "import matplotlib.pyplot as plt",
            "# Load",
            "a = list(open('a'))",
            "# Sum",
            "total = sum(a)\nplt.plot(a)",
            "# Look",
            "part = a[:9]\nplt.plot(part)",
            "fig, ax = plt.subplots()\nax.plot(a)",
            "ax.set_title(a[0])",
        ],
        ["load 2: -> a", "sum_step 4: a -> total"],
    ),
    (
        "a plot that a step needs does not",
        [
            "import matplotlib.pyplot as plt",
            "# Load",
            "a = list(open('a'))",
            "# Draw",
            "counts, edges, _ = plt.hist(a)",
            "# Use",
            "most = max(counts)",
        ],
        ["load 2: -> a", "draw 4,6: a -> most"],
    ),
    (
        "a connection must not cross",
        [
            "import sqlite3",
            "# Connect",
            "con = sqlite3.connect('a.db')",
            "# Ask",
            "rows = con.execute('select 1').fetchall()",
            "# Count",
            "n = len(rows)",
        ],
        ["connect 2,4: -> rows", "count 6: rows -> n"],
    ),
    (
        "what changes a database by its connection is work",
        [
            "import sqlite3",
            "# Connect",
            "con = sqlite3.connect(':memory:')\ncur = con.cursor()",
            "cur.execute('create table t (a int)')",
            "# Look",
            "cur.execute('select 1').fetchall()",
            "# Ask",
            "rows = sorted(con.execute('select * from t'))",
        ],
        ["connect 2,3,7: -> rows"],
    ),
    (
        "what sets the process up in a way that can't be repeated holds all below",
        [
            "import os\ndef set_up():\n    global MODE\n    MODE = 'a'\n    os.environ['A'] = MODE",
            "# Begin",
            "rows = sorted(open('a'))\nset_up()",
            "# Use",
            "most = max(rows) + os.environ['A']",
        ],
        ["begin 2,4: -> most"],
    ),
    (
        "what changes the state of a class is work, and holds all below",
        [
            "class Stock:\n    total = 0",
            "# Load",
            "a = sorted(open('a'))",
            "# Count",
            "for each in a:\n    Stock.total += len(each)",
            "# Use",
            "mean = Stock.total / 2",
        ],
        ["load 2,4,6: -> a mean"],
    ),
    (
        "two names of one object that changes stay together",
        ["# A", "a = list(open('a'))", "# B", "b = a", "# C", "b.append(2)", "# D", "c = sum(a) + sum(b)"],
        ["make_values 1: -> a", "b 3,5: a -> b a", "d 7: a b -> c"],
    ),
    (
        "files that are written are work",
        ["# Load", "a = list(open('a'))", "# Save", "open('a.txt', 'w').write(str(a))", "a"],
        ["load 1: -> a", "save 3: a ->"],
    ),
    (
        "so are figures that are saved, with the cell that began them",
        [
            "import matplotlib.pyplot as plt",
            "# Load",
            "a = list(open('a'))",
            "# Draw",
            "fig, ax = plt.subplots()",
            "ax.plot(a)\nfig.savefig('a.png')",
        ],
        ["load 2: -> a", "draw 4,5: a ->"],
    ),
    (
        "of plots that take one name in turn, the one that is saved",
        [
            "import matplotlib.pyplot as plt",
            "# Load",
            "a = list(open('a'))",
            "fig = plt.figure()",
            "fig = plt.figure()\nplt.plot(a)",
            "# Save",
            "fig.savefig('a.png')",
        ],
        ["load 2,4,6: ->"],
    ),
    (
        "written by the end of a chain, too",
        ["# Load", "a = list(open('a'))", "# Save", "a.head(2).to_csv('a.csv')"],
        ["load 1: -> a", "save 3: a ->"],
    ),
    (
        "constants are work where there is no other",
        ["import numpy as np", "# Make", "def f(x): return x", "a = np.arange(9)", "a", "# Sum", "n = a.sum()"],
        ["make 3: -> a", "sum_step 6: a -> n"],
    ),
    (
        "a loop that only prints is none",
        ["# Load", "a = list(open('a'))", "for each in a:\n    print(each)"],
        ["make_values 1: -> a"],
    ),
    (
        "what is changed by another name only is no result",
        [
            "# Load",
            "from sklearn.utils import Bunch\nbunch = Bunch(open('a'))\ntable = bunch.table",
            "# Widen",
            "table['area'] = table['x'] * 2\ntable = table[['area']]",
            "# Split",
            "small = sorted(table)",
        ],
        ["load 1: -> table", "widen 3: table -> table", "split 5: table -> small"],
    ),
]


@pytest.mark.parametrize(("cells", "steps"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_steps(cells, steps, drawn):
    assert drawn(*cells) == steps


def test_a_notebook_without_work_has_no_steps(suggested):
    found = suggested("# Nothing", "import os")
    assert found.segments == ()
    assert [each.code for each in found.errors] == ["NB201"]


def test_a_notebook_that_nothing_cures_says_what_is_wrong(suggested):
    found = suggested("# One", "a = missing_name + 1", "# Two", "b = a")
    assert [each.code for each in found.errors] == ["NB207"]


def test_what_is_left_out_says_why(suggested):
    saving = "def save(name):\n    plt.savefig(name)"
    plot = "import matplotlib.pyplot as plt\nplt.plot(a)"
    found = suggested("import os", "# Load", "a = list(open('a'))", "a", "a +", plot, saving, "plt.plot(a)\nsave('b')")
    assert {each.cell: each.why for each in found.left_out} == {
        0: "imports, functions and constants travel with the steps that use them",
        3: "it only shows something",
        4: "it is not Python",
        5: "it plots",
        6: "imports, functions and constants travel with the steps that use them",
        7: "'save' writes a file that no step needs: mark it where the pipeline should",
    }


def test_cells_that_a_step_cannot_hold_stay_outside(suggested):
    found = suggested("# Load", "a = list(open('a'))", "b = sorted(a)", uncarried=frozenset({2}))
    assert [each.cells for each in found.segments] == [(1,)]


def test_long_work_without_headings_is_cut_where_little_crosses(suggested):
    def chain(first, *names):
        return [f"{name} = sorted({before})" for before, name in zip((first, *names), names, strict=False)]

    cells = [*chain("open('a')", "a", "b", "c", "d", "e"), *chain("e", "p", "q", "r", "s", "t")]
    found = suggested(*cells)
    assert [each.cells for each in found.segments] == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)]
    assert "cut where 1 name crosses" in found.segments[1].why


def test_a_notebook_of_many_headings_gets_few_steps(suggested):
    cells = [text for number in range(40) for text in (f"# Part {number}", f"a{number} = list(open('{number}'))")]
    assert 1 < len(suggested(*cells).segments) <= 14


@pytest.mark.parametrize(
    ("fault", "fields", "cells"),
    [
        ("NB301", {"step": "load", "name": "a", "type": "x", "problem": "", "cure": ""}, [(1, 3), (5,)]),
        ("NB208", {"maker": "load", "name": "a", "changer": 5, "reader": "clean", "place": 3}, [(1,), (3, 5)]),
        ("NB205", {"path": "'load' → 'clean' → 'load'"}, [(1, 3), (5,)]),
        ("NB307", {"step": "count", "name": "n", "type": "x", "problem": ""}, [(1,), (3,), (5,)]),
        ("NB310", {"step": "count", "file": "a.txt", "writer": 6}, [(1,), (3,), (5, 6)]),
        ("NB311", {"step": "clean", "file": "a.txt", "maker": "load"}, [(1, 3), (5,)]),
    ],
)
def test_faults_of_a_run_are_cured(fault, fields, cells, notebook):
    read = notebook("# Load", "a = list(open('a'))", "# Clean", "b = sorted(a)", "# Count", "n = len(b)", "save()")
    before = suggest.steps(read, graph)
    found = suggest.improved(read, graph, before, [FAULTS[fault].at(5, 1, **fields)])
    assert [each.cells for each in found.segments] == cells
    assert "n" not in found.segments[-1].outs if fault == "NB307" else True


def test_what_had_better_not_cross_stays_inside(notebook):
    read = notebook("# Load", "a = list(open('a'))", "# Clean", "b = sorted(a)", "# Count", "n = len(b)")
    before = suggest.steps(read, graph)
    found = suggest.improved(read, graph, before, [], unfit=[("clean", "b", "it moves"), ("count", "n", "it moves")])
    assert [each.cells for each in found.segments] == [(1,), (3, 5)]
    assert found.segments[1].outs == ()
    assert suggest.improved(read, graph, before, []) is None


SETTINGS = [
    (
        "capitals and the usual words",
        ["import os\nTEST_SIZE = 0.2\nseed = 1\nx = 3", "a = list(open(TEST_SIZE, seed, x))"],
        ["TEST_SIZE", "seed"],
    ),
    ("two letters", ["LR = 0.1\nXS = 2", "a = list(open(LR, XS))"], ["LR"]),
    ("assigned twice", ["SEED = 1", "a = list(open(SEED))", "SEED = 2"], []),
    ("never read", ["SEED = 1", "a = list(open('a'))"], []),
    ("a secret", ["API_KEY = 'x'", "a = list(open(API_KEY))"], []),
    ("computed", ["SIZE = 2 * 3", "a = list(open(SIZE))"], []),
    ("a tuple, which YAML has not", ["SIZE = (2, 3)", "a = list(open(SIZE))"], []),
    ("star imports may bring the name", ["from os import *\nSEED = 1", "a = list(open(SEED))"], []),
    ("old results are counted by cells", ["SEED = 1", "a = list(open(SEED))", "_2"], []),
    ("not alone on its line", ["SEED = 1; os = 2", "a = list(open(SEED))"], []),
    ("far down", ["# A", *[f"a{at} = list(open('{at}'))" for at in range(5)], "SEED = 1", "b = list(open(SEED))"], []),
]  # fmt: skip


def test_a_cell_that_steps_repeat_is_said_to_be_so(suggested):
    found = suggested("import pandas as pd", "pd.set_option('mode.sim_interactive', True)", "a = pd.read_csv('a.csv')")
    assert [(each.cell, each.why) for each in found.left_out] == [
        (0, "imports, functions and constants travel with the steps that use them"),
        (1, "it sets what steps below set again"),
    ]


@pytest.mark.parametrize(("cells", "names"), [case[1:] for case in SETTINGS], ids=[case[0] for case in SETTINGS])
def test_settings(cells, names, notebook):
    assert [each.name for each in suggest.settings(notebook(*map(dedent, cells)), graph)] == names


def test_the_reason_for_a_step_of_kale_is_its_tag(notebook):
    read = notebook("# All", "a = list(open('a'))", "b = sorted(a)", "c = sum(b)")
    tags = ((), ("block:load",), ("block:",), ("block:count_by_day", "prev:load"))
    kales = replace(read, cells=tuple(replace(one, tags=each) for one, each in zip(read.cells, tags, strict=True)))
    found = suggest.steps(kales, graph).segments
    assert [(each.name, each.cells, each.why) for each in found] == [
        ("load", (1, 2), ("tagged 'load' for Kale",)),
        ("count_by_day", (3,), ("tagged 'count_by_day' for Kale",)),
    ]


def test_settings_in_a_cell_that_is_tagged_so_for_kale(notebook):
    far_down = [f"a{at} = list(open('{at}'))" for at in range(5)]
    read = notebook("# A", *far_down, "d1 = 5\npassword = 'x'\nd2 = d1 + 1", "b = list(open(d1, password, d2))")
    tagged = replace(read.cells[-2], tags=("pipeline-parameters",))
    kales = replace(read, cells=(*read.cells[:-2], tagged, read.cells[-1]))
    assert [[each.name for each in suggest.settings(one, graph)] for one in (read, kales)] == [[], ["d1"]]


@pytest.mark.parametrize(
    ("cells", "outs"),
    [
        (["a = sorted(open('a'))\nb = a[:1]\nb.count(1)"], ("b",)),
        (["a = sorted(open('a'))\nb = model(a)\nb.fit(a)"], ("b",)),
        (["a = sorted(open('a'))\nb = a[:1]\nfit(b)"], ("a", "b")),  # nothing tells which it is
        (["a = sorted(open('a'))", "b = a[:1]", "b = b + a"], ("b",)),
        (["a = frame.read()", "b = a.sum()", "c = a.groupby('k')"], ("b",)),
        (["a = frame.read()\nb = {}\nfor each in a:\n    b[each] = len(each)"], ("b",)),
        (["a = frame.read()\nb = []\nfor each in a:\n    b.append(each)\nc = sum(b)"], ("c",)),
        (["a = frame.read()\nb = {}\nb.update(a)\nb.best = max(a)"], ("b",)),
        (["a = frame.read()\nb = []\nfor each in a:\n    c = fit(each)\n    b.append(c)"], ("b",)),
        (["a = frame.read()\nb = []\nfor each in a:\n    c = fit(each)\n    b.append(c)\nc"], ("b", "c")),
        (["a = frame.read()\nb = 0\nfor each in a:\n    b = b + each"], ("b",)),
        (["a = frame.read()\nfor each in a:\n    b = fit(each)"], ("b",)),  # the last turn's
        (["a = frame.read()\nb = 9\nwhile b > 1:\n    b = fit(a, b)\n    c = b + 1\n    print(c)"], ("b",)),
        (["a = frame.read()\nfor each in a:\n    b = fit(each)\n    print(b)"], ("a", "b")),
        (["a = frame.read()\nb = fit(a)\na = a.dropna()"], ("a", "b")),
        (["a = frame.read()", "b = np.empty(2)"], ("a",)),
        (["a = frame.read()", "b = np.empty(2)\nb[:] = a"], ("b",)),
        (["a = frame.read()", "b = np.empty(2)\nb = np.ones(2)"], ("a", "b")),
    ],
)
def test_results_are_what_nothing_works_on(suggested, cells, outs):
    found = suggested("from library import model, fit, frame\nimport numpy as np", "# Load", *cells)
    assert found.segments[0].outs == outs
