"""The figures that a step's cells display become plots of its stage, and are compared."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

NOTEBOOK = """\
# %%
import time
import numpy as np
# %%
# %%step load --outs low
import matplotlib.pyplot as plt
rows = {"x": [1, 3, 2], "y": [2, 2, 5]}
fig, ax = plt.subplots(figsize=(3, 2))
ax.plot(rows["x"])
low = plt.gca().get_ylim()[0]
fig
# %%
plt.plot([9, 8])
plt.show()
# %%
# %%step load
for name in rows:
    plt.figure(figsize=(3, 2))
    plt.hist(rows[name])
    plt.show()
plt.figure(figsize=(3, 2))
plt.plot(rows["y"])
plt.show()
plt.title("last")
high = plt.gca().get_xlim()[1]
# %%
fig
# %%
# %%step draw --no-figures --outs top
plt.plot(rows["x"])
plt.title(str(time.time()))
top = max(rows["x"]) + high
# %%
# %%step shuffle --outs count
plt.plot(np.random.rand(3))
count = len(rows)
# %%
from nbprod import step
@step
def shown(rows):
    plt.figure(figsize=(3, 2))
    plt.plot(rows["y"])
    plt.show()
    plt.plot(rows["x"])
    return sum(rows["y"])
total = shown(rows)
"""
CLOCK = """\
# %%
import time
import matplotlib.pyplot as plt
# %%
# %%step draw --outs rows
rows = [1, 2]
plt.plot(rows)
plt.title(f"{time.time_ns()}")
"""


def test_displayed_figures_are_plots_of_the_stage(whole):
    figures = whole("figures", NOTEBOOK)
    figures.export()
    figures.repro()
    made = {
        each.parent.parent.name: len([*each.parent.iterdir()]) for each in figures.root.glob("data/*/figures/1.png")
    }
    assert made == {"load": 5, "shown": 1, "shuffle": 1}
    stages = figures.text("dvc.yaml")
    assert [name for name in ("load", "draw", "shuffle", "shown") if f"data/{name}/figures:" in stages] == [
        "load",
        "shuffle",
        "shown",
    ]

    compared = {(each.step, each.name): each for each in figures.verify().outputs}
    assert [pair for pair, each in compared.items() if not each.equal] == []
    assert compared["load", "figures"].summary == "5 figures"
    assert "passed" in figures.tests()


def test_a_figure_that_differs_is_told_with_its_cause(whole):
    (found,) = whole("clock", CLOCK).differences()
    assert (found.step, found.name) == ("draw", "figures")
    assert found.difference.startswith("figure 1: ")
    assert "pixels differ" in found.difference
    assert found.cause.startswith("time: it reads the clock")
