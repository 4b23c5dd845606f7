"""How long nbprod takes to start, as a multiple of Python's own start: `make startup`.

Each command runs in turn, many times over, so that a busy moment of the machine hits all of them; medians are shown.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
EXTENSION = """
import time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
begun = time.perf_counter()
shell.run_line_magic("load_ext", "nbprod")
print(time.perf_counter() - begun)
"""
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import nbprod": [sys.executable, "-c", "import nbprod"],
    "nbprod --help": [sys.executable, "-m", "nbprod", "--help"],
}


def seconds(command: list[str]) -> float:
    """Run the command once; return how long it took."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    return time.perf_counter() - begun


def loading() -> float:
    """Return how long %load_ext nbprod takes in a shell that stands already."""
    done = subprocess.run([sys.executable, "-c", EXTENSION], check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    found: dict[str, list[float]] = {name: [] for name in (*COMMANDS, "%load_ext nbprod")}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            found[name].append(seconds(command))
        found["%load_ext nbprod"].append(loading())
    bare = statistics.median(found["python -c pass"])
    print(f"{'':20}{'ms':>8}{'beyond Python':>16}{'× Python':>12}")
    for name, times in found.items():
        middle = statistics.median(times)
        beyond = middle if name.startswith("%") else middle - bare
        print(f"{name:20}{middle * 1000:8.0f}{beyond * 1000:16.0f}{middle / bare:12.1f}")


if __name__ == "__main__":
    main()
