"""Which kernels a forked child stands in for: those of the Python that runs now."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from string import Template
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

OWN_NAMES = re.compile(r"python(\d+(\.\d+)?)?")  # jupyter_client takes these for the Python that runs


def why_not(kernel_name: str) -> str:
    """Why a child can't stand in for the kernel; "" if it can.

    >>> why_not("no-such-kernel")
    'is not installed'
    """
    if not hasattr(os, "fork"):
        return "needs a kernel of its own, for this system can't fork"
    try:
        spec = KernelSpecManager(ensure_native_kernel=True).get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return "is not installed"
    if spec.language.lower() != "python":
        return f"speaks {spec.language}"
    if not _is_ipykernel(spec.argv):
        return "is not IPython's"
    if not _is_this_python(spec.argv[0]):
        return f"is another Python, {spec.argv[0]}"
    return _provisioner(spec)


def environment(kernel_name: str) -> dict[str, str]:
    """The environment of the kernel's processes: this one's, with what its kernelspec adds."""
    added = KernelSpecManager(ensure_native_kernel=True).get_kernel_spec(kernel_name).env
    return {**os.environ, **{name: Template(value).safe_substitute(os.environ) for name, value in added.items()}}


def _is_ipykernel(argv: list[str]) -> bool:
    return any(argument in {"ipykernel_launcher", "ipykernel"} for argument in argv)


def _is_this_python(executable: str) -> bool:
    if OWN_NAMES.fullmatch(executable):
        return True
    path = Path(executable)  # not what it links to: an environment's Python is a link to the one that it was made of
    return path.name.startswith("python") and path.parent.resolve() == Path(sys.executable).parent.resolve()


def _provisioner(spec: Any) -> str:
    name = spec.metadata.get("kernel_provisioner", {}).get("provisioner_name", "local-provisioner")
    return "" if name == "local-provisioner" else f"is provided by {name}"
