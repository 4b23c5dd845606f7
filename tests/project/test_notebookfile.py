"""Marks written into texts: what is written reads as what was suggested, and no other line of the text changes."""

from __future__ import annotations

import difflib
import json

import pytest

from nbprod import project, report
from nbprod.adapters import jupytext
from nbprod.model.notebook import Role
from nbprod.project.notebookfile import opened
from nbprod.project.suggesting import suggest

PERCENT = """\
#!/usr/bin/env python
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     name: python3
# title: Rain
# ---

# %% [markdown]
# # Load
# %%
# What is read.
import pandas as pd   # frames


# %%
%matplotlib inline
weather = pd.DataFrame({"precip": [0.0, 0.2], "origin": ["JFK", "EWR"]})

# %% [markdown] slideshow={"slide_type": "slide"}
# # Clean
# %% Rainy hours only
rain = weather[weather.precip > 0].copy()
# # %%
# %% tags=["hide-input"] name="heavy"
%%time
rain["heavy"] = rain.precip > 0.1
# %% [markdown]
# # Sum up



# %%
share = rain.heavy.mean()"""
LIGHT = """\
# # Load

# %matplotlib inline
import pandas as pd

weather = pd.DataFrame({"precip": [0.0, 0.2]})


def wet(table):
    return table[table.precip > 0]


# # Clean

# +
rain = wet(weather).copy()

rain["heavy"] = rain.precip > 0.1
# -

# # Sum up

share = rain.heavy.mean()  # of all
"""
MARKDOWN = """\
# Load
```python
import pandas as pd
%matplotlib inline
weather = pd.DataFrame({"precip": [0.0, 0.2]})
```

* one
* two

```bash
ls
```
# Clean

```python tags=["hide-input"]
rain = weather[weather.precip > 0].copy()
```


```python
rain["heavy"] = rain.precip > 0.1
```

<!-- a comment -->

# Sum up

```python
share = rain.heavy.mean()
```

~~~
the end
~~~
"""
MYST = """\
---
kernelspec:
  name: python3
  display_name: Python 3
---

# Load

```{code-cell} ipython3
import pandas as pd
weather = pd.DataFrame({"precip": [0.0, 0.2]})
```

# Clean

```{code-cell} ipython3
:tags: [hide-input]

rain = weather[weather.precip > 0].copy()
```

# Sum up

```{code-cell}
share = rain.precip.mean()
```
"""
R_MARKDOWN = """\
---
title: Rain
output: html_document
---

# Load

```{python, echo=FALSE}
%%capture
import pandas as pd
%matplotlib inline
weather = pd.DataFrame({"precip": [0.0, 0.2]})
```

# Clean
```{python clean, fig.width=7}
rain = weather[weather.precip > 0].copy()
```

# Sum up

```{python}
share = rain.precip.mean()
```
"""
QUARTO = """\
---
title: Rain
format:
  html:
    code-fold: true
jupyter: python3
---

## Load

```{python}
#| label: load
#| echo: false
import pandas as pd
weather = pd.DataFrame({"precip": [0.0, 0.2]})
```

::: {.callout-note}
A note.
:::

## Clean

```{python}
#| tags:
#|   - hide-input
#| label: clean
%%time
rain = weather[weather.precip > 0].copy()
```

## Sum up {#sec-sum}

```{python}
share = rain.precip.mean()
```
"""
TEXTS = {
    "percent.py": PERCENT,
    "light.py": LIGHT,
    "markdown.md": MARKDOWN,
    "myst.md": MYST,
    "r.Rmd": R_MARKDOWN,
    "quarto.qmd": QUARTO,
}
MORE = {  # lines that jupytext adds with a tag: the end of a cell, and MyST's blank line behind options
    "light.py": ["+ ", "+ # -"],
    "myst.md": ["+ ", "+ ```{code-cell} ipython3", "+ "],
}
OUTS = ("marked.py", "marked.md", "marked.Rmd", "marked.qmd", "marked.ipynb")


@pytest.fixture
def lie(tmp_path):
    """Returns a function that lays a text down in a project."""
    (tmp_path / "pyproject.toml").touch()

    def lay(name, text):
        (tmp_path / name).write_bytes(text.encode())
        return tmp_path / name

    return lay


def steps(graph):
    return [(each.name, each.cells, each.input_names, tuple(each.outputs)) for each in graph.steps]


def sources(path):
    """The code cells' sources, without the options of Quarto."""
    cells = project.read(path).code_cells
    return [[row for row in each.source.split("\n") if not row.startswith("#|")] for each in cells]


def changes(before, after):
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [row for row in found if row[:2] in ("- ", "+ ")]


