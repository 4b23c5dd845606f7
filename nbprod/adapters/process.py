"""What the system says of another process."""

from __future__ import annotations

import os
from pathlib import Path


def lives(pid: int) -> bool:
    """Whether the process is there, and not only waiting to be taken note of by who started it.

    >>> lives(os.getpid())
    True
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2]
    except OSError:  # there is no such folder, or the process has just gone
        return False
    return state.startswith(b"Z")


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
