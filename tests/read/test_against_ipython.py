"""The translation does what IPython does: both run, and the notebook's names come out the same."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

import pytest

from nbprod.adapters import ipython
from nbprod.read.magics import Known, translated
from nbprod.read.names import bound_names, uses_lines

SOURCES = [
    "a = !echo one two",
    "word = 'x y'\na = !echo {word} $word '$word' $HOME\nb = !echo {word} $word",
    "a = []\nfor each in range(3):\n    found = !echo {each}\n    a += list(found)",
    "%time a = sum(range(5))\n%time for each in range(3): b = each",
    "a = %time 6 * 7",
    "%%time\na = 1\nb = 2",
    "%%capture out\nprint('hidden')\na = 1",
    "%env NBPROD_READS=7\na = %env NBPROD_READS",
    "import os\na = %pwd\nb = os.getcwd() == a",
    "a = !echo one \\\n  two\nb = 3",
    "a = '''\n%time\n!ls\n'''\n%config Application.verbose_crash = False\nb = 7 \\\n%4",
    "def lines(text):\n    found = !echo {text}\n    return list(found)\na = lines('within')",
    "a = !printf 'one\\ntwo\\n'",
    "a = !echo {1 + 1} {{2}} $$x",
    "a = 'abc'\nb = !echo {a[1:]}",
    "c = !printf 'b.csv 1\\na.txt 2\\n'\na = [c.s, c.n, c.l, c.p, c.grep('CSV').fields(1)]\nc.sort()\nb = c.sort() + c",
    "get_ipython().run_line_magic('time', 'a = 5')",
]

RUNNER = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell(config=config)
results = []
for source in json.loads(sys.stdin.read()):
    shell.user_ns.clear()
    shell.init_user_ns()
    shell.run_cell(source, silent=True).raise_error()
    results.append({name: shell.user_ns.get(name) for name in "ab"})
print("RESULTS" + json.dumps([{k: list(v) if isinstance(v, list) else v for k, v in each.items()} for each in results]))
"""


@pytest.mark.slow
def test_the_names_come_out_the_same_as_under_ipython(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(SOURCES),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    expected = json.loads(run.stdout.split("RESULTS")[1])
    plain = [
        translated(each, ipython.transform, Known(partial(bound_names, [each]), partial(uses_lines, [each])))
        for each in SOURCES
    ]
    assert [each.findings for each in plain] == [()] * len(SOURCES)
    runner = (
        "import json, sys\nresults = []\n"
        "for source in json.loads(sys.stdin.read()):\n"
        "    names = {}\n    exec(source, names)\n"
        "    results.append({name: names.get(name) for name in 'ab'})\n"
        "print('RESULTS' + json.dumps(results))"
    )
    sources = ["\n".join([*each.needs, each.python]) for each in plain]
    again = subprocess.run(
        [sys.executable, "-c", runner],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(again.stdout.split("RESULTS")[1]) == expected
