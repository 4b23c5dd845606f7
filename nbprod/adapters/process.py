"""What the system says of another process."""

from __future__ import annotations

import os
from pathlib import Path


def memory(pid: int) -> int:
    """Return the bytes of memory that a process and its children hold now; 0 where the system doesn't say.

    >>> memory(-1)
    0
    """
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(memory(int(child)) for child in children)
