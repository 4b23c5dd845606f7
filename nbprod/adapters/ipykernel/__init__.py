"""ipykernel without its sockets: a real kernel in a forked child, whose messages pass through the child's connection.

The kernel, its shell, its configuration and its messages are ipykernel's own; what is ours is the way that they travel.
`child` is the kernel's side; `client` is what nbclient takes for its manager and its client.
"""

from __future__ import annotations

TARGET = "nbprod.adapters.ipykernel.child:run"
PRELOAD = (  # with what the kernel itself imports when it starts, or when its first cell displays or raises
    *(TARGET.partition(":")[0], "nbclient.client", "comm", "matplotlib_inline", "sqlite3", "pdb", "faulthandler"),
    *("ipykernel.debugger", "tornado.platform.asyncio", "IPython.core.debugger", "IPython.core.oinspect"),
    *("IPython.core.completerlib", "IPython.extensions.storemagic", "IPython.utils.wildcard"),
    *("stack_data", "pygments.formatters.terminal256", "pygments.styles.default"),
    *("IPython.core.magics.extension", "IPython.core.magics.pylab", "IPython.core.magics.execution"),
    "nbformat.v4:new_code_cell()",  # the first one compiles the schema that all are held to
    "nbprod.adapters.ipykernel.standin",
)

FAULT = "fault"  # the channel on which a kernel says why it can't begin
REPLAY = "replay"  # the channel on which it says what a cell displayed that need not run; nothing of one that must
WAITS = "waits"  # the channel on which it says that a cell waits for what another process computes
OURS = "nbprod"  # our part of a request's and of a cell's metadata, and of a reply
INLINE = "module://matplotlib_inline.backend_inline"  # Jupyter's default: figures show inline, and are closed
