"""The process that kernels are forked from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nbprod.adapters.forkserver import ForkServer
from nbprod.adapters.ipykernel import INLINE, PRELOAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IDLE = 60.0  # seconds that a server waits for another run


def kernel_server(preload: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> ForkServer:
    """A server whose children are kernels with these modules imported, in an environment with this added."""
    backend = os.environ.get("MPLBACKEND") or INLINE  # matplotlib asks for it when it is imported
    return ForkServer((*PRELOAD, *preload), environment={**(environment or {}), "MPLBACKEND": backend}, idle=IDLE)
