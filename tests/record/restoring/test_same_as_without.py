"""The law: with the cache, cold, warm or after an edit, a notebook displays and computes what it does without.

Small notebooks are written at random around what makes restoring hard: names for one object, views, changes in place,
functions that read and change names, generators that are drawn from, global random states, deletions, figures of state.
"""

from __future__ import annotations

import random

import pytest

from nbprod.values import fingerprint, looks

PREAMBLE = "import random\nimport numpy as np\nimport pandas as pd\nfrom dataclasses import dataclass"
STATEMENTS = """
{a} = [{i}, {j}]
{a} = {{'k': [{i}], 'o': {b}}}
{a} = {b}
{a} = [{b}, {c}]
{a} = ({b}, {i})
{a} = np.arange({i} + 3.0)
{a} = np.arange(12.0).reshape(3, 4).T
{a} = np.asarray({b}, dtype=object) if isinstance({b}, list) else {b}
{a} = {b}[1:] if isinstance({b}, (list, np.ndarray)) and len({b}) > 1 else {b}
{a} = {b}[::2] if isinstance({b}, np.ndarray) else {b}
{a} = pd.DataFrame({{'x': np.arange({i} + 2), 's': ['t'] * ({i} + 2)}})
{a} = {b}['x'].to_numpy() if isinstance({b}, pd.DataFrame) else {b}
{a} = {b}[{b}['x'] > 0] if isinstance({b}, pd.DataFrame) else {b}
{a} = Box({b})
{a} = np.random.default_rng({i})
{a} = gen.normal(size=2)
{a} = np.random.normal(size=2)
{a} = random.random()
np.random.seed({i})
random.seed({i})
{b}.append({i}) if isinstance({b}, list) else None
if isinstance({b}, dict): {b}['k'] = {i}
{b}.update(z={i}) if isinstance({b}, dict) else None
{b}.__setitem__(0, {i}) if isinstance({b}, list) and {b} else None
{b}.__setitem__(0, {i}) if isinstance({b}, np.ndarray) and {b}.flags.writeable else None
{b}.sort() if isinstance({b}, np.ndarray) and {b}.dtype != object and {b}.flags.writeable else None
{b}.insert(0, 'new', {i}) if isinstance({b}, pd.DataFrame) and 'new' not in {b} else None
if isinstance({b}, pd.DataFrame): {b}.loc[{b}.index[:1], 'x'] = {i}
if isinstance({b}, Box): {b}.held = {i}
poke({b}, {i})
put({i})
{a} = look()
{a} = twice({b})
total = shown({b})
print(shown({b}), shown({c}))
shown({b})
shown({a})
del {a}; {a} = {i}
log.append({i})
{a} = log
{a} = {b} is {c}
{a} = all(isinstance(each, np.ndarray) for each in ({b}, {c})) and np.shares_memory({b}, {c})
{a} = [each + 1 for each in range({i})]
for each in range({i}): log.append(each)
""".strip().split("\n")
HELPERS = """
def shown(value):
    if isinstance(value, Box): return ('box', shown(value.held))
    if isinstance(value, pd.DataFrame): return value.to_csv()
    if isinstance(value, np.ndarray) and value.dtype == object: return [shown(each) for each in value]
    if isinstance(value, np.ndarray): return (value.flags.writeable, value.strides, value.tolist())
    if isinstance(value, (list, tuple)): return [shown(each) for each in value] if len(repr(value)) < 2000 else '...'
    if isinstance(value, dict): return {key: shown(each) for key, each in value.items()}
    return type(value).__name__ if isinstance(value, np.random.Generator) else repr(value)

def poke(value, i):
    if isinstance(value, list): value.append(i)
    if isinstance(value, np.ndarray) and value.size and value.dtype != object:
        if value.flags.writeable: value.flat[0] = i

def put(i):
    log.append(i)

def look():
    return list(log)

def twice(value):
    return [value, value]

@dataclass
class Box:
    held: object
"""
ALL = "shown([a, b, c, d, e, log])"
NAMES = ["a", "b", "c", "d", "e"]


def notebook_at_random(seed, length=9):
    chosen = random.Random(seed)
    first = ["log = []\ngen = np.random.default_rng(1)", "\n".join(f"{name} = [{at}]" for at, name in enumerate(NAMES))]
    if chosen.random() < 0.7:
        first.append("np.random.seed(3); random.seed(4)")
    last = [ALL] if chosen.random() < 0.5 else []
    return [PREAMBLE, HELPERS, *first, *(cell_at_random(chosen) for _ in range(length)), *last]


def cell_at_random(chosen):
    statements = [chosen.choice(STATEMENTS) for _ in range(chosen.randint(1, 3))]
    return "\n".join(
        each.format(a=chosen.choice(NAMES), b=chosen.choice(NAMES), c=chosen.choice(NAMES), i=chosen.randint(0, 4), j=1)
        for each in statements
    )


def edited(cells, seed):
    chosen = random.Random(seed)
    at = chosen.randrange(2, len(cells))
    kind = chosen.random()
    if kind < 0.6:
        return [*cells[:at], cell_at_random(chosen), *cells[at + 1 :]]
    if kind < 0.8:
        return [*cells[:at], cell_at_random(chosen), *cells[at:]]
    return [*cells[:at], *cells[at + 1 :]] if at > 4 else cells


def is_unseeded(cells):
    """Whether two plain runs may differ."""
    seeded = any("np.random.seed(3); random.seed(4)" in each for each in cells)
    return not seeded and any("np.random.normal" in each or "random.random()" in each for each in cells)


def assert_same(found, plain, cells):
    text = "\n--\n".join(cells)
    assert len(found.outputs) == len(plain.outputs), text
    for at, (mine, theirs) in enumerate(zip(found.outputs, plain.outputs, strict=True)):
        assert mine == theirs, f"{at}: {found.fates.get(at)}\n{text}"
    for name in found.values.keys() & NAMES if cells[-1] == ALL else ():  # what nobody reads may be another
        mine, theirs = found.values[name], plain.values[name]
        if fingerprint(theirs).digest and type(theirs).__module__ != "__main__":
            assert fingerprint(mine).digest == fingerprint(theirs).digest, f"{name}\n{text}"
            assert looks.shape([looks.look(mine)]) == looks.shape([looks.look(theirs)]), f"{name}\n{text}"


def holds_for(seed, runs, folder):
    cells = notebook_at_random(seed)
    other = edited(cells, seed + 1)
    if is_unseeded(cells) or is_unseeded(other):
        return 0
    plain = runs(cells, cache=False)
    store = folder / f"store{seed}"
    restored = 0
    for _ in range(2):
        found = runs(cells, store=store)
        assert_same(found, plain, cells)
    restored += len(found.fates) - len(found.ran)
    plain_other = runs(other, cache=False)
    for _ in range(2):
        assert_same(runs(other, store=store), plain_other, other)
    assert_same(runs(cells, store=store), plain, cells)
    return restored


def test_nothing_changes_but_what_runs(runs, tmp_path):
    assert sum(holds_for(seed, runs, tmp_path) for seed in range(3)) > 5


@pytest.mark.slow
def test_nothing_changes_but_what_runs_in_many_notebooks(runs, tmp_path):
    assert sum(holds_for(seed, runs, tmp_path) for seed in range(100, 112)) > 40


def test_the_generator_writes_notebooks_that_run(runs):
    ends = [runs(notebook_at_random(seed), cache=False).outputs[-1] for seed in range(10)]
    assert sum(isinstance(each, list) for each in ends) > 5
