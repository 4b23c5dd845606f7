"""What the extension costs: loading it, and a `%%step` cell against the bare cell, in notebooks of several sizes.

Run: python benchmarks/live.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

SIZES = (10, 100)
REPEATS = 30
LOADING = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
started = time.perf_counter()
shell.run_line_magic("load_ext", "nbprod")
print((time.perf_counter() - started) * 1000)
"""


def loading() -> float:
    """Return the milliseconds of %load_ext in a fresh process; the median of five."""
    found = [
        float(subprocess.run([sys.executable, "-c", LOADING], capture_output=True, check=True).stdout) for _ in "12345"
    ]
    return statistics.median(found)


def cell(shell: object, source: str) -> float:
    """Return the milliseconds that the cell takes, output captured; the median of several runs."""
    from IPython.utils.capture import capture_output

    found = []
    for _ in range(REPEATS):
        with capture_output():
            started = time.perf_counter()
            shell.run_cell(source, store_history=True)  # type: ignore[attr-defined]
            found.append((time.perf_counter() - started) * 1000)
    return statistics.median(found)


def sized(size: int) -> tuple[float, float]:
    """Return the milliseconds of a bare and of a marked cell at the end of a notebook of that many cells."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    bare = cell(shell, "total = 40 + 2")
    shell.run_line_magic("load_ext", "nbprod")
    cell(shell, "v0 = 0")
    for at in range(1, size):
        shell.run_cell(f"v{at} = v{at - 1} + 1", store_history=True)
    marked = cell(shell, f"%%step sum\ntotal = v{size - 1} + 2")
    shell.run_line_magic("unload_ext", "nbprod")
    return bare, marked


def main() -> None:
    """Print the table."""
    print(f"%load_ext nbprod         {loading():7.1f} ms")
    for size in SIZES:
        bare, marked = sized(size)
        print(f"notebook of {size:3} cells    {marked - bare:7.2f} ms more than {bare:.2f} ms for a marked cell")


if __name__ == "__main__":
    main()
