"""IPython's own reading of a cell: magics, shell lines and prompts as Python calls."""
# IPython takes 150 ms to import, and few notebooks need more of it than two lines

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def transform(source: str) -> str:
    r"""Return the cell as Python in which magics are calls of `get_ipython()`; SyntaxError if IPython cannot.

    >>> transform("%matplotlib inline")
    "get_ipython().run_line_magic('matplotlib', 'inline')\n"
    """
    done = _transformed(source)
    if isinstance(done, SyntaxError):
        raise done.with_traceback(None)
    return done


@lru_cache(maxsize=1_000)  # IPython tokenizes a cell anew for each magic in it, and suggest reads a notebook again
def _transformed(source: str) -> str | SyntaxError:
    try:
        return _transformer()(source)
    except SyntaxError as error:
        return error
    except Exception as error:  # noqa: BLE001 - IPython raises what it likes
        return SyntaxError(f"IPython cannot read it: {error}")


@cache
def _transformer() -> Callable[[str], str]:
    from IPython.core.inputtransformer2 import TransformerManager

    make_manager: Any = TransformerManager
    transform_cell: Callable[[str], str] = make_manager().transform_cell
    return transform_cell
