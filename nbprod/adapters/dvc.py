"""DVC's own command line, for what nbprod leaves to it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str], folder: str = ".") -> int:
    """Run `dvc` with these arguments in that folder, its output where ours goes, and return its exit code."""
    return subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=folder, check=False).returncode
