"""IPython's own reading of a cell: magics, shell lines and prompts as Python calls."""
# IPython takes 150 ms to import, and few notebooks need more of it than two lines

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def transform(source: str) -> str:
    r"""Return the cell as Python in which magics are calls of `get_ipython()`; SyntaxError if IPython cannot.

    >>> transform("%matplotlib inline")
    "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    """
    try:
        return _transformer()(source)
    except SyntaxError:
        raise
    except Exception as error:
        raise SyntaxError(f"IPython cannot read it: {error}") from error


@cache
def _transformer() -> Callable[[str], str]:
    from IPython.core.inputtransformer2 import TransformerManager

    make_manager: Any = TransformerManager
    transform_cell: Callable[[str], str] = make_manager().transform_cell
    return transform_cell
