"""A notebook that computes something else each time, or in each process: what verify says of each step."""

from __future__ import annotations

import json

import pytest

from nbprod import project, report

pytestmark = pytest.mark.slow

IMPORTS = "import os, random, time\nimport numpy as np\nimport pandas as pd\nimport tally\nfrom nbprod import step"
TALLY = (
    "made = []\n\n\ndef up():\n    made.append(1)\n    return len(made)\n\n\ndef label(box):\n    box['label'] = 'x'\n"
)

# step ("" for a cell that is none), its code, the name that differs, where, and the likely cause
CELLS = [
    ("drawn", "table = pd.DataFrame({'at': range(5), 'x': np.random.default_rng().random(5)})", "table", "['x'][0]",
     "global randomness: default_rng() begins anywhere"),
    ("picked", "picked = [7, random.Random().random()]", "picked", "[1]", "global randomness: Random() begins any"),
    ("tossed", "tossed = [np.random.rand(), random.random()]\nfrom sklearn import svm", "", "", ""),
    ("derived", "total = table['x'].sum()", "total", "", "its input 'table' differs already, see step 'drawn'"),
    ("moment", "began = {'run': 1, 'at': time.time()}", "began", "['at']", "time: it reads the clock (time.time)"),
    ("stamped", "stamps = pd.DataFrame({'k': [1, 2], 'when': [pd.Timestamp(0), pd.Timestamp.now()]})", "stamps",
     "['when'][1]", "time: it reads the clock (now)"),
    ("place", "parent = os.environ.get('JPY_PARENT_PID', 'none')", "parent", "",
     "environment: it depends on the process's surroundings (JPY_PARENT_PID)"),
    ("order", "words = list({f'word{at}' for at in range(50)})", "words", "[", "order of a set: "),
    ("logged", "lines = open('log.txt').read().split()", "lines", "",
     "a file changed meanwhile: it reads notebooks/log.txt, which cell 10 writes"),
    ("", "with open('log.txt', 'a') as log:\n    log.write('again ')", "", "", ""),
    ("counted", "first = tally.up()", "", "", ""),
    ("recounted", "second = tally.up()", "second", "", "hidden state: notebooks/tally.py may keep something"),
    ("begun", "box = [1]", "", "", ""),
    ("", "@step\ndef put(box):\n    return {'box': box}\n\n\nshelf = put(box)", "", "", ""),
    ("grown", "box.append(2)\nsize = len(box)", "shelf", "['box']",
     "alias broken by storing: in the notebook 'box' and 'shelf' share an object"),
    ("held", "kept = {'a': 1}", "", "", ""),
    ("", "tally.label(kept)", "", "", ""),
    ("used", "found = sorted(kept)", "found", "", "hidden state: cell 17, which is of no step, changes 'kept'"),
]  # fmt: skip


def test_verify_says_what_differs_where_and_why(shop, monkeypatch):
    (shop.root / "notebooks/log.txt").write_text("one ")
    (shop.root / "notebooks/tally.py").write_text(TALLY)
    made = [name for _, _, name, _, _ in CELLS if name] + ["first", "size", "kept", "tossed"]
    end = f"%%step end --outs texts\ntexts = [str(each) for each in [{', '.join(made)}]]"
    tags = {at: [f"step:{step}"] for at, (step, *_) in enumerate(CELLS, 1) if step}
    shop.write(IMPORTS, *(code for _, code, *_ in CELLS), end, tags=tags)
    assert shop.nbprod("export").returncode == 0

    monkeypatch.chdir(shop.root)
    verified = project.verify(shop.notebook)  # once for both forms: the notebook and all its steps run
    outputs, unseeded = (json.loads(report.verified_json(verified))[key] for key in ("outputs", "unseeded"))
    assert unseeded == ["tossed"]
    found = {(each["step"], each["name"]): each for each in outputs}
    for step, _, name, place, cause in CELLS:
        if name:
            each = found[step, name]
            assert not each["equal"], name
            assert each["place"].startswith(place)
            assert each["cause"].startswith(cause), name
            assert each["notebook"] != each["pipeline"]
            assert each["notebook"] in each["difference"]
            assert each["pipeline"] in each["difference"]
    differing = {(step, name) for step, _, name, _, _ in CELLS if name} | {("end", "texts")}
    assert {pair for pair, each in found.items() if not each["equal"]} == differing

    told = report.verified(verified)
    assert "  drawn.table: ['x'][0] (value): 0." in told
    assert "    likely cause: time: it reads the clock (time.time): make the moment a parameter" in told
    assert "  nothing seeds the draws of step tossed: compared from the same random state" in told
    assert f"the pipeline differs: {len(found) - len(differing)} of {len(found)} outputs equal" in told
