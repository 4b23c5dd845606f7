"""Commands as DVC runs them: in the user's shell, one after the other, with DVC's two variables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbprod.repro.repository import Repository
    from nbprod.repro.stages import Stage

_QUIET = {"zsh": ["--no-rcs"], "bash": ["--noprofile", "--norc"]}
_PYENV = ("PYENV_DIR", "PYENV_HOOK_PATH", "PYENV_VERSION", "PYENV_ROOT")


def arguments(command: str) -> list[str]:
    """Return the shell and its arguments that run a command, without the files that a shell reads at its start."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    name = os.path.basename(shell).lower()
    quiet = ["--no-config"] if name == "fish" and _fish_can_be_quiet(shell) else _QUIET.get(name, [])
    return [shell, *quiet, "-c", command]


@cache
def _fish_can_be_quiet(shell: str) -> bool:
    try:
        told = subprocess.run([shell, "--version"], capture_output=True, text=True, check=True).stdout
        major, minor = told.split(" ")[-1].strip().split(".")[:2]
        return (int(major), int(minor)) >= (3, 3)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return False


def environment(stage: Stage, repository: Repository) -> dict[str, str]:
    """Return the variables that a stage's command sees."""
    found = _without_shims(dict(os.environ))
    found.setdefault("DVC_ROOT", repository.root)
    found["DVC_STAGE"] = repository.address(stage)
    return found


def _without_shims(variables: dict[str, str]) -> dict[str, str]:
    """What pyenv's shim put before PATH for us would hide from the command which Python it asks for."""
    parts = variables.get("PATH", "").split(":")
    if all(variables.get(name) for name in _PYENV) and len(parts) > 2 and os.path.basename(parts[1]) == "libexec":
        plugins = os.path.join(variables["PYENV_ROOT"], "plugins")
        parts = parts[2:]
        while parts and parts[0].startswith(plugins):
            del parts[0]
        variables["PATH"] = ":".join(parts)
    return variables


def step_of(stage: Stage) -> str:
    """Return the `package.step` of a stage whose command is exactly `nbprod step PACKAGE.STEP`; else ""."""
    words = stage.cmd.split() if isinstance(stage.cmd, str) else []
    if len(words) != 3 or words[:2] != ["nbprod", "step"] or stage.cmd != " ".join(words):
        return ""
    package, _, step = words[2].partition(".")
    return words[2] if package.isidentifier() and step.isidentifier() else ""


def own_step(stage: Stage, path: str) -> str:
    """Return the `package.step` of such a stage if the `nbprod` that PATH has is the one that runs; else ""."""
    target = step_of(stage)
    found = shutil.which("nbprod", path=path) if target else None
    same = found and os.path.realpath(os.path.dirname(found)) == os.path.realpath(os.path.dirname(sys.executable))
    return target if same else ""
