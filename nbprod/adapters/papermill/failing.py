"""What nbclient says of a cell that failed, in our words."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from nbprod.adapters.papermill import plain
from nbprod.errors import CellFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = re.compile(r"Cell In\[\d+\], line (\d+)|^\s*File <ipython-input[^>]*>:(\d+)", re.MULTILINE)

UNTOLD = "NoneType"  # what ipykernel says was raised where a value's own _repr_html_ or __repr__ raised


@contextlib.contextmanager
def translated(cell: int) -> Iterator[None]:
    """What nbclient raises becomes `CellFailed`, which names the cell as the notebook counts it."""
    try:
        yield
    except CellExecutionError as fault:
        raise raised(cell, fault) from None
    except CellTimeoutError:
        message = f"cell {cell} took longer than it may"
        raise CellFailed(message, cell=cell, hint="Make it faster, or allow it more time.") from None
    except DeadKernelError:
        message = f"cell {cell} ended its kernel's process"
        hint = "It ran out of memory, crashed, or called os._exit: run it by itself to see."
        raise CellFailed(message, cell=cell, hint=hint) from None


def raised(cell: int, fault: CellExecutionError) -> CellFailed:
    """The cell's own exception as ours."""
    own = _own(plain(fault.traceback))
    hint = "Mend the cell; files on disk are as they were."
    if fault.ename == UNTOLD:  # its first line is the value's, which another cell may define
        message = f"showing a value of cell {cell} raised {_last_line(own)}".rstrip(": ")
        return CellFailed(message, cell=cell, traceback=own, hint=hint)
    line = line_within(own)
    where = f"cell {cell}" if line is None else f"cell {cell}, line {line}"
    message = f"{where} raised {fault.ename}: {fault.evalue}".rstrip(": ")
    return CellFailed(message, cell=cell, line=line, traceback=own, hint=hint)


def _own(traceback: str) -> str:
    """The traceback alone: nbclient puts the cell's source above it, IPython's own starts at the ruler."""
    ruler = re.search(r"^-{60,}$", traceback, re.MULTILINE)
    return traceback[ruler.start() :].strip() if ruler else traceback.strip()


def _last_line(traceback: str) -> str:
    return traceback.strip().rpartition("\n")[2]


def line_within(traceback: str) -> int | None:
    r"""The line of the cell that the traceback starts at, from 1; None if it says none.

    >>> line_within("Cell In[4], line 3\n      1 x = 1")
    3
    """
    found = PLACE.search(traceback)
    return int(found.group(1) or found.group(2)) if found else None
