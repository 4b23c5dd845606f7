from __future__ import annotations

import pytest

from nbprod.read import file_lines

TEXT = """\
# %% [markdown]
# x = 1
#
# more
# %%
x = 1

y = 2
# %%
# !ls
# %%

# %%
x = 1
"""


@pytest.mark.parametrize(
    ("sources", "lines"),
    [
        (["x = 1\n\nmore", "x = 1\n\ny = 2", "!ls", "", "x = 1"], (2, 6, 10, 0, 14)),
        (["x = 1\n\ny = 3"], (2,)),
        (["%%time\n#| label: a\nx = 1"], (1,)),
        (["not there", "y = 2"], (0, 8)),
        ([""], (0,)),
        (["%%writefile a"], (0,)),
    ],
)
def test_cells_are_found_in_order(sources, lines):
    assert file_lines(TEXT, sources) == lines
