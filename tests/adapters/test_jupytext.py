"""Text notebooks: what jupytext reads has the cells, the tags and the marks that an .ipynb would have."""

from __future__ import annotations

import json

import pytest

from nbprod.adapters import ipython
from nbprod.adapters.jupytext import as_ipynb, as_text, document
from nbprod.errors import NotebookUnreadable
from nbprod.model.notebook import Role
from nbprod.read import notebook

PERCENT = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Flights

# %% tags=["parameters"]
late_after = 30

# %%
# %%step load --outs flights
flights = [12, 40, 3]

# %% tags=["step:late"]
late = [each for each in flights if each > late_after]
# !ls
"""
LIGHT = """\
# # Flights

# + tags=["parameters"]
late_after = 30
# -

# + tags=["step:load"]
flights = [12, 40, 3]

more = flights * 2
# -

# + tags=["step:late"]
late = [each for each in flights if each > late_after]
"""
MARKDOWN = """\
# Flights

```python tags=["parameters"]
late_after = 30
```

```python tags=["step:load"]
flights = [12, 40, 3]
```

Which ones are late?

```python tags=["step:late"]
late = [each for each in flights if each > late_after]
```
"""
MYST = """\
# Flights

```{code-cell} ipython3
:tags: [parameters]

late_after = 30
```

```{code-cell} ipython3
:tags: [step:load]

flights = [12, 40, 3]
```

```{code-cell} ipython3
:tags: [step:late]

late = [each for each in flights if each > late_after]
```
"""
R_MARKDOWN = """\
---
title: Flights
---

```{python tags=c("parameters")}
late_after = 30
```

```{python tags=c("step:load")}
flights = [12, 40, 3]
```

```{python echo=FALSE}
%%step late
late = [each for each in flights if each > late_after]
```
"""
QUARTO = """\
---
title: Flights
jupyter: python3
---

```{python}
#| tags: [parameters]
late_after = 30
```

```{python}
#| tags:
#|   - step:load
#| echo: false
flights = [12, 40, 3]
```

```{python}
#| tags: step:late
late = [each for each in flights if each > late_after]
```
"""
TEXTS = {
    "flights.py": PERCENT,
    "light.py": LIGHT,
    "flights.md": MARKDOWN,
    "myst.md": MYST,
    "flights.Rmd": R_MARKDOWN,
    "flights.qmd": QUARTO,
}


def read(text, path):
    return notebook(text, path, ipython.transform)


@pytest.mark.parametrize("path", TEXTS)
def test_every_text_format_gives_the_same_steps(path):
    found = read(TEXTS[path], path)
    steps = [cell.mark.step for cell in found.cells if cell.role is Role.STEP]
    assert steps == ["load", "late"]
    parameters = next(cell for cell in found.cells if cell.role is Role.PARAMETERS)
    assert parameters.python.endswith("late_after = 30")
    assert not found.notes
    assert not any(cell.faults for cell in found.cells)


@pytest.mark.parametrize("path", TEXTS)
def test_ids_are_the_same_each_time(path):
    assert [cell.id for cell in read(TEXTS[path], path).cells] == [cell.id for cell in read(TEXTS[path], path).cells]


def test_magics_that_stand_as_comments_are_magics_again():
    late = read(PERCENT, "flights.py").cells[-1]
    assert "subprocess.run" in late.python


def test_a_script_in_another_language_is_told():
    notes = read("x <- 1\n", "analysis.R").notes
    assert [(each.code, "R" in each.message) for each in notes] == [("NB104", True)]


@pytest.mark.parametrize("path", ["a.ipynb", "notebook", "a.json", "a.unknown"])
def test_other_files_are_left_as_they_are(path):
    assert as_ipynb('{"cells": []}', path) == '{"cells": []}'


def test_an_unreadable_text_is_told():
    mixed = '```{python tags=c("a")}\n1\n```\n```{python, tags="b"}\n2\n```\n'
    with pytest.raises(NotebookUnreadable, match=r"flights\.Rmd cannot be read as a \.Rmd notebook"):
        as_ipynb(mixed, "flights.Rmd")


def test_options_that_are_no_yaml_are_comments():
    cell = json.loads(as_ipynb("```{python}\n#| tags: [a\nx = 1\n```\n", "flights.qmd"))["cells"][0]
    assert cell["metadata"] == {}


def test_quarto_options_stand_above_a_magic_in_the_text_and_below_it_in_the_cell():
    text = "```{python}\n#| echo: false\n%%time\nx = 1\n```\n"
    read = document(text, "flights.qmd")
    assert read["cells"][0]["source"] == "%%time\n#| echo: false\nx = 1"
    assert as_text(read, "flights.qmd", "flights.qmd") == text
    read["cells"][0]["metadata"]["tags"] = ["step:load", "my tag"]
    assert as_text(read, "flights.qmd", "flights.qmd").split("\n")[1:4] == [
        "#| echo: false",
        '#| tags: [step:load, "my tag"]',
        "%%time",
    ]


@pytest.mark.parametrize("header", ["-all", "name,-all", "all,-tags"])
def test_tags_are_written_though_the_header_leaves_metadata_out(header):
    text = f'# ---\n# jupyter:\n#   jupytext:\n#     cell_metadata_filter: {header}\n# ---\n\n# %% name="a"\nx = 1\n'
    read = document(text, "flights.py")
    read["cells"][0]["metadata"]["tags"] = ["step:load"]
    again = document(as_text(read, "flights.py", "flights.py"), "flights.py")
    assert again["cells"][0]["metadata"]["tags"] == ["step:load"]


def test_magics_stay_as_bare_as_they_stood():
    for text in ("# %%\n%matplotlib inline\n", "# %%\n# %matplotlib inline\n"):
        assert as_text(document(text, "flights.py"), "flights.py", "flights.py") == text
