"""What the fork server runs: a kernel that serves one notebook through its connection."""

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import TYPE_CHECKING, Any

from nbprod.adapters.ipykernel import FAULT, restoring, standin
from nbprod.adapters.ipykernel.application import Application, Loop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection


def run(connection: Connection, arguments: Sequence[str] = ()) -> None:
    """Make the kernel ready, hear who restores its cells, and serve it until the other side has had enough."""
    standin.take_away()
    sys.path.insert(0, "")  # as in a kernel: the modules beside the notebook
    asyncio.set_event_loop(asyncio.new_event_loop())
    application = Application.instance(connection)
    application.initialize(list(arguments))
    try:
        restorer: tuple[str, Sequence[Any]] | None = connection.recv()
    except EOFError:  # nobody needed it
        return
    if restorer is not None:
        try:
            application.kernel.restoring = restoring.made(application.kernel, *restorer)
        except Exception:
            application.outlet.post(FAULT, [traceback.format_exc().encode()])
            application.outlet.stop()
            raise
    Loop(application).run()
