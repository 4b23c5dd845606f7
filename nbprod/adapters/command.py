"""nbprod's own command line as a process of its own: what it prints is passed on as it comes."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COLUMNS = "110"
LEAKING = ("JPY_SESSION_NAME", "JPY_PARENT_PID")  # they name the notebook and the server of this kernel


def run(arguments: Sequence[str], folder: Path, echo: Callable[[str], None]) -> tuple[int, str]:
    """Run `nbprod` with these arguments and return its exit code and the last line it wrote.

    Everything that it writes is passed to `echo` line by line, except the lines on wrong use, which end in the one that
    matters. On Ctrl-C the process is told, and waited for.
    """
    import subprocess

    environment = {name: value for name, value in os.environ.items() if name not in LEAKING}
    environment |= {"COLUMNS": COLUMNS, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "Agg"}
    with subprocess.Popen(
        [sys.executable, "-m", "nbprod", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        last, wrong_use = "", False
        try:
            for line in process.stdout:
                wrong_use = wrong_use or (not last and line.startswith("Usage: "))
                last = line.rstrip() or last
                if not wrong_use:
                    echo(line)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
    return process.returncode, last
