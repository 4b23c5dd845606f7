"""The way back is the way there, turned round: what an edited module's cells come to is the edited module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from nbprod import analyse, emit, read
from nbprod.adapters import git, ipython, ruff
from nbprod.emit import back
from nbprod.model.record import Record

from .test_golden import notebook

if TYPE_CHECKING:
    from nbprod.model.notebook import Notebook

TEXT = """\
# %%
import pandas as pd
# %% parameters
least = 20
# %%
# Shared by two.
TAX = [ 0.19,0.21 ]
def taxed(amount): return amount*(1+TAX[0])
# %%
%%step load
sales = [1, 50, 70]
sales
# %% step:clean
# Small ones go.
kept = [each for each in sales
        if each>least]

big = max(kept); small = min(kept)
%matplotlib inline
if big > 3:
    kept = kept[:]   # a copy
else:
  big = 3
len(kept)
# %%
%%step clean
total = taxed( sum(kept) )
# The end.
# %%
from nbprod import step
@step
def share(kept, total):
    "How much of it."
    part = taxed(total)/len(kept)

    # By hand.
    for each in kept:
        part += 0
    return part
part = share(kept, total)
# %%
%%step report --outs result
result = [part, total, big, small]
"""
STEPS = ("load", "clean", "share", "report")
LINES = (
    "extra = 1",
    "# Said.",
    "for each in [1]:\n    extra = each  # one",
    "kept = kept + [\"a\", 'b']",
    "big += 1",
    "pd.DataFrame( )",
)


def reading(text: str) -> Notebook:
    return read.notebook(text, "notebooks/n.ipynb", ipython.transform)


def exports(of: Notebook) -> dict[str, str]:
    graph = analyse.graph(of)
    if [each for each in graph.diagnostics if each.severity == "error"]:
        reject()
    made = emit.files(graph, Record(of.path, "", ""), package="n", samples={}, standing={})
    return ruff.format(
        {each.path: each.text for each in made.files if each.path.startswith("n/") and "schemas" not in each.path}
    )


def carried(of: Notebook, path: str, before: str, after: str):
    found = back.sources(of, analyse.graph(of), "n")
    return back.carried(path, before, after, path.rpartition("/")[2].removesuffix(".py"), found, git.merge_file)


def edited(of: Notebook, edits) -> Notebook:
    sources = {
        each.index: back.edited(each.source, [one for one in edits if one.cell == each.index]) for each in of.cells
    }
    text = "".join(f"# %%{''.join(f' {tag}' for tag in each.tags)}\n{sources[each.index]}\n" for each in of.cells)
    return reading(notebook(text))


BEFORE = reading(notebook(TEXT))
MODULES = exports(BEFORE)


def changed(step: str, choices) -> str:
    """The step's module with lines of its function's body replaced, put in or taken out."""
    lines = MODULES[f"n/steps/{step}.py"].split("\n")
    begin = max(at for at, line in enumerate(lines) if line.startswith("    ") and line.endswith('"""')) + 1
    end = max(at for at, line in enumerate(lines) if line.startswith("    return"))
    body = lines[begin:end]
    for kind, at, line in choices:
        new = [f"    {each}" for each in line.split("\n")]
        places = [number for number, each in enumerate(body) if each.startswith("    ") and each[4:5].strip()]
        assume(places)
        number = places[at % len(places)]
        if kind == "insert":
            body[number:number] = new
        elif kind == "space":
            body[number:number] = [""] * (number > 0)
        elif kind == "change":
            body[number] = body[number].replace("kept", "kept[::1]", 1).replace("3", "4", 1)
        else:
            body[number : number + 1] = new if kind == "replace" else []
    return "\n".join([*lines[:begin], *body, *lines[end:]])


CHOICES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "replace", "delete", "change", "space"]), st.integers(0, 9), st.sampled_from(LINES)
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(STEPS), CHOICES)
def test_what_goes_back_comes_again(step, choices):
    path = f"n/steps/{step}.py"
    try:
        after = ruff.format({path: changed(step, choices)})[path]
    except Exception:  # noqa: BLE001 - not every edit leaves Python
        reject()
    found = carried(BEFORE, path, MODULES[path], after)
    assume(not found.left)
    again = edited(BEFORE, found.edits)
    made = exports(again)
    said = [each.strip() for each in after.split("\n") if each.strip() and not each.startswith(("import ", "from "))]
    got = [
        each.strip() for each in made[path].split("\n") if each.strip() and not each.startswith(("import ", "from "))
    ]
    assume(not [each for each in got if "deepcopy" in each and each not in said])  # sync refuses such an edit
    assert without_docstring(got) == without_docstring(said)
    assert carried(again, path, made[path], made[path]).edits == ()
    unmarked = [each for each in BEFORE.cells if not each.mark and "def share" not in each.source]
    assert [again.cells[each.index].source for each in unmarked] == [each.source for each in unmarked]


def without_docstring(lines: list[str]) -> list[str]:
    """The lines of the function's body: its summary is made of the cells' comments."""
    return lines[max(at for at, line in enumerate(lines) if line.endswith('"""')) + 1 :]


@pytest.mark.parametrize("step", STEPS)
def test_what_is_not_edited_changes_nothing(step):
    path = f"n/steps/{step}.py"
    found = carried(BEFORE, path, MODULES[path], MODULES[path])
    assert (found.edits, found.left) == ((), ())
