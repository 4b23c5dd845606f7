"""A forked child in the place of the kernel that nbclient would start: all that it does with a kernel stays its own."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import run_sync

from nbprod.adapters.ipykernel import OURS
from nbprod.adapters.ipykernel.client import Manager

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbprod.adapters.forkserver import ForkServer
    from nbprod.adapters.ipykernel.client import Turn


@contextlib.contextmanager
def forked(
    server: ForkServer,
    options: Mapping[str, Any],
    *,
    restorer: tuple[str, Sequence[Any]] | None = None,
    environment: Mapping[str, str] | None = None,
    ahead: bool = False,
    turn: Turn | None = None,
) -> Iterator[dict[str, Any]]:
    """Options for nbclient's client, with which it runs its cells in a child that ends with the block.

    The child's environment is the caller's, unless given. `ahead`: there will be more like it.
    It gives its `turn` away while it waits for what another process computes.
    """
    manager = Manager(server, restorer, environment, ahead=ahead, turn=turn)
    try:
        yield {**options, "km": manager, **_hooks(manager, options)}
    except KeyboardInterrupt:
        manager.interrupt_kernel()  # what the cell has started hears of it too
        raise
    finally:
        if manager.has_kernel:
            manager.shutdown_kernel()
        run_sync(manager.cleanup_resources)()


def _hooks(manager: Manager, options: Mapping[str, Any]) -> dict[str, Any]:
    """Each cell's request says which cell it is; its metadata say whether it was replayed."""
    start, executed = options.get("on_cell_start"), options.get("on_cell_executed")

    def on_cell_start(cell: Any, cell_index: int) -> Any:
        cell.metadata.pop(OURS, None)
        manager.announce(cell, cell_index)
        return start and start(cell=cell, cell_index=cell_index)

    def on_cell_executed(cell: Any, cell_index: int, execute_reply: Any) -> Any:
        said = execute_reply["content"].get(OURS)
        if said:
            cell.metadata[OURS] = said
        return executed and executed(cell=cell, cell_index=cell_index, execute_reply=execute_reply)

    return {"on_cell_start": on_cell_start, "on_cell_executed": on_cell_executed}
