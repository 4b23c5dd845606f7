"""ruff: sorts the imports of generated modules and lays them out, whatever the user's own settings say."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nbprod.errors import NbprodError

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE_LENGTH = 100
_SETTINGS = f"""\
line-length = {LINE_LENGTH}
target-version = "py311"
[lint]
select = ["I"]
[lint.isort]
known-first-party = [PACKAGES]
[format]
quote-style = "preserve"
"""


def format(files: Mapping[str, str]) -> dict[str, str]:  # noqa: A001 - the verb; it is called as ruff.format
    """Return the modules, by the same paths, with imports sorted and lines laid out.

    Raises:
        NbprodError: ruff is missing, or a module is not Python.
    """
    if not files:
        return {}
    with tempfile.TemporaryDirectory(prefix="nbprod-ruff-") as name:
        folder = Path(name)
        for path, text in files.items():
            place = folder / "in" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        settings = folder / "ruff.toml"
        settings.write_text(_SETTINGS.replace("PACKAGES", ", ".join(f'"{each}"' for each in _packages(files))))
        _run("check", "--fix", "--exit-zero", folder=folder)
        _run("format", folder=folder)
        return {path: (folder / "in" / path).read_bytes().decode() for path in files}


def _packages(files: Mapping[str, str]) -> list[str]:
    return sorted({path.partition("/")[0] for path in files if "/" in path} - {"tests"})


def _run(verb: str, *options: str, folder: Path) -> None:
    settings = ("--config", str(folder / "ruff.toml"), "--no-cache", "--quiet")
    command = [sys.executable, "-m", "ruff", verb, *options, *settings, str(folder / "in")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).replace(f"{folder}/in/", "").strip()
        raise NbprodError(
            f"ruff could not lay out the generated modules: {told or 'it said nothing'}",
            hint="Install ruff beside nbprod: pip install 'ruff>=0.9'" if "No module named ruff" in told else "",
        )