@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_written_has_the_steps_that_were_suggested(lie, tmp_path, name, out):
    path = lie(name, TEXTS[name])
    done = suggest(path, out=tmp_path / out, run=False)
    assert [each.name for each in done.suggestion.segments] == ["load", "clean", "sum_up"]
    assert steps(project.graph(tmp_path / out)) == steps(done.suggestion.graph)
    assert sources(tmp_path / out) == sources(path)
    assert (tmp_path / out).read_text() == done.text


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_but_tags_changes_in_the_text_itself(lie, name):
    path = lie(name, TEXTS[name])
    suggest(path, out=path, run=False)
    found = changes(TEXTS[name], path.read_text())
    assert found
    assert [row for row in found if row.startswith("+") and "step:" not in row] == MORE.get(name, [])
    gone = [row for row in found if row.startswith("-")]
    assert all(row[2:].startswith(("# %%", "# +", "```", "#| ", ":tags:")) for row in gone), gone


@pytest.mark.parametrize("name", TEXTS)
def test_without_marks_the_text_is_the_same(lie, name):
    file = opened(lie(name, TEXTS[name]), TEXTS[name].encode())
    assert file.written(file.document, file.path) == TEXTS[name]


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("magics", [False, True])
def test_writing_what_was_written_changes_nothing(lie, tmp_path, name, magics):
    path = lie(name, TEXTS[name])
    done = suggest(path, out=path, magics=magics, run=False)
    assert steps(project.graph(path))
    again = jupytext.document(done.text, name)
    assert opened(path, done.text.encode()).written(again, path) == done.text


def test_the_text_keeps_its_line_ends(lie):
    path = lie("rain.py", PERCENT.replace("\n", "\r\n"))
    suggest(path, out=path, run=False)
    text = path.read_bytes().decode()
    assert text.count("\n") == text.count("\r\n") == PERCENT.count("\n")


def test_an_ipynb_becomes_a_text_with_the_tags_and_the_kernel_only(lie, tmp_path):
    path = lie("quarto.qmd", QUARTO)
    suggest(path, out=tmp_path / "rain.ipynb", run=False)
    document = json.loads((tmp_path / "rain.ipynb").read_text())
    for cell in document["cells"]:
        cell["metadata"]["collapsed"] = True
        if "tags" in cell["metadata"]:
            cell["metadata"]["tags"] = ["hide-cell"]
    lie("rain.ipynb", json.dumps(document))
    suggest(tmp_path / "rain.ipynb", out=tmp_path / "rain.py", run=False)
    text = (tmp_path / "rain.py").read_text()
    assert "#     name: python3\n" in text
    assert '# %% tags=["hide-cell", "step:clean"]\n' in text
    assert text.count("jupyter:") == 1
    assert "collapsed" not in text


@pytest.mark.parametrize("name", TEXTS)
def test_cells_are_told_by_their_lines_in_the_file(lie, name):
    rows = TEXTS[name].split("\n")
    read = project.read(lie(name, TEXTS[name]))
    for cell, line in zip(read.cells, read.file_lines, strict=True):
        if cell.role is not Role.TEXT:
            code = [row for row in cell.source.split("\n") if not row.startswith(("%", "#|"))]
            below = rows[line - 1 : line + cell.source.count("\n")]
            assert set(code) <= set(below), cell.source


@pytest.mark.parametrize("name", TEXTS)
def test_faults_are_told_by_their_lines_in_the_file(lie, name):
    text = TEXTS[name].replace("rain.precip", "rain.precip + nowhere").replace("rain.heavy.mean", "nowhere.mean")
    path = lie(name, text)
    found = suggest(path).suggestion.errors[0]
    assert "nowhere" in text.split("\n")[found.file_line - 1]
    suggest(path, out=path, run=False)
    again = project.check(path).diagnostics[0]
    assert "nowhere" in path.read_text().split("\n")[again.file_line - 1]
    assert f"line {again.file_line} (cell {again.cell})" in report.diagnostics([again])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["percent.py", "myst.md", "quarto.qmd"])
def test_a_text_goes_the_whole_way(lie, name):
    path = lie(name, TEXTS[name])
    done = suggest(path, out=path)
    assert done.suggestion.notes == ()
    exported = project.export(path)
    assert exported.diagnostics == ()
    assert not any("#|" in file.read_text() for file in path.parent.glob(f"{exported.package}/**/*.py"))
    compared = project.verify(path).outputs
    assert [each.step for each in compared] == ["load", "clean", "sum_up"]
    assert all(each.equal for each in compared)


@pytest.mark.slow
def test_a_cell_that_raises_is_told_by_its_line(lie):
    path = lie("light.py", LIGHT + "gone = 1 / 0\n")
    done = suggest(path, out=path)
    line = path.read_text().split("\n").index("gone = 1 / 0") + 1
    assert f"line {line} of light.py: cell " in done.suggestion.notes[0]
