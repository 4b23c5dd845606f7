"""`get_ipython` while modules are imported before there is a kernel: some ask it at once where they will be shown.

pandas is one: where nobody answers it takes itself for one in a terminal, and cuts frames to its width. Importing this
module puts the stand-in up; the kernel takes it away when it begins.
"""

from __future__ import annotations

import builtins
from types import SimpleNamespace

from ipykernel.zmqshell import ZMQInteractiveShell
from traitlets.config import Config

NAME = "get_ipython"
# The configuration by which some libraries tell that they are in a notebook.
CONFIG = Config(IPKernelApp={"connection_file": ""})


class StandIn(SimpleNamespace):
    """Has what libraries tell a kernel's shell by, and does nothing."""


StandIn.__name__ = ZMQInteractiveShell.__name__
SHELL = StandIn(kernel=None, config=CONFIG)


def take_away() -> None:
    """Leave the name to IPython, which binds it while cells run."""
    if getattr(builtins, NAME, None) is answer:
        delattr(builtins, NAME)


def answer() -> StandIn:
    """What `get_ipython()` returns as long as the stand-in is up."""
    return SHELL


setattr(builtins, NAME, answer)
